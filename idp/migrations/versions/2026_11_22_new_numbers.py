"""From when a telephone number that somebody changed by themselves counts as a second step."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_new_numbers"
down_revision = "2026_11_22_guard"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; numbers that are there count already."""
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.add_column(sa.Column("counts_from", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Back; every number counts at once."""
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_column("counts_from")

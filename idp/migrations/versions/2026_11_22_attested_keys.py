"""Keys that their maker vouched for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_attested_keys"
down_revision = "2026_11_22_logouts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("security_key", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("attested", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("security_key", schema=None) as batch_op:
        batch_op.drop_column("attested")

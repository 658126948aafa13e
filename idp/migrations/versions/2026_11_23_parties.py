"""To which party a delivery goes, so that one party's silence holds up nobody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_parties"
down_revision = "2026_11_22_attested_keys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; what lies there already is of a party for each lane."""
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("party", sa.String(length=255), server_default="", nullable=False)
        )
    op.execute(sa.text("UPDATE delivery SET party = lane"))


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_column("party")

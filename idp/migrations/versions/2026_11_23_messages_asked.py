"""Which gateways were asked for a message, so that none is asked twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_messages_asked"
down_revision = "2026_11_22_new_numbers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column(
        "outgoing_message",
        sa.Column("asked", sa.String(length=100), nullable=False, server_default=""),
    )


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("outgoing_message") as table:
        table.drop_column("asked")

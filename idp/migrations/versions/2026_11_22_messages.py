"""Messages on their way to a telephone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_messages"
down_revision = "2026_11_23_parties"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "outgoing_message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("passcode_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("gateway", sa.String(length=20), nullable=True),
        sa.Column("provider_id", sa.String(length=64), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outgoing_message")),
    )
    for column in ("passcode_id", "expires_at"):
        op.create_index(op.f(f"ix_outgoing_message_{column}"), "outgoing_message", [column])
    op.create_index("ix_outgoing_message_provider", "outgoing_message", ["gateway", "provider_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("outgoing_message")

"""Tickets and cookies of the Servicedesk's own origin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_desk_entries"
down_revision = "2026_11_23_messages_asked"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "desk_entry",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.Column("browser", sa.String(length=64), nullable=False),
        sa.Column("cookie", sa.String(length=64), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_desk_entry_session_id_session")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_entry")),
        sa.UniqueConstraint("ticket", name=op.f("uq_desk_entry_ticket")),
        sa.UniqueConstraint("cookie", name=op.f("uq_desk_entry_cookie")),
    )
    op.create_index(op.f("ix_desk_entry_session_id"), "desk_entry", ["session_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("desk_entry")

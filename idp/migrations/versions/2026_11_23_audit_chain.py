"""A chain over the audit events, with checkpoints, marks of what was deleted after its time, and places of streams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_audit_chain"
down_revision = "2026_11_23_application_stewards"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward. The events that are there are sealed by the first process that serves, a thousand at a time."""
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("retention", sa.String(length=20), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_seal"),
        sa.UniqueConstraint("event_id", name="uq_audit_seal_event_id"),
    )
    op.create_table(
        "audit_checkpoint",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.Column("settled", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_checkpoint"),
    )
    op.create_index("ix_audit_checkpoint_at", "audit_checkpoint", ["at"])
    op.create_table(
        "audit_mark",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_audit_mark"),
    )
    op.create_table(
        "audit_stream",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=True),
        sa.Column("held_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_audit_stream"),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("audit_stream")
    op.drop_table("audit_mark")
    op.drop_index("ix_audit_checkpoint_at", table_name="audit_checkpoint")
    op.drop_table("audit_checkpoint")
    op.drop_table("audit_seal")

"""Letters with activation codes, their batches, and where letters to an organisation go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_letters"
down_revision = "2026_11_23_search_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.add_column("relation", sa.Column("address", sa.String(length=250), nullable=True))
    op.create_table(
        "letter_batch",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(length=100), nullable=False),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("manifest", sa.JSON(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("fetched_by", sa.String(length=100), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_batch")),
    )
    op.create_index(op.f("ix_letter_batch_made_at"), "letter_batch", ["made_at"])
    op.create_table(
        "letter",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("replaces_methods", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(length=100), nullable=False),
        sa.Column("taken_until", sa.BigInteger(), nullable=True),
        sa.Column("batch_id", sa.String(length=32), nullable=True),
        sa.Column("page", sa.Integer(), nullable=True),
        sa.Column("code_id", sa.String(length=32), nullable=True),
        sa.Column("dispatched_at", sa.BigInteger(), nullable=True),
        sa.Column("dispatched_by", sa.String(length=100), nullable=True),
        sa.Column("voided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_letter_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["code_id"], ["activation_code.id"], name=op.f("fk_letter_code_id_activation_code")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
    )
    for column in ("account_id", "asked_at", "batch_id"):
        op.create_index(op.f(f"ix_letter_{column}"), "letter", [column])


def downgrade() -> None:
    """Back."""
    op.drop_table("letter")
    op.drop_table("letter_batch")
    with op.batch_alter_table("relation") as table:
        table.drop_column("address")

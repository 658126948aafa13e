"""Recovery codes, by their digests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.database import Moment

revision = "2026_11_23_recovery_codes"
down_revision = "2026_11_23_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("spent_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_recovery_code_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_recovery_code_account_id"), ["account_id"], unique=False)


def downgrade() -> None:
    """Back."""
    op.drop_table("recovery_code")

"""Known browsers, notices in the person's language, and how many accounts share a telephone number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_guard"
down_revision = "2026_11_22_messages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("language", sa.String(length=5), nullable=True))
        batch_op.add_column(
            sa.Column("browsers_epoch", sa.Integer(), server_default="0", nullable=False)
        )
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.add_column(sa.Column("number_digest", sa.String(length=64), nullable=True))
        batch_op.create_index(
            batch_op.f("ix_credential_number_digest"), ["number_digest"], unique=False
        )


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("credential", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_credential_number_digest"))
        batch_op.drop_column("number_digest")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("browsers_epoch")
        batch_op.drop_column("language")

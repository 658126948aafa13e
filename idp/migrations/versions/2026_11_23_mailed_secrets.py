"""Mail addresses that their holder confirmed, and what is mailed there to show it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.database import Moment

revision = "2026_11_23_mailed_secrets"
down_revision = "2026_11_23_recovery_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward. No address that is there already counts as confirmed."""
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("email_confirmed_at", Moment(), nullable=True))
    op.create_table(
        "mailed_secret",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("made_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("spent_at", Moment(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mailed_secret_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mailed_secret")),
    )
    with op.batch_alter_table("mailed_secret", schema=None) as batch_op:
        for column in ("account_id", "digest", "expires_at"):
            batch_op.create_index(op.f(f"ix_mailed_secret_{column}"), [column], unique=False)


def downgrade() -> None:
    """Back."""
    op.drop_table("mailed_secret")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("email_confirmed_at")

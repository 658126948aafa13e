"""Consent for clients that are not the body's own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_consent"
down_revision = "2026_11_22_pushed_requests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "consent",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_consent_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.client_id"], name=op.f("fk_consent_client_id_client")
        ),
        sa.PrimaryKeyConstraint("account_id", "client_id", name=op.f("pk_consent")),
    )
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("is_third_party", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def downgrade() -> None:
    """Back; what people agreed to is forgotten, and nobody is asked any more."""
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_column("is_third_party")
    op.drop_table("consent")

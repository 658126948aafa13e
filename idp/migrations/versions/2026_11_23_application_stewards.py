"""Applications as the desk keeps them: their roles, who is steward, and an end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_application_stewards"
down_revision = "2026_11_23_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("application") as table:
        table.add_column(sa.Column("roles", sa.JSON(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("removed_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "application_steward",
        sa.Column("application_id", sa.String(length=60), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("given_by", sa.String(length=100), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name="fk_application_steward_application_id_application",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_application_steward_account_id_account"
        ),
        sa.PrimaryKeyConstraint("application_id", "account_id", name="pk_application_steward"),
    )
    op.create_index("ix_application_steward_account_id", "application_steward", ["account_id"])
    op.create_index(
        "ix_application_grant_application_account",
        "application_grant",
        ["application_id", "account_id"],
    )


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_application_grant_application_account", table_name="application_grant")
    op.drop_index("ix_application_steward_account_id", table_name="application_steward")
    op.drop_table("application_steward")
    with op.batch_alter_table("application") as table:
        table.drop_column("version")
        table.drop_column("removed_at")
        table.drop_column("roles")

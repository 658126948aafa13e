"""Pushed authorization requests."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_pushed_requests"
down_revision = "2026_11_22_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "pushed_request",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.client_id"], name=op.f("fk_pushed_request_client_id_client")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pushed_request")),
    )
    with op.batch_alter_table("pushed_request", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_pushed_request_expires_at"), ["expires_at"], unique=False
        )
    with op.batch_alter_table("authorization_request", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pushed", sa.String(length=64), nullable=True))
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "require_pushed_authorization_requests",
                sa.Boolean(),
                server_default=sa.false(),
                nullable=False,
            )
        )


def downgrade() -> None:
    """Back; requests that were pushed and not opened yet have to be pushed again."""
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_column("require_pushed_authorization_requests")
    with op.batch_alter_table("authorization_request", schema=None) as batch_op:
        batch_op.drop_column("pushed")
    with op.batch_alter_table("pushed_request", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pushed_request_expires_at"))
    op.drop_table("pushed_request")

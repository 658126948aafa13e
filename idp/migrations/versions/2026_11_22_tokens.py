"""Refresh tokens, signed access tokens, tokens that clients get for themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_tokens"
down_revision = "2026_11_22_security_keys"
branch_labels = None
depends_on = None

#: Of an access token: what one that a client got for itself does not have.
OF_PERSONS = (("code_digest", 64), ("account_id", 32), ("session_id", 32))


def upgrade() -> None:
    """Forward; the profile `nlgov` knows signed access tokens only."""
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "grant_types", sa.JSON(), nullable=False, server_default='["authorization_code"]'
            )
        )
        batch_op.add_column(
            sa.Column("access_token_format", sa.String(10), nullable=False, server_default="opaque")
        )
        batch_op.add_column(sa.Column("audience", sa.String(500), nullable=True))
        batch_op.add_column(sa.Column("resource", sa.String(500), nullable=True))
        batch_op.create_unique_constraint(op.f("uq_client_resource"), ["resource"])
    op.execute("UPDATE client SET access_token_format = 'jwt' WHERE profile = 'nlgov'")
    with op.batch_alter_table("client", schema=None) as batch_op:
        for column in ("grant_types", "access_token_format"):
            batch_op.alter_column(column, server_default=None)
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        for column, length in OF_PERSONS:
            batch_op.alter_column(column, existing_type=sa.String(length), nullable=True)
        batch_op.add_column(sa.Column("audience", sa.String(500), nullable=True))
        batch_op.add_column(sa.Column("acr", sa.String(200), nullable=True))
        batch_op.add_column(sa.Column("auth_time", sa.Integer(), nullable=True))
    op.create_table(
        "refresh_token",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=60), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("scope", sa.String(length=500), nullable=False),
        sa.Column("claims", sa.JSON(), nullable=False),
        sa.Column("acr", sa.String(length=200), nullable=False),
        sa.Column("auth_time", sa.Integer(), nullable=False),
        sa.Column("sid", sa.String(length=43), nullable=False),
        sa.Column("reference", sa.String(length=12), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_refresh_token_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.client_id"], name=op.f("fk_refresh_token_client_id_client")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_refresh_token_session_id_session")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_refresh_token")),
    )
    with op.batch_alter_table("refresh_token", schema=None) as batch_op:
        for column in ("code_digest", "session_id", "expires_at"):
            batch_op.create_index(batch_op.f(f"ix_refresh_token_{column}"), [column], unique=False)


def downgrade() -> None:
    """Back; people sign in again, and clients that act for themselves can do nothing."""
    op.drop_table("refresh_token")
    op.execute("DELETE FROM access_token WHERE account_id IS NULL")
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        for column in ("auth_time", "acr", "audience"):
            batch_op.drop_column(column)
        for column, length in OF_PERSONS:
            batch_op.alter_column(column, existing_type=sa.String(length), nullable=False)
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("uq_client_resource"), type_="unique")
        for column in ("resource", "audience", "access_token_format", "grant_types"):
            batch_op.drop_column(column)

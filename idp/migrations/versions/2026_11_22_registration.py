"""What clients register: addresses of keys and requests, and tokens with which they register themselves."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_registration"
down_revision = "2026_11_22_claims"
branch_labels = None
depends_on = None

_FOREIGN_KEY = "fk_client_registration_token_id_registration_token"


def _added() -> list[sa.Column[Any]]:
    return [
        sa.Column("jwks_uri", sa.String(length=2000), nullable=True),
        sa.Column("request_uris", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("request_object_signing_alg", sa.String(length=10), nullable=True),
        sa.Column(
            "require_signed_request_object", sa.Boolean(), server_default=sa.false(), nullable=False
        ),
        sa.Column("application_type", sa.String(length=10), server_default="web", nullable=False),
        sa.Column("sector_identifier_uri", sa.String(length=2000), nullable=True),
        sa.Column("described", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("registration_token_id", sa.String(length=32), nullable=True),
        sa.Column("registration_access_digest", sa.String(length=64), nullable=True),
    ]


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "registration_token",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("remark", sa.String(length=100), nullable=False),
        sa.Column("profile", sa.String(length=20), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("application_id", sa.String(length=60), nullable=True),
        sa.Column("is_test", sa.Boolean(), nullable=False),
        sa.Column("is_third_party", sa.Boolean(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("issued_by", sa.String(length=100), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_registration_token_application_id_application"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_registration_token_digest")),
    )
    with op.batch_alter_table("client", schema=None) as batch_op:
        for column in _added():
            batch_op.add_column(column)
        batch_op.create_foreign_key(
            op.f(_FOREIGN_KEY), "registration_token", ["registration_token_id"], ["id"]
        )


def downgrade() -> None:
    """Back; clients whose keys or requests are fetched stop working, and none manages itself any more."""
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_constraint(op.f(_FOREIGN_KEY), type_="foreignkey")
        for column in reversed(_added()):
            batch_op.drop_column(column.name)
    op.drop_table("registration_token")

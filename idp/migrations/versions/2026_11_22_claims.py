"""Several APIs per client, signed and encrypted answers, and what else applications may hear of a person."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_claims"
down_revision = "2026_11_22_consent"
branch_labels = None
depends_on = None

_CLIENT: Final = sa.table(
    "client",
    sa.column("client_id", sa.String),
    sa.column("audience", sa.String),
    sa.column("audiences", sa.JSON),
)
#: How a client's answers are signed and encrypted (OpenID Connect Registration section 2): the longest such name.
_FORMS: Final = {
    "id_token_encrypted_response_alg": 20,
    "id_token_encrypted_response_enc": 20,
    "userinfo_signed_response_alg": 10,
    "userinfo_encrypted_response_alg": 20,
    "userinfo_encrypted_response_enc": 20,
}


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("client", schema=None) as batch_op:
        for name in ("audiences", "id_token_claims"):
            batch_op.add_column(sa.Column(name, sa.JSON(), server_default="[]", nullable=False))
        for name, length in _FORMS.items():
            batch_op.add_column(sa.Column(name, sa.String(length), nullable=True))
        batch_op.add_column(
            sa.Column("represents", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
    rows = op.get_bind().execute(sa.select(_CLIENT).where(_CLIENT.c.audience.is_not(None))).all()
    for row in rows:
        _note(row.client_id, audiences=[row.audience])
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.drop_column("audience")
        for name in ("audiences", "id_token_claims"):
            batch_op.alter_column(name, server_default=None)
    for table in ("authorization_code", "refresh_token"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("audience", sa.Text(), nullable=True))
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        batch_op.alter_column("audience", existing_type=sa.String(500), type_=sa.Text())
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.add_column(sa.Column("personal_sealed", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("updated_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Back: a client keeps its usual API; tokens for several APIs, and what else was known of people, are gone."""
    with op.batch_alter_table("account", schema=None) as batch_op:
        for name in ("updated_at", "personal_sealed"):
            batch_op.drop_column(name)
    op.execute("DELETE FROM access_token WHERE audience LIKE '% %'")
    with op.batch_alter_table("access_token", schema=None) as batch_op:
        batch_op.alter_column("audience", existing_type=sa.Text(), type_=sa.String(500))
    for table in ("authorization_code", "refresh_token"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column("audience")
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(sa.Column("audience", sa.String(500), nullable=True))
    for row in op.get_bind().execute(sa.select(_CLIENT)).all():
        if row.audiences:
            _note(row.client_id, audience=row.audiences[0])
    with op.batch_alter_table("client", schema=None) as batch_op:
        for name in ("audiences", "id_token_claims", "represents", *_FORMS):
            batch_op.drop_column(name)


def _note(client_id: str, **values: object) -> None:
    op.get_bind().execute(
        sa.update(_CLIENT).where(_CLIENT.c.client_id == client_id).values(**values)
    )

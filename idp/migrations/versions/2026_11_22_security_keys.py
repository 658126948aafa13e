"""Passkeys and security keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_security_keys"
down_revision = "2026_11_22_the_first_house"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "security_key",
        sa.Column("credential_id", sa.String(length=32), nullable=False),
        sa.Column("key_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("aaguid", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["credential.id"],
            name=op.f("fk_security_key_credential_id_credential"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("credential_id", name=op.f("pk_security_key")),
        sa.UniqueConstraint("key_id", name=op.f("uq_security_key_key_id")),
    )
    op.create_table(
        "key_challenge",
        sa.Column("challenge", sa.String(length=43), nullable=False),
        sa.Column("login_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_key_challenge")),
    )
    with op.batch_alter_table("key_challenge", schema=None) as batch_op:
        batch_op.create_index(
            "ix_key_challenge_login_purpose", ["login_id", "purpose"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_key_challenge_expires_at"), ["expires_at"], unique=False
        )


def downgrade() -> None:
    """Back; whoever had nothing but a key has no method any more, and needs an activation code."""
    with op.batch_alter_table("key_challenge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_key_challenge_expires_at"))
        batch_op.drop_index("ix_key_challenge_login_purpose")

    op.drop_table("key_challenge")
    op.drop_table("security_key")
    op.execute("DELETE FROM credential WHERE kind = 'webauthn'")

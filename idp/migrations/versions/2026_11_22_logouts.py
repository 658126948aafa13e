"""Telling applications of signing out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_22_logouts"
down_revision = "2026_11_22_registration"
branch_labels = None
depends_on = None

_TWO = ("backchannel_logout", "frontchannel_logout")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("lane", sa.String(length=60), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("client_id", sa.String(length=60), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("reference", sa.String(length=12), nullable=True),
        sa.Column("why", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=True),
        sa.Column("problem", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    for column in ("lane", "created_at", "due_at"):
        op.create_index(op.f(f"ix_delivery_{column}"), "delivery", [column])
    with op.batch_alter_table("client", schema=None) as batch_op:
        for name in _TWO:
            batch_op.add_column(sa.Column(f"{name}_uri", sa.String(length=500), nullable=True))
            batch_op.add_column(
                sa.Column(
                    f"{name}_session_required",
                    sa.Boolean(),
                    server_default=sa.false(),
                    nullable=False,
                )
            )


def downgrade() -> None:
    """Back; what was not delivered yet never is."""
    with op.batch_alter_table("client", schema=None) as batch_op:
        for name in _TWO:
            batch_op.drop_column(f"{name}_session_required")
            batch_op.drop_column(f"{name}_uri")
    op.drop_table("delivery")

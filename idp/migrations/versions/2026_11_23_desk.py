"""What the Servicedesk supplied by which channel, and what waits for a second colleague."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_desk"
down_revision = "2026_11_23_mailed_secrets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "desk_supply",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("item", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("supplied_by", sa.String(length=100), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_desk_supply_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_supply")),
    )
    op.create_index("ix_desk_supply_account_at", "desk_supply", ["account_id", "at"])
    op.create_table(
        "desk_request",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("relation_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=True),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("because", sa.String(length=30), nullable=False),
        sa.Column("given_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("errand", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.String(length=100), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_desk_request_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["relation_id"], ["relation.id"], name=op.f("fk_desk_request_relation_id_relation")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_request")),
    )
    op.create_index("ix_desk_request_account_state", "desk_request", ["account_id", "state"])
    op.create_index("ix_desk_request_state_expires_at", "desk_request", ["state", "expires_at"])
    op.create_index("ix_activation_code_expires_at", "activation_code", ["expires_at"])
    alarms = sa.text(
        "event IN ('account-stopped', 'key-counter-went-back', 'message-budget-low', 'message-budget-spent', "
        "'range-paused')"
    )
    op.create_index(
        "ix_audit_event_alarm", "audit_event", ["at"], sqlite_where=alarms, postgresql_where=alarms
    )


def downgrade() -> None:
    """Back."""
    op.drop_index("ix_audit_event_alarm", "audit_event")
    op.drop_index("ix_activation_code_expires_at", "activation_code")
    op.drop_table("desk_request")
    op.drop_table("desk_supply")

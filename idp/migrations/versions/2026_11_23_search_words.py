"""Words by which the Servicedesk finds relations and accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from idp.models import words_of

revision = "2026_11_23_search_words"
down_revision = "2026_11_23_desk_entries"
branch_labels = None
depends_on = None

_AT_ONCE = 5000


def upgrade() -> None:
    """Forward, with the words of everybody who is there."""
    word = sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql")
    words = op.create_table(
        "search_word",
        sa.Column("subject", sa.String(length=1), nullable=False),
        sa.Column("word", word, nullable=False),
        sa.Column("subject_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("subject", "word", "subject_id", name=op.f("pk_search_word")),
    )
    bind = op.get_bind()
    for subject, known in (
        ("r", sa.text("SELECT id, name, '' FROM relation")),
        ("a", sa.text("SELECT id, name, username FROM account")),
    ):
        found = bind.execute(known).all()
        rows = [
            {"subject": subject, "word": word, "subject_id": subject_id}
            for subject_id, *names in found
            for word in words_of(*names)
        ]
        for start in range(0, len(rows), _AT_ONCE):
            bind.execute(sa.insert(words), rows[start : start + _AT_ONCE])
    op.create_index(op.f("ix_search_word_subject_id"), "search_word", ["subject_id"])


def downgrade() -> None:
    """Back."""
    op.drop_table("search_word")

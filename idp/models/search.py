"""What people and organisations are found by: the words of their names, folded, one row each."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from idp.database import Base

LONGEST: Final = 40
MOST: Final = 16
_WORD: Final = re.compile(r"[^\W_]+")
#: Letters that no decomposition takes apart, as people who have no such key type them.
_AS_TYPED: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i"})
#: The order of bytes, on both databases: only so a range of words is a range of the index.
_BYTES: Final = String(LONGEST).with_variant(String(LONGEST, collation="C"), "postgresql")


class SearchWord(Base):
    """One word of the name of one subject."""

    __tablename__ = "search_word"

    subject: Mapped[str] = mapped_column(String(1), primary_key=True)
    """`r` for a relation, `a` for an account."""
    word: Mapped[str] = mapped_column(_BYTES, primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(32), primary_key=True, index=True)


def words_of(*texts: str) -> list[str]:
    """The words by which names are found: without accents and capitals, cut at what is no letter or digit."""
    found: dict[str, None] = {}
    for text in texts:
        plain = unicodedata.normalize("NFKD", text).casefold().translate(_AS_TYPED)
        bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
        found |= dict.fromkeys(word[:LONGEST] for word in _WORD.findall(bare))
    return list(found)[:MOST]

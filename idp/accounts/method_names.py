"""What people call their own methods: short, readable, and different from each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

LONGEST: Final = 40
"""Most characters of a name; the field takes no more."""


def readable(typed: str) -> str:
    """A name without what cannot be seen, of at most `LONGEST` characters; empty when nothing is left."""
    shown = "".join(each if each.isprintable() else " " for each in typed)
    return " ".join(shown.split())[:LONGEST].strip()


def free(wanted: str, others: Iterable[str]) -> str:
    """The name, with a number behind it when another method of the person is called so."""
    taken = {name.casefold() for name in others}
    name, number = wanted, 1
    while name.casefold() in taken:
        number += 1
        name = f"{wanted[: LONGEST - 3]} {number}"
    return name

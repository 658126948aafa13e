"""The symbols of an activation code: made, checked, and read as people type them.

Twelve random Crockford symbols (60 bits) and a check symbol, which tells a typing error from a wrong code.
"""

from __future__ import annotations

from typing import Final

from idp.secret_values import CROCKFORD, Secret, random_crockford

SYMBOLS: Final = 13
"""Twelve that are random and one that checks them."""

_MISREAD = str.maketrans("OIL", "011")
_DECORATION = str.maketrans("", "", " -.\u00a0\t\u2010\u2011\u2012\u2013\u2014\u2015")


def new_code() -> Secret:
    """The readable form of a code that nobody has yet; it exists nowhere else."""
    symbols = random_crockford(SYMBOLS - 1)
    symbols += check_symbol(symbols)
    return Secret(f"{symbols[:4]}-{symbols[4:8]}-{symbols[8:]}")


def check_symbol(symbols: str) -> str:
    """The symbol that completes a code: a sum over GF(32) that sees every single error and every swap."""
    total = 0
    for symbol in symbols + "0":
        total = (total << 1) ^ (0b100101 if total & 0b10000 else 0) ^ CROCKFORD.index(symbol)
    return CROCKFORD[total]


def read(typed: str, *, length: int = SYMBOLS) -> str | None:
    """The symbols that somebody meant, or `None` when that cannot be a code of ours of this length.

    Case, spaces and dashes do not matter; O, I and L are read as the digits they look like.
    """
    symbols = typed.translate(_DECORATION).upper().translate(_MISREAD)
    if len(symbols) != length or any(symbol not in CROCKFORD for symbol in symbols):
        return None
    return symbols if check_symbol(symbols[:-1]) == symbols[-1] else None

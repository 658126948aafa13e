"""The activation code as a text: alphabet, entropy, check symbol, and how tolerantly it is read."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.code_symbols import SYMBOLS, check_symbol, read
from idp.secret_values import CROCKFORD, random_crockford

twelve = st.text(alphabet=CROCKFORD, min_size=SYMBOLS - 1, max_size=SYMBOLS - 1)


def complete(symbols: str) -> str:
    return symbols + check_symbol(symbols)


def test_the_alphabet_has_no_letters_that_are_read_wrong() -> None:
    assert len(set(CROCKFORD)) == 32
    assert not set("ILOU") & set(CROCKFORD)
    assert CROCKFORD.isalnum()
    assert CROCKFORD.isupper()


def test_twelve_symbols_are_sixty_random_bits() -> None:
    drawn = [random_crockford(SYMBOLS - 1) for _ in range(2_000)]
    assert all(len(symbols) == 12 for symbols in drawn)
    assert len(set(drawn)) == len(drawn)
    for place in range(12):
        assert {symbols[place] for symbols in drawn} == set(CROCKFORD)


@given(twelve)
def test_the_check_symbol_is_in_the_alphabet_and_completes_the_code(symbols: str) -> None:
    assert check_symbol(symbols) in CROCKFORD
    assert read(complete(symbols)) == complete(symbols)


@given(twelve)
def test_every_single_wrong_symbol_is_seen(symbols: str) -> None:
    code = complete(symbols)
    for place, right in enumerate(code):
        for wrong in CROCKFORD.replace(right, ""):
            assert read(code[:place] + wrong + code[place + 1 :]) is None, (place, wrong)


@given(twelve)
def test_every_swap_of_neighbours_is_seen(symbols: str) -> None:
    code = complete(symbols)
    for place, (one, other) in enumerate(pairwise(code)):
        if one != other:
            assert read(code[:place] + other + one + code[place + 2 :]) is None, place


def test_swaps_are_seen_at_every_place_between_every_two_symbols() -> None:
    for place, one, other in product(range(11), CROCKFORD, CROCKFORD):
        if one != other:
            rest = "7F0K1QXM8B4T"
            code = complete(rest[:place] + one + other + rest[place + 2 :])
            assert read(code[:place] + other + one + code[place + 2 :]) is None, (place, one, other)


@pytest.mark.parametrize("missing", range(SYMBOLS))
def test_a_forgotten_or_doubled_symbol_is_seen(missing: int) -> None:
    code = complete("7F3K2QXM8B4T")
    assert read(code[:missing] + code[missing + 1 :]) is None
    assert read(code[:missing] + code[missing] + code[missing:]) is None


CODE = complete("7F0K1QXM8B4T")
GROUPED = f"{CODE[:4]}-{CODE[4:8]}-{CODE[8:]}"


@pytest.mark.parametrize(
    "typed",
    [
        CODE,
        CODE.lower(),
        GROUPED,
        GROUPED.lower(),
        GROUPED.replace("-", " "),
        GROUPED.replace("-", " - "),
        GROUPED.replace("-", "–"),  # as word processors like it
        GROUPED.replace("-", "\u00a0"),
        GROUPED.replace("-", "."),
        f"  {GROUPED}\t",
        CODE.replace("0", "O"),
        CODE.replace("0", "o"),
        CODE.replace("1", "I"),
        CODE.replace("1", "l"),
        CODE.replace("1", "L").replace("0", "o"),
        " ".join(CODE),
    ],
)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert read(typed) == CODE


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "-",
        "0",
        "hallo",
        "U" + CODE[1:],
        CODE + "0",
        CODE[:-1],
        CODE + CODE,
        "é" * 13,
        "ß" * 13,
        "\x00" + CODE[1:],
        "0" * 100_000,
        "' OR 1=1 --  ",
    ],
)
def test_what_cannot_be_a_code_is_a_typing_error(typed: str) -> None:
    assert read(typed) is None


@given(st.text(alphabet=CROCKFORD + "oilu -–\u00a0\x00éßıſ٠", max_size=40))
def test_reading_never_fails_and_reads_only_codes_of_ours(typed: str) -> None:
    symbols = read(typed)
    assert symbols is None or (len(symbols) == SYMBOLS and complete(symbols[:-1]) == symbols)

"""How people type a relatienummer and a user name differs; what they name does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts.directory import normal_number, username_key

SEPARATORS = " .-–\u00a0\t"


@pytest.mark.parametrize(
    "typed",
    [
        "10023456",
        "010023456",
        "0000010023456",
        "1002 3456",
        "10.02.34.56",
        " 10023456 ",
        "100-23-456",
        "100–23–456",
        "0 0 1 0 0 2 3 4 5 6",
        "\t10023456\n",
        "10\u00a0023\u00a0456",
    ],
)
def test_a_relatienummer_is_read_however_it_is_typed(typed: str) -> None:
    assert normal_number(typed) == "10023456"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "0000",
        "   ",
        "-",
        "abc",
        "1002345a",
        "10023456,0",
        "10/023",
        "+10023456",
        "1" * 21,
        "0" * 20 + "1",
        "1" * 100_000,
        "١٠٠٢٣٤٥٦",  # digits, but not ours
        "１００２３４５６",
        "1\x00",
        "²³",
        "' OR 1=1",
    ],
)
def test_what_cannot_be_a_relatienummer_names_no_relation(typed: str) -> None:
    assert normal_number(typed) == ""


@given(
    st.integers(min_value=1, max_value=10**12),
    st.integers(min_value=0, max_value=7),
    st.lists(st.sampled_from(SEPARATORS), min_size=25, max_size=25),
)
def test_zeros_and_separators_never_matter(number: int, zeros: int, between: list[str]) -> None:
    typed = "".join(
        f"{separator}{digit}"
        for separator, digit in zip(between, "0" * zeros + str(number), strict=False)
    )
    assert normal_number(typed) == str(number)
    assert normal_number(normal_number(typed)) == str(number)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("J.deVries", "j.devries"),
        ("  info ", "INFO"),
        ("STRASSE", "straße"),
        ("andr\u00e9", "andre\u0301"),
        ("ＩＮＦＯ", "info"),
        ("İnfo", "i̇nfo"),
    ],
)
def test_one_user_name_in_two_spellings_is_one(one: str, other: str) -> None:
    assert username_key(one) == username_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("info", "inf0"), ("j.devries", "jdevries"), ("a", "b")]
)
def test_two_user_names_stay_two(one: str, other: str) -> None:
    assert username_key(one) != username_key(other)


@given(st.text(alphabet="abcİßﬁéΩ \x00\x1f\u200b\u0301", max_size=300))
def test_a_key_fits_its_column_and_holds_no_nul(typed: str) -> None:
    key = username_key(typed)
    assert len(key) <= 100
    assert "\x00" not in key

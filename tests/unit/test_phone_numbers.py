"""Which numbers are texted and which are called, in every way in which people type them, and how one is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.messaging.addresses import (
    MaskedNumber,
    PhoneNumber,
    UnusableNumber,
    fixed_or_mobile_number,
    mobile_number,
)

REACHED = {
    "+31612345678": [
        "0612345678",
        "06 12345678",
        "06-12345678",
        "06 12 34 56 78",
        "(06) 12345678",
        "+31612345678",
        "+31 6 12345678",
        "+31(0)6 12345678",
        "+31 (0)6-1234 5678",
        "0031612345678",
        "0031 6 12345678",
        " 06\u00a012345678 ",
        "612345678",
        "06.12.34.56.78",
    ],
    "+32470123456": ["+32 470 12 34 56", "0032470123456", "+32 (0)470 12 34 56"],
    "+4915112345678": ["+49 151 12345678", "0049 1511 2345678", "+49 (0)151 12345678"],
}

REFUSED = {
    "number-missing": ["", "   ", "\t"],
    "number-not-mobile": [
        "020 1234567",  # a landline
        "+31 20 123 4567",
        "088 711 4888",  # a company's number
        "085 123 4567",
        "+32 2 555 12 12",
        "+49 30 123456",
        "0800 1234",  # free, yet no phone that takes a text
        "0900 1234567",
        "0900-8844",
        "0906 1234567",
        "0909 1234567",
    ],
    "number-invalid": [
        "097 012345678",  # machines
        "+31970123456789",
        "+31 97 1234 5678",
        "112",
        "144",
        "0612345",
        "06123456789012",
        "06 1234567a",
        "hallo",
        "+",
        "+44 7911 123456",  # a British mobile
        "+1 202 555 0123",
        "+33 6 12 34 56 78",
        "+590 690 00 12 34",
        "+870 773 123 456",  # a satellite
        "+883 510 012 345",
        "+979 1 23456789",
        "06 12345678;ext=12",
        "06 12345678 x12",
        "tel:",
        "\x00",
        "٠٦١٢٣٤٥٦٧٨" * 5,
        "9" * 50_000,
    ],
}
#: Personal numbers, which cost whoever texts them: refused, with either name.
PERSONAL = ["084 123 4567", "087 123 4567", "+31 84 123 4567", "0031871234567", "066 1234567"]


@pytest.mark.parametrize(
    ("typed", "e164"), [(typed, e164) for e164, ways in REACHED.items() for typed in ways]
)
def test_a_mobile_number_is_read_however_it_is_typed(typed: str, e164: str) -> None:
    assert mobile_number(typed) == PhoneNumber(e164)


@pytest.mark.parametrize(
    ("typed", "trouble"), [(typed, name) for name, ways in REFUSED.items() for typed in ways]
)
def test_every_other_number_is_refused_by_name(typed: str, trouble: str) -> None:
    with pytest.raises(UnusableNumber) as refused:
        mobile_number(typed)
    assert refused.value.trouble == trouble


@pytest.mark.parametrize("typed", PERSONAL)
def test_personal_and_paging_numbers_are_refused(typed: str) -> None:
    with pytest.raises(UnusableNumber):
        mobile_number(typed)


CALLED = {
    "+31201234567": [
        "0201234567",
        "020 1234567",
        "020-1234567",
        "020 - 123 45 67",
        "(020) 123 45 67",
        "020/1234567",
        "020.123.45.67",
        "020\u2013123\u20134567",
        " 020\u00a01234567 ",
        "+31201234567",
        "+31 20 123 4567",
        "+31 (0)20 123 4567",
        "+31(0)20-1234567",
        "(+31) 20 1234567",
        "0031201234567",
        "0031 20 1234567",
        "0031 (0)20 1234567",
        "201234567",
    ],
    "+31115123456": ["0115-123456", "(0115) 12 34 56", "+31 (0)115 123456"],
    "+31887114888": ["088 - 711 4888", "+31 88 711 48 88"],
    "+3114020": ["14 020", "14020", "+31 14 020"],
    "+3225551212": ["+32 2 555 12 12", "0032 2 555 12 12", "+32 (0)2 555 12 12"],
    "+493023125000": ["+49 30 23125 000", "0049 (0)30 23125-000"],
}

NOT_CALLED = {
    "number-missing": REFUSED["number-missing"],
    "number-invalid": [
        *REFUSED["number-invalid"],
        *PERSONAL,
        "085 123 4567",  # rented by anybody in a minute, tied to no place
        "091 123 4567",
        "0800 1234",
        "0900 1234567",
        "0900-8844",
        "0906 1234567",
        "0909 1234567",
        "020 123456",
        "020 12345678",
        "020 1234567 toestel 12",  # no key is pressed for somebody
        "020-1234567;ext=3",
        "020 1234567 of 06 12345678",
        "+32 70 123 456",
        "+32 78 15 15 15",
        "+32 90 123456",
        "+49 700 12345678",
        "+49 137 1234567",
        "+49 180 5 123456",
        "+49 900 1234567",
        "+44 20 7946 0018",
        "+1 212 555 0123",
    ],
}


@pytest.mark.parametrize(
    ("typed", "e164"),
    [(typed, e164) for e164, ways in (CALLED | REACHED).items() for typed in ways],
)
def test_a_fixed_or_mobile_number_is_called_however_it_is_typed(typed: str, e164: str) -> None:
    assert fixed_or_mobile_number(typed) == PhoneNumber(e164)


@pytest.mark.parametrize(
    ("typed", "trouble"), [(typed, name) for name, ways in NOT_CALLED.items() for typed in ways]
)
def test_a_number_that_costs_or_answers_for_no_person_is_not_called(
    typed: str, trouble: str
) -> None:
    with pytest.raises(UnusableNumber) as refused:
        fixed_or_mobile_number(typed)
    assert refused.value.trouble == trouble


@pytest.mark.parametrize("typed", [typed for ways in CALLED.values() for typed in ways])
def test_a_number_that_is_only_called_is_not_texted_by_the_name_of_that_trouble(typed: str) -> None:
    with pytest.raises(UnusableNumber) as refused:
        mobile_number(typed)
    assert refused.value.trouble == "number-not-mobile"


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+31612345678", "06 •• •• •• 78"),
        ("+31201234567", "020 ••• •• 67"),
        ("+31887114888", "088 ••• •• 88"),
        ("+3114020", "14 ••• 20"),
        ("+32470123456", "+32 ••••••• 56"),
        ("+4915112345678", "+49 ••••••• 78"),
    ],
)
def test_a_number_is_shown_by_its_last_two_digits_only(e164: str, shown: str) -> None:
    masked = PhoneNumber(e164).masked
    assert (str(masked), masked.last) == (shown, e164[-2:])
    assert e164[-3:] not in str(masked)


@given(st.integers(min_value=0, max_value=99_999_999))
def test_no_dutch_mobile_number_can_be_told_from_its_mask(tail: int) -> None:
    digits = f"{tail:08}"
    masked = MaskedNumber.of(f"+316{digits}")
    assert masked == MaskedNumber.of(f"+316000000{digits[-2:]}")


@given(st.text(alphabet="0123456789+-() .;=ext#*/\u00a0\x00٠é", max_size=60))
def test_whatever_is_typed_is_a_number_or_a_named_trouble(typed: str) -> None:
    for read in (mobile_number, fixed_or_mobile_number):
        try:
            outcome = read(typed).e164
        except UnusableNumber as refused:
            outcome = refused.trouble.value
        assert outcome.startswith(("+31", "+32", "+49", "number-"))

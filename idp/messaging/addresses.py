"""Where a message goes: a telephone number as a type of its own, so that nothing else can be texted or called."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

#: Countries whose numbers we reach; others only when an operator lists them (`IDP_MESSAGE_COUNTRIES`).
COUNTRIES: Final = ("NL", "BE", "DE")
_MOBILE: Final = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
#: Machines, not phones: the Dutch M2M range looks mobile to the common library.
_NEVER: Final = ("+3197",)
_FIXED: Final = _MOBILE | {PhoneNumberType.FIXED_LINE}
#: Dutch numbers of companies (088) and municipalities (14xxx): the common library puts them in one class with
#: personal numbers (084, 087), which cost whoever calls them.
_OF_ORGANISATIONS: Final = ("+3188", "+3114")


class NumberTrouble(StrEnum):
    """Why a number cannot be used; the contract's error name."""

    MISSING = "number-missing"
    INVALID = "number-invalid"
    NOT_MOBILE = "number-not-mobile"


class UnusableNumber(ValueError):
    """What was typed cannot receive this kind of message; `trouble` says why."""

    def __init__(self, trouble: NumberTrouble) -> None:
        super().__init__(trouble.value)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number in E.164 form, such as `+31612345678`."""

    e164: str

    @property
    def masked(self) -> MaskedNumber:
        """The number as a page may show it."""
        return MaskedNumber.of(self.e164)


@dataclass(frozen=True, slots=True)
class MaskedNumber:
    """A number of which only the beginning and the last two digits can be seen."""

    shown: str
    last: str

    @classmethod
    def of(cls, e164: str) -> MaskedNumber:
        """Mask a number: `06 •• •• •• 78` for a Dutch one, `+32 ••••••• 78` for a foreign one."""
        number = phonenumbers.parse(e164)
        last = e164[-2:]
        if number.country_code != 31:
            return cls(f"+{number.country_code} ••••••• {last}", last)
        national = "0" + str(number.national_number)
        if national.startswith("06"):
            return cls(f"06 •• •• •• {last}", last)
        if national.startswith("014"):  # a municipality's, which is dialled without the zero
            return cls(f"14 ••• {last}", last)
        return cls(f"{national[:3]} ••• •• {last}", last)

    def __str__(self) -> str:
        return self.shown


def mobile_number(typed: str, countries: Collection[str] = COUNTRIES) -> PhoneNumber:
    """The mobile number that somebody typed, in whichever way; `UnusableNumber` when it cannot be texted."""
    number = _within_reach(typed, countries)
    if phonenumbers.number_type(number) not in _MOBILE:
        raise UnusableNumber(NumberTrouble.NOT_MOBILE)
    return _ours(number)


def fixed_or_mobile_number(typed: str, countries: Collection[str] = COUNTRIES) -> PhoneNumber:
    """The number that somebody typed, in whichever way; `UnusableNumber` when it cannot be called.

    Mobile, geographic and Dutch numbers of organisations; none that costs the one who calls, or reaches a machine.
    """
    number = _within_reach(typed, countries)
    ours = _ours(number)
    if phonenumbers.number_type(number) not in _FIXED and not ours.e164.startswith(
        _OF_ORGANISATIONS
    ):
        raise UnusableNumber(NumberTrouble.INVALID)
    return ours


def _within_reach(typed: str, countries: Collection[str]) -> phonenumbers.PhoneNumber:
    """A number that exists, in a country that we reach."""
    if not typed.strip():
        raise UnusableNumber(NumberTrouble.MISSING)
    try:
        number = phonenumbers.parse(typed.strip()[:40], "NL")
    except NumberParseException as wrong:
        raise UnusableNumber(NumberTrouble.INVALID) from wrong
    known = phonenumbers.is_valid_number(number) and number.extension is None
    if (
        not known
        or phonenumbers.region_code_for_number(number) not in countries
        or _ours(number).e164.startswith(_NEVER)
    ):
        raise UnusableNumber(NumberTrouble.INVALID)
    return number


def _ours(number: phonenumbers.PhoneNumber) -> PhoneNumber:
    return PhoneNumber(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

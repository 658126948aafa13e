"""What else applications may hear of a person: a few standard claims that an operator wrote down, sealed as one text.

Which, and why no others: docs/decisions/0024-claims-we-hold-and-keys-we-sign-with.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson
import phonenumbers

from idp import vault
from idp.errors import WrongInput

#: Longest value in characters, by name; names are those of OpenID Connect Core section 5.1.
FIELDS: Final[Mapping[str, int]] = {
    "given_name": 100,
    "family_name": 100,
    "phone_number": 40,
    "street_address": 200,
    "postal_code": 20,
    "locality": 100,
    "country": 100,
}
#: What files to import call them.
FURTHER: Final[Mapping[str, str]] = {
    "voornaam": "given_name",
    "achternaam": "family_name",
    "telefoonnummer": "phone_number",
    "straat": "street_address",
    "postcode": "postal_code",
    "plaats": "locality",
    "land": "country",
}
_OF_AN_ADDRESS: Final = ("street_address", "postal_code", "locality", "country")


def checked(given: Mapping[str, str]) -> dict[str, str]:
    """What was typed, as it is kept: without space around it, a telephone number in E.164; empty ones are left out.

    `WrongInput` with one sentence for what cannot be kept.
    """
    kept = {name: value.strip() for name, value in given.items() if value.strip()}
    for name, value in kept.items():
        if len(value) > FIELDS[name] or not value.isprintable():
            raise WrongInput(f"{name} has at most {FIELDS[name]} characters, on one line")
    if "phone_number" in kept:
        kept["phone_number"] = _e164(kept["phone_number"])
    return kept


def seal(kept: Mapping[str, str], account_id: str) -> bytes | None:
    """Sealed for that account; `None` when there is nothing to keep."""
    if not kept:
        return None
    return vault.seal(orjson.dumps(kept).decode(), place=_place(account_id))


def unseal(sealed: bytes | None, account_id: str) -> dict[str, str]:
    """Back from the row; empty when nothing is kept."""
    if sealed is None:
        return {}
    kept: dict[str, str] = orjson.loads(vault.unseal(sealed, place=_place(account_id)))
    return kept


def claims(kept: Mapping[str, str]) -> dict[str, Any]:
    """As claims (sections 5.1 and 5.1.1); nobody proved the telephone number."""
    told: dict[str, Any] = {
        name: kept[name] for name in ("given_name", "family_name") if name in kept
    }
    if "phone_number" in kept:
        told |= {"phone_number": kept["phone_number"], "phone_number_verified": False}
    if parts := {name: kept[name] for name in _OF_AN_ADDRESS if name in kept}:
        town = " ".join(kept[name] for name in ("postal_code", "locality") if name in kept)
        lines = (kept.get("street_address"), town, kept.get("country"))
        told["address"] = {"formatted": "\n".join(filter(None, lines)), **parts}
    return told


def _e164(typed: str) -> str:
    """A number as section 5.1 recommends it; read as a Dutch one unless it says its country."""
    try:
        number = phonenumbers.parse(typed, "NL")
    except phonenumbers.NumberParseException as wrong:
        raise WrongInput("that is not a telephone number") from wrong
    if not phonenumbers.is_possible_number(number):
        raise WrongInput("that is not a telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _place(account_id: str) -> str:
    return f"account.personal:{account_id}"

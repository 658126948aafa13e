"""Keys that pretend to be of a model that reaches *hoog*: they serve as keys, and reach nothing by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from idp.assurance import Level
from idp.clock import Standing
from idp.database import db
from idp.models import SecurityKey, Session
from tests.support.house import House, open_house
from tests.support.journeys import Visitor, add_person, to_the_methods
from tests.support.key_makers import LISTED, OTHER, Maker, listed
from tests.support.software_key import BACKED_UP, ELIGIBLE, PRESENT, USUAL, SoftwareKey, options_on

MAKER, ELSEWHERE = Maker(), Maker()

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path) -> House:
    """Where one model is listed."""
    with_list = listed(tmp_path, MAKER.entry(), ELSEWHERE.entry(OTHER, status="REVOKED"))
    return open_house(database_url, tmp_path, key_metadata=with_list)


def setting_up(house: House, level: Level = Level.HOOG) -> Visitor:
    """Somebody on the page that sets up a key."""
    browser = house.browser()
    to_the_methods(browser, add_person(house, "anna", code=True, level=level))
    assert browser.submit("volgende", methode=["webauthn"]).name == "enrol-webauthn"
    return browser


def outcome(house: House, browser: Visitor, key: SoftwareKey, **bent: Any) -> tuple[bool, int]:
    """Set up the key; whether it counts as attested, and the ceiling of the proof that this gave."""
    page = browser.submit("volgende", sleutel=key.make(options_on(browser.page), **bent))
    assert page.name == "enrolment-done", page.error
    browser.submit("afronden")
    with house.inside():
        stored = db.session.scalars(select(SecurityKey)).one()
        proofs = db.session.scalars(select(Session.proofs)).one()
        return stored.attested, max(proof["ceiling"] for proof in proofs)


def test_a_key_of_a_listed_model_is_worth_hoog(house: House) -> None:
    key = SoftwareKey(maker=MAKER, model=LISTED)
    assert outcome(house, setting_up(house), key) == (True, Level.HOOG)


@pytest.mark.parametrize(
    ("maker", "model", "bent"),
    [
        (None, LISTED, {}),
        (ELSEWHERE, LISTED, {}),
        (MAKER, OTHER, {}),
        (ELSEWHERE, OTHER, {}),
        (MAKER, UUID(int=0), {}),
        (MAKER, LISTED, {"self_attested": True}),
        (MAKER, LISTED, {"certified": OTHER}),
        (MAKER, LISTED, {"certified": None}),
        (MAKER, LISTED, {"unit": "Roots"}),
        (MAKER, LISTED, {"ca": True}),
    ],
    ids=[
        "nobody vouches",
        "another maker vouches",
        "a model that is not listed",
        "a model that was revoked",
        "a key that tells no model",
        "the key vouches for itself",
        "a certificate of another model",
        "a certificate of any model",
        "a certificate for something else",
        "a certificate that makes certificates",
    ],
)
def test_a_key_that_only_says_so_is_worth_substantieel(
    house: House, maker: Maker | None, model: UUID, bent: dict[str, Any]
) -> None:
    key = SoftwareKey(maker=maker, model=model)
    assert outcome(house, setting_up(house), key, **bent) == (False, Level.SUBSTANTIEEL)


@pytest.mark.parametrize("flags", [USUAL | ELIGIBLE, USUAL | ELIGIBLE | BACKED_UP])
def test_a_key_that_can_be_copied_is_never_worth_hoog(house: House, flags: int) -> None:
    key = SoftwareKey(maker=MAKER, model=LISTED, flags=flags)
    assert outcome(house, setting_up(house), key)[1] == Level.SUBSTANTIEEL


def test_a_key_that_did_not_check_its_owner_is_not_worth_hoog(house: House) -> None:
    key = SoftwareKey(maker=MAKER, model=LISTED, flags=PRESENT)
    assert outcome(house, setting_up(house), key) == (True, Level.SUBSTANTIEEL)


def test_a_forged_signature_of_the_maker_makes_no_key_at_all(house: House) -> None:
    browser = setting_up(house)
    key = SoftwareKey(maker=MAKER, model=LISTED)
    made = key.make(options_on(browser.page), vouched=bytes.fromhex("3006020101020101"))
    page = browser.submit("volgende", sleutel=made)
    assert (page.name, page.error) == ("enrol-webauthn", "key-not-made")


def test_who_is_not_enrolled_at_hoog_is_not_asked_to_tell_the_model(house: House) -> None:
    browser = setting_up(house, Level.SUBSTANTIEEL)
    assert options_on(browser.page)["attestation"] == "none"
    key = SoftwareKey(maker=MAKER, model=LISTED)
    assert outcome(house, browser, key) == (False, Level.SUBSTANTIEEL)

"""The authenticator app: the vectors of RFC 6238, a narrow window, and every time step once."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from idp.accounts import credentials
from idp.clock import Standing, standing_at
from idp.mfa import seeding
from idp.mfa.factor import Answer, Login, Outcome, Proven, Rejected
from idp.mfa.totp import FACTOR
from tests.support.journeys import (
    NOW,
    House,
    account_of,
    add_person,
    house_of_this_worker,
    open_house,
    totp_code,
)
from tests.support.run import Run

STEP = timedelta(seconds=30)
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.fixture
def time() -> Iterator[Standing]:
    with standing_at(NOW) as standing:
        yield standing


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> Iterator[House]:
    """A house over each database, and the test inside it."""
    house = house_of_this_worker(database_url, run)
    with house.app.app_context():
        yield house


def login(account_id: str, login_id: str = "1" * 32) -> Login:
    return Login(
        id=login_id,
        account_id=account_id,
        username="j.devries",
        relation_number="10023456",
        language="nl",
        reference="7F3K-2QXM",
    )


def answered(account_id: str, code: str) -> Outcome:
    own = credentials.of_account(account_id)
    return FACTOR.verify(login(account_id), own, Answer("volgende", {"code": code}))


def holds(account_id: str, code: str) -> bool:
    return isinstance(answered(account_id, code), Proven)


@pytest.mark.parametrize(
    ("seconds", "eight_digits"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(
    house: House, time: Standing, seconds: int, eight_digits: str
) -> None:
    person = add_person(house)
    seeding.add_totp(account_of(person), RFC_SECRET)
    time.moment = datetime.fromtimestamp(seconds, UTC)
    assert holds(person.id, eight_digits[-6:])


@pytest.mark.parametrize(
    ("steps_ago", "right"),
    [(-2, False), (-1, False), (0, True), (1, True), (2, False), (20, False)],
)
def test_this_step_and_the_one_before_count_and_none_ahead(
    house: House, time: Standing, steps_ago: int, right: bool
) -> None:
    anna = add_person(house, totp=True)
    assert anna.totp is not None
    code = pyotp.TOTP(anna.totp).at(time.moment - steps_ago * STEP)
    assert holds(anna.id, code) is right


def test_the_window_ends_to_the_second(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    code = totp_code(anna.totp)  # NOW is where a step begins
    time.move(timedelta(seconds=60))
    assert not holds(anna.id, code)
    time.move(timedelta(seconds=-1))
    assert holds(anna.id, code)


def test_a_step_counts_once_and_none_before_it_afterwards(house: House, time: Standing) -> None:
    anna = add_person(house, totp=True)
    before = totp_code(anna.totp)
    time.move(STEP)
    present = totp_code(anna.totp)
    assert holds(anna.id, present)
    assert not holds(anna.id, present)
    assert not holds(anna.id, before)  # though it is within the window
    time.move(STEP)
    assert holds(anna.id, totp_code(anna.totp))


def test_a_wrong_answer_spends_no_step(house: House) -> None:
    anna = add_person(house, totp=True)
    right = totp_code(anna.totp)
    assert not holds(anna.id, f"{(int(right) + 1) % 1_000_000:06}")
    assert holds(anna.id, right)


def test_any_of_several_apps_will_do_each_with_steps_of_its_own(house: House) -> None:
    anna = add_person(house, totp=True)
    second = pyotp.random_base32(32)
    seeding.add_totp(account_of(anna), second)
    assert holds(anna.id, totp_code(anna.totp))
    assert holds(anna.id, totp_code(second))
    assert not holds(anna.id, totp_code(second))


def test_a_code_may_be_typed_in_two_groups(house: House) -> None:
    anna = add_person(house, totp=True)
    code = totp_code(anna.totp)
    assert holds(anna.id, f" {code[:3]} {code[3:]} ")


@pytest.mark.parametrize("typed", ["12345", "1234567", "0" * 100_000, "é", "-1", "1e5", "12 34"])
def test_a_code_of_another_length_is_a_slip_and_costs_no_try(house: House, typed: str) -> None:
    outcome = answered(add_person(house, totp=True).id, typed)
    assert outcome == Rejected("code-length", costs_a_try=False)


@pytest.mark.parametrize("typed", ["abcdef", "١٢٣٤٥٦", "\x00" * 6])
def test_what_is_no_code_is_rejected_and_costs_a_try(house: House, typed: str) -> None:
    outcome = answered(add_person(house, totp=True).id, typed)
    assert outcome == Rejected("code-invalid")
    assert isinstance(outcome, Rejected)
    assert outcome.costs_a_try


@pytest.mark.parametrize("typed", ["", "  ", "\t"])
def test_nothing_typed_costs_no_try(house: House, typed: str) -> None:
    outcome = answered(add_person(house, totp=True).id, typed)
    assert outcome == Rejected("code-missing", costs_a_try=False)


def test_a_seed_has_160_bits_and_stays_until_it_is_confirmed(house: House) -> None:
    anna = add_person(house)
    here, elsewhere = login(anna.id), login(anna.id, "2" * 32)
    for each in (here, elsewhere):
        FACTOR.prepare(each)
    seed = FACTOR.enrolment_view(here)["secret"]
    assert len(base64.b32decode(seed)) == 20
    FACTOR.prepare(here)
    assert FACTOR.enrolment_view(here)["secret"] == seed
    assert FACTOR.enrolment_view(elsewhere)["secret"] != seed
    assert isinstance(FACTOR.enrol(here, Answer("volgende", {"code": totp_code(seed)})), Proven)
    assert credentials.being_set_up(anna.id, "totp", here.id) is None
    assert len(credentials.of_account(anna.id)) == 1


@pytest.mark.parametrize(
    ("with_number", "label"), [(True, "10023456-j.devries"), (False, "j.devries")]
)
def test_the_qr_code_names_service_relation_and_person(
    database_url: str, tmp_path: Path, with_number: bool, label: str
) -> None:
    house = open_house(database_url, tmp_path, totp_label_relation=with_number)
    with house.app.app_context():
        here = login(add_person(house).id)
        FACTOR.prepare(here)
        view = FACTOR.enrolment_view(here)
    address = urlsplit(view["otpauth_uri"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == f"/Mijn CAK Zakelijk:{label}"
    told = parse_qs(address.query)
    assert told["issuer"] == ["Mijn CAK Zakelijk"]
    assert told["secret"] == [view["secret"]]
    assert not set(told) - {
        "issuer",
        "secret",
    }  # SHA-1, six digits, 30 seconds: what every app assumes


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"code": "123456"}, True),
        ({"code": "12"}, False),
        ({"code": " "}, False),
        ({}, False),
        ({"sleutel": "x"}, True),
        ({"sleutel": "x", "code": "12"}, True),
        ({"iets": "x", "code": ""}, True),
    ],
)
def test_only_a_slip_alone_is_no_try(fields: dict[str, str], counts: bool) -> None:
    """Beside another answer it hides nothing from who counts the tries."""
    assert Answer("volgende", fields).is_a_try is counts

"""Which step comes next, as tables: one for what somebody has and proved, one for how far setting up has come."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from idp.assurance import Demands, Level, Proof, Strength, password_proof, recovery_proof
from idp.assurance import passkey_proofs as both_at_once
from idp.flows.steps import Standing, Step, next_step, offered, recovery_helps
from idp.flows.transaction import LIFETIME, LoginTransaction, Purpose
from tests.support.journeys import NOW

PURPOSES = ("sign-in", "activation", "add-method")
PROVED = ("nothing", "second", "password", "both", "passkey")
METHODS = ("none", "one", "two")
CODES = ("none", "live", "open")  # an activation code that waits; an enrolment window that is open
PASSWORDS = ("own", "start")

#: A sign-in that has just begun, for something that needs *substantieel*. `any` stands for every value, `a/b` for two.
FROM_THE_START = """
proved    methods  code       password | sign-in           activation        add-method
nothing   any      any        any      | login             login             login
second    any      any        any      | login             login             login
password  none     none       any      | no-method         activation-intro  no-method
password  none     live       any      | activation-intro  activation-intro  activation-intro
password  none     open       any      | choose-methods    choose-methods    choose-methods
password  one      none/live  any      | second-factor     activation-intro  second-factor
password  one      open       any      | second-factor     choose-methods    second-factor
password  two      none/live  any      | choose-method     activation-intro  choose-method
password  two      open       any      | choose-method     choose-methods    choose-method
both      none     none       any      | no-method         activation-intro  no-method
both      none     live       any      | activation-intro  activation-intro  activation-intro
both      none     open       own      | choose-methods    choose-methods    choose-methods
both      none     open       start    | set-password      set-password      set-password
both      one/two  none/live  own      | finish            activation-intro  choose-methods
both      one/two  none/live  start    | set-password      activation-intro  set-password
both      one/two  open       own      | finish            choose-methods    choose-methods
both      one/two  open       start    | set-password      set-password      set-password
passkey   none     none       own      | no-method         login             no-method
passkey   none     live       own      | activation-intro  login             activation-intro
passkey   none     open       own      | choose-methods    login             choose-methods
passkey   one/two  none/live  own      | finish            login             choose-methods
passkey   one/two  open       own      | finish            login             choose-methods
passkey   any      any        start    | login             login             login
"""

#: The same for a client that is content with a password (*laag*): only who has a method and a password of one's own.
AT_LAAG = """
proved    methods  code       password | sign-in
nothing   any      any        any      | login
second    any      any        any      | login
password  none     none       any      | no-method
password  none     live       any      | activation-intro
password  none     open       any      | choose-methods
password  one/two  any        own      | finish
password  one      any        start    | second-factor
password  two      any        start    | choose-method
both      none     none       any      | no-method
both      none     live       any      | activation-intro
both      none     open       own      | choose-methods
both      none     open       start    | set-password
both      one/two  any        own      | finish
both      one/two  any        start    | set-password
passkey   none     none       own      | no-method
passkey   none     live       own      | activation-intro
passkey   none     open       own      | choose-methods
passkey   one/two  any        own      | finish
passkey   any      any        start    | login
"""

#: Setting up, with both steps proved by the method that was set up here. Columns that do not matter say `any`.
#: `ahead`: methods chosen and still to set up; `choosing`: after *Nog een methode instellen*; `done`: *Afronden*.
WHILE_SETTING_UP = """
enrolled  ahead  choosing  done  window | sign-in         activation      add-method
none      none   any       no    open   | finish          choose-methods  choose-methods
none      some   any       no    open   | finish          enrol           enrol
some      none   no        no    open   | enrolment-done  enrolment-done  enrolment-done
some      none   yes       no    open   | choose-methods  choose-methods  choose-methods
some      some   any       no    open   | enrol           enrol           enrol
any       any    any       yes   open   | finish          finish          finish
some      none   no        no    shut   | enrolment-done  enrolment-done  enrolment-done
some      none   yes       no    shut   | enrolment-done  enrolment-done  choose-methods
some      some   any       no    shut   | enrolment-done  enrolment-done  enrol
some      any    any       yes   shut   | finish          finish          finish
"""

Row = tuple[tuple[str, ...], str, str]


def rows(table: str, domains: dict[str, tuple[str, ...]]) -> list[Row]:
    """Every situation of a table, with the purpose and the step that it should lead to."""
    head, *lines = table.strip().splitlines()
    left, right = (part.split() for part in head.split("|"))
    found: list[Row] = []
    for line in lines:
        cells, steps = (part.split() for part in line.split("|"))
        choices = [
            domains[name] if cell == "any" else tuple(cell.split("/"))
            for name, cell in zip(left, cells, strict=True)
        ]
        for situation in product(*choices):
            found += [(situation, *pair) for pair in zip(right, steps, strict=True)]
    return found


STANDINGS = {"proved": PROVED, "methods": METHODS, "code": CODES, "password": PASSWORDS}
SETTING_UP: dict[str, tuple[str, ...]] = {
    "enrolled": ("none", "some"),
    "ahead": ("none", "some"),
    "choosing": ("no", "yes"),
    "done": ("no", "yes"),
    "window": ("open", "shut"),
}


def proof(minutes_ago: float = 1) -> Proof:
    return Proof(
        kind="totp",
        strength=Strength.POSSESSION,
        at=NOW - timedelta(minutes=minutes_ago),
        amr=("otp",),
        credential_id="1",
    )


def password(minutes_ago: float = 2) -> Proof:
    return password_proof(NOW - timedelta(minutes=minutes_ago))


PROOFS: dict[str, tuple[Proof, ...]] = {
    "nothing": (),
    "second": (proof(),),
    "password": (password(),),
    "both": (password(), proof()),
    "passkey": both_at_once(proof()),
}
KINDS: dict[str, tuple[str, ...]] = {"none": (), "one": ("totp",), "two": ("totp", "sms")}


def login(purpose: str, demands: Demands | None = None) -> LoginTransaction:
    return LoginTransaction(
        id="0" * 32,
        browser="b",
        version=1,
        reference="7F3K-2QXM",
        expires_at=NOW + LIFETIME,
        purpose=Purpose(purpose),
        demands=demands or Demands(),
        return_to="/mijn/applicaties",
    )


def step_of(situation: tuple[str, ...], beginning: LoginTransaction) -> Step:
    proved, methods, code, start = situation
    standing = Standing(
        kinds=KINDS[methods],
        live_code=code == "live",
        window_open=code == "open",
        password_is_temporary=start == "start",
    )
    return next_step(beginning, standing, PROOFS[proved], now=NOW)


@pytest.mark.parametrize(("situation", "purpose", "step"), rows(FROM_THE_START, STANDINGS))
def test_a_sign_in_that_has_just_begun(situation: tuple[str, ...], purpose: str, step: str) -> None:
    assert step_of(situation, login(purpose)) == step


@pytest.mark.parametrize(("situation", "purpose", "step"), rows(AT_LAAG, STANDINGS))
def test_a_sign_in_for_a_client_at_laag(
    situation: tuple[str, ...], purpose: str, step: str
) -> None:
    assert step_of(situation, login(purpose, Demands(level=Level.LAAG))) == step


@pytest.mark.parametrize(("situation", "purpose", "step"), rows(FROM_THE_START, STANDINGS))
def test_hoog_asks_no_more_of_a_person_without_a_listed_key_than_substantieel(
    situation: tuple[str, ...], purpose: str, step: str
) -> None:
    assert step_of(situation, login(purpose, Demands(level=Level.HOOG))) == step


def test_for_hoog_only_the_listed_key_helps_on() -> None:
    here = login("sign-in", Demands(level=Level.HOOG))
    kinds = ("totp", "webauthn")
    with_a_key = Standing(kinds=kinds, phishing_resistant=("webauthn",), hoog=("webauthn",))
    assert offered(here, with_a_key) == ("webauthn",)
    assert next_step(here, with_a_key, PROOFS["both"], now=NOW) is Step.SECOND_FACTOR
    assert offered(here, Standing(kinds=kinds, phishing_resistant=("webauthn",))) == kinds
    attested = replace(proof(), ceiling=Level.HOOG)
    assert next_step(here, with_a_key, (password(), attested), now=NOW) is Step.FINISH


@pytest.mark.parametrize(("situation", "purpose", "step"), rows(WHILE_SETTING_UP, SETTING_UP))
def test_setting_up_goes_on_until_afronden(
    situation: tuple[str, ...], purpose: str, step: str
) -> None:
    enrolled, ahead, choosing, done, window = situation
    here = login(purpose).moved(
        enrolled=("totp",) if enrolled == "some" else (),
        to_enrol=("sms",) if ahead == "some" else (),
        choosing=choosing == "yes",
        finished=done == "yes",
        window_was_open=True,
    )
    standing = Standing(kinds=("totp",), window_open=window == "open")
    assert next_step(here, standing, PROOFS["both"], now=NOW) == step


@pytest.mark.parametrize(
    ("table", "domains"),
    [(FROM_THE_START, STANDINGS), (AT_LAAG, STANDINGS)],
    ids=["from the start", "laag"],
)
def test_the_tables_hold_every_situation_once(
    table: str, domains: dict[str, tuple[str, ...]]
) -> None:
    told = Counter(
        situation for situation, purpose, _step in rows(table, domains) if purpose == "sign-in"
    )
    assert told == Counter(product(*domains.values()))


def test_the_table_of_setting_up_leaves_out_only_a_window_that_closed_before_any_method() -> None:
    told = {situation for situation, _purpose, _step in rows(WHILE_SETTING_UP, SETTING_UP)}
    left_out = set(product(*SETTING_UP.values())) - told
    assert {(enrolled, window) for enrolled, *_rest, window in left_out} == {("none", "shut")}


@pytest.mark.parametrize(
    ("purpose", "live_code", "intro_seen", "window_was_open", "step"),
    [
        ("activation", True, False, False, Step.ACTIVATION_INTRO),
        ("activation", True, True, False, Step.ACTIVATION_CODE),
        (
            "activation",
            False,
            True,
            False,
            Step.ACTIVATION_CODE,
        ),  # the code will say what became of it
        ("activation", False, True, True, Step.WINDOW_CLOSED),
        ("activation", False, False, True, Step.WINDOW_CLOSED),
        ("sign-in", True, False, False, Step.ACTIVATION_INTRO),
        ("sign-in", True, True, False, Step.ACTIVATION_CODE),
        ("sign-in", False, True, False, Step.NO_METHOD),
        ("sign-in", False, True, True, Step.WINDOW_CLOSED),
    ],
)
def test_the_way_to_the_enrolment_window(
    purpose: str, live_code: bool, intro_seen: bool, window_was_open: bool, step: Step
) -> None:
    here = login(purpose).moved(intro_seen=intro_seen, window_was_open=window_was_open)
    assert next_step(here, Standing(live_code=live_code), PROOFS["password"], now=NOW) == step


@pytest.mark.parametrize(
    ("chosen", "kinds", "step"),
    [
        (None, ("totp",), Step.SECOND_FACTOR),
        (None, ("totp", "sms"), Step.CHOOSE_METHOD),
        ("sms", ("totp", "sms"), Step.SECOND_FACTOR),
        ("sms", ("totp",), Step.SECOND_FACTOR),  # what was chosen is gone; one is left
        ("voice", ("totp", "sms"), Step.CHOOSE_METHOD),
    ],
)
def test_there_is_a_choice_only_where_there_are_two(
    chosen: str | None, kinds: tuple[str, ...], step: Step
) -> None:
    here = login("sign-in").moved(chosen=chosen)
    assert next_step(here, Standing(kinds=kinds), PROOFS["password"], now=NOW) == step


@pytest.mark.parametrize("window_open", [True, False])
@pytest.mark.parametrize("purpose", ["sign-in", "activation"])
@pytest.mark.parametrize("start_password", [True, False])
def test_after_a_new_start_the_method_that_was_just_set_up_is_asked(
    purpose: str, window_open: bool, start_password: bool
) -> None:
    here = login(purpose).moved(enrolled=("totp",), window_was_open=True)
    standing = Standing(
        kinds=("totp",), window_open=window_open, password_is_temporary=start_password
    )
    assert next_step(here, standing, PROOFS["password"], now=NOW) is Step.SECOND_FACTOR


@pytest.mark.parametrize(
    ("password_age", "second_age", "step"),
    [
        (1, 1, Step.FINISH),
        (5, 5, Step.FINISH),
        (5, 6, Step.SECOND_FACTOR),
        (6, 5, Step.IDENTIFY),
        (6, 6, Step.IDENTIFY),
    ],
)
@pytest.mark.parametrize(
    "demands",
    [Demands(max_age=timedelta(minutes=5)), Demands(not_before=NOW - timedelta(minutes=5))],
    ids=["max_age", "not_before"],
)
def test_only_proofs_that_are_young_enough_count(
    demands: Demands, password_age: int, second_age: int, step: Step
) -> None:
    proofs = (password(password_age), proof(second_age))
    assert next_step(login("sign-in", demands), Standing(kinds=("totp",)), proofs, now=NOW) is step


def test_who_has_only_a_number_that_is_too_new_is_told_so_and_at_laag_it_serves() -> None:
    new = Standing(kinds=("sms",), too_new=frozenset({"sms"}))
    assert next_step(login("sign-in"), new, PROOFS["password"], now=NOW) is Step.NUMBER_TOO_NEW
    at_laag = login("sign-in", Demands(level=Level.LAAG))
    assert next_step(at_laag, new, PROOFS["password"], now=NOW) is Step.FINISH
    with_an_app = replace(new, kinds=("sms", "totp"))
    assert offered(login("sign-in"), with_an_app) == ("totp",)


def test_two_passwords_are_one_factor() -> None:
    proofs = (password(2), replace(password(1), kind="pincode"))
    here = next_step(login("sign-in"), Standing(kinds=("totp",)), proofs, now=NOW)
    assert here is Step.SECOND_FACTOR


def test_every_step_has_a_place_in_the_tables() -> None:
    told = {
        step
        for _s, _p, step in (*rows(FROM_THE_START, STANDINGS), *rows(WHILE_SETTING_UP, SETTING_UP))
    }
    elsewhere = {Step.ACTIVATION_CODE, Step.WINDOW_CLOSED, Step.NUMBER_TOO_NEW}
    assert told | elsewhere == set(Step)


@pytest.mark.parametrize(
    ("kinds", "resistant", "proved", "step"),
    [
        (
            ("totp", "key"),
            ("key",),
            "both",
            Step.SECOND_FACTOR,
        ),  # the app does not do; the key is asked
        (("totp", "key"), ("key",), "password", Step.SECOND_FACTOR),
        (("totp", "key", "other"), ("key", "other"), "both", Step.CHOOSE_METHOD),
        (("totp",), (), "both", Step.FINISH),  # whether it suffices is the asker's question
        (("totp",), (), "password", Step.SECOND_FACTOR),
        (("totp", "sms"), (), "password", Step.CHOOSE_METHOD),
    ],
)
def test_where_phishing_must_be_resisted_only_what_does_so_is_offered(
    kinds: tuple[str, ...], resistant: tuple[str, ...], proved: str, step: Step
) -> None:
    here = login("sign-in", Demands(phishing_resistant=True)).moved(
        chosen="totp" if resistant else None
    )
    standing = Standing(kinds=kinds, phishing_resistant=resistant)
    assert next_step(here, standing, PROOFS[proved], now=NOW) is step
    assert offered(here, standing) == (resistant or kinds)


def test_a_key_that_was_used_is_not_asked_again() -> None:
    key = replace(proof(), kind="key", credential_id="k", phishing_resistant=True)
    here = login("sign-in", Demands(phishing_resistant=True))
    standing = Standing(kinds=("totp", "key"), phishing_resistant=("key",))
    assert next_step(here, standing, (password(), key), now=NOW) is Step.FINISH


def test_after_a_recovery_code_a_method_is_set_up_and_that_can_be_left() -> None:
    standing = Standing(kinds=("totp",))
    recovered = login("sign-in").earn(password()).earn(recovery_proof(NOW))
    assert next_step(recovered, standing, recovered.earned, now=NOW) is Step.CHOOSE_METHODS
    chosen = recovered.moved(to_enrol=("totp",))
    assert next_step(chosen, standing, recovered.earned, now=NOW) is Step.ENROL
    left = recovered.moved(finished=True)
    assert next_step(left, standing, recovered.earned, now=NOW) is Step.FINISH
    beside_a_session = login("sign-in").earn(recovery_proof(NOW))  # its password is an old one
    proofs = (password(60), *beside_a_session.earned)
    assert next_step(beside_a_session, standing, proofs, now=NOW) is Step.FINISH


@pytest.mark.parametrize(
    ("demands", "standing", "helps"),
    [
        (Demands(), Standing(kinds=("totp",)), True),
        (Demands(), Standing(kinds=("key",), phishing_resistant=("key",)), True),
        (Demands(phishing_resistant=True), Standing(kinds=("totp",)), True),
        (Demands(phishing_resistant=True), Standing(kinds=("key",), phishing_resistant=("key",)), False),
        (Demands(level=Level.HOOG), Standing(kinds=("key",), hoog=("key",)), False),
        (Demands(), Standing(), False),
    ],
)  # fmt: skip
def test_a_recovery_code_never_stands_in_for_a_key(
    demands: Demands, standing: Standing, helps: bool
) -> None:
    assert recovery_helps(login("sign-in", demands), standing) is helps

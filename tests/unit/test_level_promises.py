"""Whatever was proved, in whatever order, and whatever is asked: a token states what its proofs carry and no more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from idp.accounts.sessions import LiveSession
from idp.assurance import (
    REGISTRABLE,
    Assurance,
    Demands,
    Level,
    Proof,
    Strength,
    fresh_enough,
    latest,
)
from idp.flows.steps import Standing, Step, next_step, offered
from idp.flows.transaction import LIFETIME, LoginTransaction, Purpose
from idp.mfa import catalogue
from idp.mfa.totp import Totp
from idp.oidc import acr, registered
from idp.oidc.asked import Asked
from idp.oidc.decide import Decision, Give, Refuse, SignIn, decide
from idp.oidc.parameters import Parameters
from idp.oidc.profiles import known
from tests.support.journeys import NOW, deployed
from tests.support.key_makers import Maker, listed
from tests.support.keys import StandInKey

LOW: Final = "http://eidas.europa.eu/LoA/low"
SUBSTANTIAL: Final = "http://eidas.europa.eu/LoA/substantial"
HIGH: Final = "http://eidas.europa.eu/LoA/high"
LEVEL_OF: Final = {LOW: Level.LAAG, SUBSTANTIAL: Level.SUBSTANTIEEL, HIGH: Level.HOOG}
#: kind → strength, whether phishing does not get past it
KINDS: Final = {"wachtwoord": False, "totp": False, "sms": False, "key": True, "listed key": True}
#: What somebody's second steps earn, with this key beside an app and a number.
EARNED_BY: Final = {
    "no key": Assurance(Level.SUBSTANTIEEL),
    "key": Assurance(Level.SUBSTANTIEEL, phishing_resistant=True),
    "listed key": Assurance(Level.HOOG, phishing_resistant=True),
}

#: Most draws end without a token, and those say nothing.
MANY: Final = settings(max_examples=300)

ages = st.integers(0, 40).map(lambda minutes: NOW - timedelta(minutes=minutes))
values = st.sampled_from([LOW, SUBSTANTIAL, HIGH, "phr", "phrh", "urn:unknown"])
levels = st.sampled_from([Level.LAAG, Level.SUBSTANTIEEL, Level.HOOG])
keys = st.sampled_from(sorted(EARNED_BY))


@st.composite
def proofs(draw: st.DrawFn) -> tuple[Proof, ...]:
    """Any proofs in any order, as a session keeps them."""
    drawn = draw(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), ages), max_size=6))
    return latest(made(kind, at) for kind, at in drawn)


def made(kind: str, at: datetime) -> Proof:
    password = kind == "wachtwoord"
    return Proof(
        kind=kind,
        strength=Strength.KNOWLEDGE if password else Strength.POSSESSION,
        at=at,
        amr=(),
        phishing_resistant=KINDS[kind],
        ceiling=Level.HOOG if kind == "listed key" else Level.SUBSTANTIEEL,
        credential_id=None if password else kind,
    )


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    """Any request that passed the checks."""
    profile = known()[draw(st.sampled_from(["basic", "nlgov"]))]
    listed = draw(st.lists(values, max_size=3))
    parameters: dict[str, str] = {}
    how = draw(st.sampled_from(["nothing", "acr_values", "voluntary", "essential"]))
    if how == "acr_values":
        parameters["acr_values"] = " ".join(listed)
    elif how != "nothing":
        quoted = ",".join(f'"{value}"' for value in listed)
        wanted = "true" if how == "essential" else "false"
        parameters["claims"] = (
            f'{{"id_token":{{"acr":{{"essential":{wanted},"values":[{quoted}]}}}}}}'
        )
    prompt = draw(st.sampled_from([None, "none", "login", "select_account"]))
    if prompt:
        parameters["prompt"] = prompt
    if draw(st.booleans()):
        parameters["max_age"] = str(draw(st.integers(0, 2400)))
    asked = Asked(Parameters(parameters), NOW, "TEST-TEST")
    asked.__dict__["found"] = client(profile, draw(st.sampled_from(sorted(REGISTRABLE))))
    assume(not (asked.acr_is_binding and not asked.known_acr))  # the check refuses those
    return asked


def client(profile: Any, level: str) -> registered.RegisteredClient:
    usual: dict[str, Any] = dict.fromkeys(registered.RegisteredClient.__dataclass_fields__)
    return registered.RegisteredClient(
        **usual | {"profile": profile, "requires": REGISTRABLE[level], "client_id": "c"}
    )


def session(held: tuple[Proof, ...], enrolled_at: Level) -> LiveSession:
    usual: dict[str, Any] = dict.fromkeys(LiveSession.__dataclass_fields__)
    return LiveSession(
        **usual | {"id": "s", "account_id": "a", "proofs": held, "enrolled_at": enrolled_at}
    )


def decided(asked: Asked, held: tuple[Proof, ...], enrolled: Level, *, own: str) -> Decision:
    return decide(
        asked,
        session(held, enrolled),
        subject="x",
        hinted_account=None,
        own=EARNED_BY[own],
        now=NOW,
    )


def standing(own: str) -> Standing:
    """What somebody has with, besides an app and a number, this key or none."""
    keys = () if own == "no key" else (own,)
    listed = tuple(kind for kind in keys if kind == "listed key")
    return Standing(kinds=("totp", "sms", *keys), phishing_resistant=keys, hoog=listed)


def sign_in(demands: Demands) -> LoginTransaction:
    return LoginTransaction(
        id="0" * 32,
        browser="b",
        version=1,
        reference="TEST-TEST",
        expires_at=NOW + LIFETIME,
        purpose=Purpose.SIGN_IN,
        demands=demands,
        return_to="/",
    )


@pytest.fixture(autouse=True, scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Settings at work with a list of models, and a key among the factors."""
    folder: Path = tmp_path_factory.mktemp("house")
    models = listed(folder, Maker().entry())
    with pytest.MonkeyPatch.context() as patch, deployed(folder, key_metadata=models):
        patch.setattr(catalogue, "every", lambda: (Totp(), StandInKey()))
        yield


@MANY
@given(requests(), proofs(), levels, keys)
def test_a_token_states_only_what_its_proofs_carry(
    asked: Asked, held: tuple[Proof, ...], enrolled: Level, own: str
) -> None:
    decision = decided(asked, held, enrolled, own=own)
    if not isinstance(decision, Give):
        return
    demands = Demands(not_before=asked.not_before)
    counting = fresh_enough(held, demands, now=NOW)
    passwords = [proof.at for proof in counting if proof.strength is Strength.KNOWLEDGE]
    steps = [proof for proof in counting if proof.strength is Strength.POSSESSION]
    assert passwords
    if decision.acr == "phr":
        rests_on = [proof.at for proof in steps if proof.phishing_resistant]
    elif LEVEL_OF[decision.acr] >= Level.SUBSTANTIEEL:
        level = LEVEL_OF[decision.acr]
        rests_on = [proof.at for proof in steps if proof.ceiling >= level]
        assert enrolled >= level
    else:
        rests_on = passwords
    assert rests_on, "the value rests on a proof that is not there"
    assert decision.auth_time == int(min(max(passwords), max(rests_on)).timestamp())
    assert LEVEL_OF.get(decision.acr, Level.LAAG) <= enrolled


@MANY
@given(requests(), proofs(), levels, keys)
def test_a_demand_is_met_or_there_is_no_token(
    asked: Asked, held: tuple[Proof, ...], enrolled: Level, own: str
) -> None:
    decision = decided(asked, held, enrolled, own=own)
    if not isinstance(decision, Give):
        return
    if asked.acr_is_binding:
        numbers = {LOW: 1, SUBSTANTIAL: 2, HIGH: 3}
        reached = numbers.get(decision.acr, 0)
        asked_levels = [numbers.get(value, 9) for value in asked.acr_values]
        assert reached >= min(asked_levels) or (decision.acr == "phr" and "phr" in asked.acr_values)
    if asked.claims.acr_is_essential:
        assert decision.acr in asked.acr_values
    needs = asked.client.requires
    if needs.phishing_resistant:
        fresh = fresh_enough(held, Demands(not_before=asked.not_before), now=NOW)
        assert any(proof.phishing_resistant for proof in fresh)
    assert enrolled >= needs.level


@MANY
@given(requests(), proofs(), levels, keys)
def test_whoever_is_sent_to_sign_in_has_something_to_do_there_and_then_arrives(
    asked: Asked, held: tuple[Proof, ...], enrolled: Level, own: str
) -> None:
    """No circle: the walk asks for a step, takes it, and after at most three of them there is an end."""
    assume(all(own == proof.kind for proof in held if proof.phishing_resistant))
    has = standing(own)
    decision = decided(asked, held, enrolled, own=own)
    for _round in range(3):
        if not isinstance(decision, SignIn):
            break
        login = sign_in(decision.demands)
        first = next_step(login, has, held, now=NOW)
        assert first is not Step.FINISH, "led in a circle"
        for _step in ("password", "second step", "end"):
            if (step := next_step(login, has, held, now=NOW)) is Step.FINISH:
                break
            taken = "wachtwoord" if step is Step.IDENTIFY else offered(login, has)[0]
            held = latest((*held, made(taken, NOW)))
        assert step is Step.FINISH, "a step was taken, and is asked again"
        decision = decided(asked, held, enrolled, own=own)
    assert isinstance(decision, Give | Refuse)


@MANY
@given(requests(), proofs(), levels, keys)
def test_more_proofs_never_lead_to_less(
    asked: Asked, held: tuple[Proof, ...], enrolled: Level, own: str
) -> None:
    assume(own != "no key")
    before = decided(asked, held, enrolled, own=own)
    everything = latest((*held, *(made(kind, NOW) for kind in KINDS)))
    after = decided(asked, everything, enrolled, own=own)
    if isinstance(before, Give):
        assert isinstance(after, Give)
        assert after.auth_time >= before.auth_time


def test_hoog_is_offered_only_where_models_of_keys_are_listed(tmp_path: Path) -> None:
    assert list(acr.offered()) == [LOW, SUBSTANTIAL, HIGH, "phr"]
    with deployed(tmp_path):
        assert list(acr.offered()) == [LOW, SUBSTANTIAL, "phr"]

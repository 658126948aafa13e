"""Levels, `acr` and `auth_time` follow from the proofs, and never exceed the level of enrolment."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from idp.assurance import (
    REGISTRABLE,
    Assurance,
    Demands,
    Level,
    Proof,
    Strength,
    attained,
    authenticated_at,
    fresh_enough,
    latest,
    mechanism_level,
    passkey_proofs,
    password_proof,
    reached,
    satisfies,
)
from tests.support.journeys import NOW


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def step(
    minutes_ago: float,
    *,
    kind: str = "totp",
    credential: str = "1",
    phr: bool = False,
    ceiling: Level = Level.SUBSTANTIEEL,
) -> Proof:
    return Proof(
        kind=kind,
        strength=Strength.POSSESSION,
        at=ago(minutes_ago),
        amr=("otp",),
        phishing_resistant=phr,
        ceiling=ceiling,
        credential_id=credential,
    )


def password(minutes_ago: float) -> Proof:
    return password_proof(ago(minutes_ago))


ATTESTED_KEY = step(1, kind="webauthn", phr=True, ceiling=Level.HOOG)

#: What was proved → the level of the means, then what may be stated at each level of enrolment.
LEVELS = [
    ((), "none", "none", "none", "none"),
    ((step(1),), "none", "none", "none", "none"),
    ((step(1), step(2, kind="sms", credential="2")), "none", "none", "none", "none"),
    ((password(1),), "laag", "laag", "laag", "laag"),
    ((password(1), password(2)), "laag", "laag", "laag", "laag"),
    ((password(1), step(1)), "substantieel", "laag", "substantieel", "substantieel"),
    ((password(1), step(1, kind="sms")), "substantieel", "laag", "substantieel", "substantieel"),
    ((password(1), ATTESTED_KEY), "hoog", "laag", "substantieel", "hoog"),
    ((password(1), ATTESTED_KEY, step(2)), "hoog", "laag", "substantieel", "hoog"),
    ((ATTESTED_KEY,), "none", "none", "none", "none"),
]


@pytest.mark.parametrize(("proofs", "means", "at_laag", "at_substantieel", "at_hoog"), LEVELS)
def test_the_level_is_the_lower_of_what_was_proved_and_the_enrolment(
    proofs: tuple[Proof, ...], means: str, at_laag: str, at_substantieel: str, at_hoog: str
) -> None:
    assert mechanism_level(proofs).label == means
    stated = [
        reached(proofs, enrolled_at=level) for level in (Level.LAAG, Level.SUBSTANTIEEL, Level.HOOG)
    ]
    assert [level.label for level in stated] == [at_laag, at_substantieel, at_hoog]
    assert reached(proofs, enrolled_at=Level.NONE) is Level.NONE


def test_levels_have_an_order_and_dutch_names() -> None:
    named = [Level.named(name) for name in ("laag", "substantieel", "hoog")]
    assert named == sorted(named) == [Level.LAAG, Level.SUBSTANTIEEL, Level.HOOG]
    assert min(named) > Level.NONE
    for name in ("none", "Laag", "high", ""):
        with pytest.raises(ValueError, match="laag, substantieel, hoog"):
            Level.named(name)


#: Enrolled at, demanded → does a password with an app suffice?
@pytest.mark.parametrize(
    ("enrolled", "demanded", "enough"),
    [
        ("laag", "laag", True),
        ("laag", "substantieel", False),
        ("substantieel", "laag", True),
        ("substantieel", "substantieel", True),
        ("substantieel", "hoog", False),
        ("hoog", "hoog", False),
    ],
)
def test_a_request_gets_the_level_it_demands_or_nothing(
    enrolled: str, demanded: str, enough: bool
) -> None:
    demands = Demands(level=Level.named(demanded))
    proofs = (password(1), step(1))
    assert satisfies(proofs, demands, enrolled_at=Level.named(enrolled), now=NOW) is enough


def test_phishing_resistance_must_be_proved_by_a_means_that_counts() -> None:
    demands = Demands(phishing_resistant=True, max_age=timedelta(minutes=5))
    key = step(1, kind="webauthn", credential="k", phr=True)
    stale_key = step(6, kind="webauthn", credential="k", phr=True)
    for proofs, enough in (
        ((password(1), step(1)), False),
        ((password(1), key), True),
        ((password(1), step(1), stale_key), False),
    ):
        assert satisfies(proofs, demands, enrolled_at=Level.SUBSTANTIEEL, now=NOW) is enough


#: Proofs, level stated → how many minutes ago `auth_time` lies.
@pytest.mark.parametrize(
    ("proofs", "level", "minutes"),
    [
        ((password(9),), Level.LAAG, 9),
        ((password(9), password(4)), Level.LAAG, 4),
        ((password(9), step(3)), Level.LAAG, 9),  # the app adds nothing to laag
        ((password(9), step(3)), Level.SUBSTANTIEEL, 9),
        ((password(2), step(7)), Level.SUBSTANTIEEL, 7),
        ((password(9), step(8), step(3, kind="sms", credential="2")), Level.SUBSTANTIEEL, 9),
        ((password(1), step(8), step(3, kind="sms", credential="2")), Level.SUBSTANTIEEL, 3),
    ],
)
def test_auth_time_is_the_oldest_proof_that_the_level_rests_on(
    proofs: tuple[Proof, ...], level: Level, minutes: int
) -> None:
    assert authenticated_at(proofs, Assurance(level)) == ago(minutes)


def test_freshness_counts_to_the_second() -> None:
    demands = Demands(max_age=timedelta(minutes=5))
    proofs = (password(5), step(5 + 1 / 60))
    assert fresh_enough(proofs, demands, now=NOW) == (proofs[0],)
    later = Demands(not_before=ago(3))
    proofs = (password(3), step(3 + 1 / 60))
    assert fresh_enough(proofs, later, now=NOW) == (proofs[0],)
    assert fresh_enough(proofs, Demands(), now=NOW + timedelta(days=1)) == proofs


def test_a_session_keeps_the_youngest_proof_of_every_means() -> None:
    app, other_app = step(1), step(2, credential="2")
    kept = latest((password(3), step(9), app, password(8), other_app))
    assert kept == (password(3), other_app, app)


@pytest.mark.parametrize("proof", [password(1), ATTESTED_KEY, step(3)])
def test_a_proof_survives_its_json_column(proof: Proof) -> None:
    assert Proof.from_json(json.loads(json.dumps(proof.to_json()))) == proof


@pytest.mark.parametrize(
    "demands",
    [
        Demands(),
        Demands(
            level=Level.HOOG,
            phishing_resistant=True,
            max_age=timedelta(seconds=90),
            not_before=NOW,
            account_id="a",
            login_hint="10023456/info",
        ),
    ],
)
def test_demands_survive_their_json_column(demands: Demands) -> None:
    assert Demands.from_json(json.loads(json.dumps(demands.to_json()))) == demands


def test_auth_time_of_phr_rests_on_the_key_however_young_other_steps_are() -> None:
    key = step(8, kind="webauthn", credential="k", phr=True)
    proofs = (password(1), step(2), key)
    assert authenticated_at(proofs, Assurance(Level.LAAG, phishing_resistant=True)) == ago(8)
    assert authenticated_at(proofs, Assurance(Level.SUBSTANTIEEL)) == ago(2)


@pytest.mark.parametrize(
    ("have", "asked", "enough"),
    [
        ("substantieel", "laag", True),
        ("laag", "substantieel", False),
        ("substantieel", "phr", False),
        ("phr", "substantieel", True),
        ("hoog", "phr", False),  # a level alone says nothing of phishing
        ("phr", "hoog", False),
    ],
)
def test_what_covers_what(have: str, asked: str, enough: bool) -> None:
    assert REGISTRABLE[have].covers(REGISTRABLE[asked]) is enough


def test_what_is_registered_survives_its_column() -> None:
    for name, registered in REGISTRABLE.items():
        assert Assurance.numbered(registered.number) == registered
        assert registered.label == name
    assert Assurance.numbered(2) == Assurance(Level.SUBSTANTIEEL)
    with pytest.raises(ValueError, match="7"):
        Assurance.numbered(7)


def passkey(minutes_ago: float, ceiling: Level = Level.SUBSTANTIEEL) -> tuple[Proof, Proof]:
    return passkey_proofs(step(minutes_ago, kind="webauthn", phr=True, ceiling=ceiling))


@pytest.mark.parametrize(
    ("ceiling", "enrolled_at", "worth"),
    [
        (Level.SUBSTANTIEEL, Level.LAAG, Assurance(Level.LAAG, phishing_resistant=True)),
        (Level.SUBSTANTIEEL, Level.SUBSTANTIEEL, Assurance(Level.SUBSTANTIEEL, True)),
        (Level.SUBSTANTIEEL, Level.HOOG, Assurance(Level.SUBSTANTIEEL, True)),
        (Level.HOOG, Level.SUBSTANTIEEL, Assurance(Level.SUBSTANTIEEL, True)),
        (Level.HOOG, Level.HOOG, Assurance(Level.HOOG, True)),
    ],
)
def test_a_verified_passkey_is_worth_a_password_and_that_key(
    ceiling: Level, enrolled_at: Level, worth: Assurance
) -> None:
    key = step(2, kind="webauthn", phr=True, ceiling=ceiling)
    both = (password_proof(ago(2)), key)
    assert attained(passkey(2, ceiling), enrolled_at=enrolled_at) == worth
    assert attained(both, enrolled_at=enrolled_at) == worth
    assert authenticated_at(passkey(2, ceiling), worth) == ago(2)


def test_either_half_of_a_passkey_alone_is_no_second_step() -> None:
    first, key = passkey(2)
    assert mechanism_level([first]) is Level.LAAG
    assert mechanism_level([key]) is Level.NONE


def test_the_same_key_as_a_later_step_does_not_take_the_first_step_away() -> None:
    kept = latest((*passkey(20, Level.HOOG), step(1, kind="webauthn", phr=True)))
    assert [proof.at for proof in kept] == [ago(20), ago(1)]
    assert mechanism_level(kept) is Level.SUBSTANTIEEL
    assert authenticated_at(kept, Assurance(Level.SUBSTANTIEEL)) == ago(20)
    assert tuple(Proof.from_json(json.loads(json.dumps(each.to_json()))) for each in kept) == kept

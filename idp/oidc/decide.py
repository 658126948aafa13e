"""What becomes of a checked request, given the session that there is. Pure: no database, no Flask request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from idp import clock
from idp.accounts.sessions import LiveSession
from idp.assurance import (
    PHISHING_RESISTANT,
    Assurance,
    Demands,
    Level,
    attained,
    authenticated_at,
    fresh_enough,
)
from idp.oidc import acr
from idp.oidc.asked import Asked
from idp.oidc.refusals import Code

#: The page for who could do with a key and has none; there is a way on from it to one.
KEY_NEEDED: Final = "key-needed"


@dataclass(frozen=True, slots=True)
class Give:
    """The session answers everything: a code may be made, stating this."""

    acr: str
    auth_time: int
    """Seconds since 1970."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody has to sign in, or take a further step, which satisfies these demands."""

    demands: Demands
    why: str
    anybody: bool = False
    """Whether it may be another account than the one that is signed in."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """It ends here: to the client with `code`, or, where a person can read it, on our page `page`."""

    code: Code
    why: str
    page: str | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """The session answers everything, but the person has to agree first (OpenID Connect Core section 3.1.2.4)."""

    kinds: tuple[str, ...]
    """What the client would get to know: names of scopes."""
    then: Give


Decision = Give | SignIn | Refuse | Ask


def decide(
    asked: Asked,
    session: LiveSession | None,
    *,
    subject: str | None,
    hinted_account: str | None,
    own: Assurance,
    now: datetime,
) -> Decision:
    """Read the request against the session.

    `subject` is what the client knows the session's account by, `hinted_account` whom the request is about if known,
    `own` the most that the second steps of the session's account earn beside the password.
    """
    first = asked.acceptable[0]
    if session is None:
        return SignIn(_demands(asked, first, hinted_account), "nobody is signed in")
    if asked.expected_subject not in {None, subject}:
        return _somebody_else(asked, session, hinted_account)
    anybody = "select_account" in asked.prompts
    demands = _demands(asked, first, session.account_id if asked.expected_subject else None)
    counting = fresh_enough(session.proofs, demands, now=now)
    if not counting:
        return SignIn(demands, "a new sign-in was asked for", anybody)
    most = Assurance(min(session.enrolled_at, own.level), own.phishing_resistant)
    possible = [one for one in asked.acceptable if most.covers(one)]
    if not possible:
        return _unreachable(asked, session.enrolled_at)
    have = attained(counting, enrolled_at=session.enrolled_at)
    enough = asked.acceptable if asked.silent else possible[:1]
    if any(have.covers(one) for one in enough):
        stated, value = asked.stated(have)
        return Give(value, clock.epoch(authenticated_at(counting, stated)))
    return SignIn(
        _demands(asked, possible[0], demands.account_id),
        "the steps taken are too few or too old",
        anybody,
    )


def _unreachable(asked: Asked, enrolled_at: Level) -> Refuse:
    """Nothing that will do is within reach of this account.

    The person reads it when a key would help, or when the client always needs more; else it is between the client
    and us.
    """
    code = Code.UNMET_AUTHENTICATION_REQUIREMENTS
    with_a_key = Assurance(min(enrolled_at, acr.highest()), PHISHING_RESISTANT in acr.offered())
    if any(with_a_key.covers(one) for one in asked.acceptable):
        return Refuse(code, "the account has no key, and one is asked", page=KEY_NEEDED)
    if not with_a_key.covers(asked.client.requires):
        return Refuse(
            code,
            "the client always needs more than this account can reach",
            page="level-unreachable",
        )
    return Refuse(code, "the account was enrolled below the level that is asked")


def _somebody_else(asked: Asked, session: LiveSession, hinted_account: str | None) -> Decision:
    """The session is not of the person that the request is about: one try to sign in as that person."""
    if any(proof.at >= asked.at for proof in session.proofs):
        return Refuse(Code.LOGIN_REQUIRED, "somebody else signed in than the request is about")
    demands = _demands(asked, asked.acceptable[0], hinted_account)
    # without this the present session would answer, and lead in a circle
    return SignIn(
        replace(demands, not_before=asked.at), "the request is about somebody else", anybody=True
    )


def _demands(asked: Asked, aim: Assurance, account_id: str | None) -> Demands:
    return Demands(
        level=aim.level,
        phishing_resistant=aim.phishing_resistant,
        not_before=asked.not_before,
        account_id=account_id,
        login_hint=(asked.parameters.get("login_hint") or "")[:200] or None,
    )

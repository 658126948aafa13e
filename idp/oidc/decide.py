"""What becomes of a checked request, given the session that there is. Pure: no database, no Flask request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from idp import clock
from idp.accounts.sessions import LiveSession
from idp.assurance import Demands, Level, authenticated_at, fresh_enough, reached
from idp.oidc.asked import Asked
from idp.oidc.refusals import Code


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


@dataclass(frozen=True, slots=True)
class Refuse:
    """It ends here: to the client with `code`, or, where a person can read it, on our page `page`."""

    code: Code
    why: str
    page: str | None = None


Decision = Give | SignIn | Refuse


def decide(
    asked: Asked,
    session: LiveSession | None,
    *,
    subject: str | None,
    hinted_account: str | None,
    now: datetime,
) -> Decision:
    """Read the request against the session.

    `subject` is what the client knows the session's account by, `hinted_account` whom the request is about if known.
    """
    if session is None:
        return SignIn(_demands(asked, asked.wanted_level, hinted_account), "nobody is signed in")
    if asked.expected_subject not in {None, subject}:
        return _somebody_else(asked, session, hinted_account)
    demands = _demands(
        asked, asked.wanted_level, session.account_id if asked.expected_subject else None
    )
    counting = fresh_enough(session.proofs, demands, now=now)
    if not counting:  # and whoever signs in anew may be somebody else
        return SignIn(demands, "a new sign-in was asked for")
    if session.enrolled_at < asked.client.level:
        return Refuse(
            Code.UNMET_AUTHENTICATION_REQUIREMENTS,
            "the account was enrolled below the level of this client",
            page="level-unreachable",
        )
    aim = min(asked.wanted_level, session.enrolled_at)
    if aim < asked.least_level:
        return Refuse(
            Code.UNMET_AUTHENTICATION_REQUIREMENTS,
            "the account was enrolled below the level that is asked",
        )
    level = reached(counting, enrolled_at=session.enrolled_at)
    if level >= aim or (asked.silent and level >= asked.least_level):
        stated, acr = asked.acr_for(level)
        return Give(acr, clock.epoch(authenticated_at(counting, stated)))
    return SignIn(replace(demands, level=aim), "the steps taken are too few or too old")


def _somebody_else(asked: Asked, session: LiveSession, hinted_account: str | None) -> Decision:
    """The session is not of the person that the request is about: one try to sign in as that person."""
    if any(proof.at >= asked.at for proof in session.proofs):
        return Refuse(Code.LOGIN_REQUIRED, "somebody else signed in than the request is about")
    demands = _demands(asked, asked.wanted_level, hinted_account)
    # without this the present session would answer, and lead in a circle
    return SignIn(replace(demands, not_before=asked.at), "the request is about somebody else")


def _demands(asked: Asked, level: Level, account_id: str | None) -> Demands:
    return Demands(
        level=level,
        not_before=asked.not_before,
        account_id=account_id,
        login_hint=(asked.parameters.get("login_hint") or "")[:200] or None,
    )

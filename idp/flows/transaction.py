"""The login transaction: one interrupted sign-in of one browser, owned by the server.

Its address names it and a cookie names the browser; both are needed. It does not change: `moved` gives the next
one, and `save` stores that by compare-and-set, so that two tabs (or two thieves) cannot both move it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final, Self, cast

from sqlalchemy import Table, bindparam, insert, select, update

from idp import clock
from idp.assurance import PASSWORD, RECOVERY, Demands, Proof, latest
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.models import LoginTransaction as Row
from idp.secret_values import new_id, new_reference
from idp.statements import Prepared

LIFETIME = timedelta(hours=8)
"""How long an interrupted sign-in, and with it the application's request, can be taken up again."""
HALF_DONE = timedelta(minutes=10)
"""How long a step counts before the sign-in is complete; then the password is asked again."""
HALF_DONE_ACTIVATION = timedelta(minutes=30)
_ID: Final = re.compile(r"[0-9a-f]{32}")


class Purpose(StrEnum):
    """Why somebody is here."""

    SIGN_IN = "sign-in"
    ACTIVATION = "activation"
    ADD_METHOD = "add-method"
    NEW_PASSWORD = "new-password"
    """Came by a link in a mail: the own second step, then another password, and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginTransaction:
    """Where one sign-in stands. What step comes next is not stored: `steps.next_step` tells."""

    id: str
    browser: str
    version: int
    reference: str
    expires_at: datetime
    purpose: Purpose
    demands: Demands
    return_to: str
    signing_in_for: str | None = None
    form_action: tuple[str, ...] = ()
    language: str | None = None
    account_id: str | None = None
    former: str | None = None
    """Whose it was before it started again."""
    session_id: str | None = None
    """The session whose proofs may count too."""
    earned: tuple[Proof, ...] = ()
    failures: int = 0
    """Wrong second steps in this sign-in."""
    chosen: str | None = None
    intro_seen: bool = False
    window_was_open: bool = False
    choosing: bool = False
    to_enrol: tuple[str, ...] = ()
    enrolled: tuple[str, ...] = ()
    ruled: tuple[str, ...] = ()
    """The operator's rules that the audit trail has of this sign-in."""
    finished: bool = False
    """The person chose *Afronden*."""
    ended: bool = False

    def moved(self, **changes: Any) -> Self:
        """The same sign-in, one step on."""
        return replace(self, **changes)

    def earn(self, proof: Proof) -> Self:
        """The same sign-in with one proof more."""
        return replace(self, earned=latest((*self.earned, proof)))

    def of(self, account_id: str) -> Self:
        """The same sign-in, now of this account; what another one set up here is not this one's."""
        same = replace(self, account_id=account_id, former=None)
        if self.former in {None, account_id}:
            return same
        return replace(same, enrolled=(), window_was_open=False, intro_seen=False, finished=False)

    def again(self) -> Self:
        """The same request from the start: nothing earned so far counts.

        Where more is asked of somebody who is signed in, it stays that account's, and its session's proofs are too old.
        """
        fresh = replace(
            self,
            former=self.account_id or self.former,
            earned=(),
            failures=0,
            chosen=None,
            to_enrol=(),
            choosing=False,
        )
        if self.purpose is Purpose.NEW_PASSWORD:  # the link was used: what is left is to sign in
            fresh = replace(fresh, purpose=Purpose.SIGN_IN, demands=Demands())
        if self.purpose is Purpose.SIGN_IN and self.session_id is not None:
            return replace(fresh, demands=replace(self.demands, not_before=clock.now()))
        return replace(fresh, account_id=None, session_id=None)

    @property
    def recovered(self) -> bool:
        """Whether this sign-in was done with the password and a recovery code: then another method is set up."""
        kinds = {proof.kind for proof in self.earned}
        return self.purpose is Purpose.SIGN_IN and {PASSWORD, RECOVERY} <= kinds

    @property
    def lapses_at(self) -> datetime | None:
        """Until when the steps taken so far count; `None` while there are none."""
        adds_here = self.purpose is Purpose.ADD_METHOD and self.session_id is not None
        if adds_here or self.purpose is Purpose.NEW_PASSWORD:
            return self.expires_at - LIFETIME + HALF_DONE_ACTIVATION
        limit = (
            HALF_DONE
            if self.purpose is Purpose.SIGN_IN and not self.window_was_open and not self.recovered
            else HALF_DONE_ACTIVATION
        )
        return min((proof.at + limit for proof in self.earned), default=None)

    @property
    def lapsed(self) -> bool:
        """Whether the steps taken so far lie too far back to go on with."""
        return self.lapses_at is not None and clock.now() > self.lapses_at


_PLAIN: Final = (
    "return_to",
    "signing_in_for",
    "language",
    "account_id",
    "former",
    "session_id",
    "failures",
    "chosen",
    "intro_seen",
    "window_was_open",
    "choosing",
    "finished",
    "ended",
)
_LISTS: Final = ("form_action", "to_enrol", "enrolled", "ruled")


def _state(login: LoginTransaction) -> dict[str, Any]:
    state: dict[str, Any] = {name: getattr(login, name) for name in _PLAIN}
    state |= {name: list(getattr(login, name)) for name in _LISTS}
    return state | {
        "purpose": login.purpose.value,
        "demands": login.demands.to_json(),
        "earned": [proof.to_json() for proof in login.earned],
    }


def _from_row(row: Any) -> LoginTransaction:
    state = row.state
    plain: dict[str, Any] = {name: state[name] for name in _PLAIN}
    lists: dict[str, Any] = {name: tuple(state.get(name, ())) for name in _LISTS}
    return LoginTransaction(
        id=row.id,
        browser=row.browser,
        version=row.version,
        reference=row.reference,
        expires_at=row.expires_at,
        purpose=Purpose(state["purpose"]),
        demands=Demands.from_json(state["demands"]),
        earned=tuple(map(Proof.from_json, state["earned"])),
        **plain,
        **lists,
    )


_ROWS: Final = cast(Table, Row.__table__)
_START: Final = Prepared(insert(_ROWS))
_LOAD: Final = Prepared(select(_ROWS).where(_ROWS.c.id == bindparam("which")))
_SAVE: Final = Prepared(
    update(_ROWS)
    .where(_ROWS.c.id == bindparam("which"), _ROWS.c.version == bindparam("seen"))
    .values(version=bindparam("next"), state=bindparam("now_is", type_=_ROWS.c.state.type))
    .returning(_ROWS.c.version)
)


def start(
    *,
    browser: str,
    purpose: Purpose,
    demands: Demands,
    return_to: str,
    reference: str | None = None,
    **more: Any,
) -> LoginTransaction:
    """A new sign-in, stored; does not commit."""
    now = clock.now()
    login = LoginTransaction(
        id=new_id(),
        browser=browser,
        version=1,
        reference=reference or new_reference(),
        expires_at=now + LIFETIME,
        purpose=purpose,
        demands=demands,
        return_to=return_to,
        **more,
    )
    _START.send(
        {
            "id": login.id,
            "browser": browser,
            "version": 1,
            "reference": login.reference,
            "state": _state(login),
            "created_at": now,
            "expires_at": login.expires_at,
        },
    )
    return login


def load(login_id: str, *, browser: str) -> LoginTransaction:
    """The sign-in that an address names, for the browser it belongs to.

    `RefusedOnOurPage` (`session-expired`) when it is over or unknown, (`other-browser`) when it is somebody else's.
    """
    row = None
    if _ID.fullmatch(login_id):
        row = _LOAD.row({"which": login_id})
    if row is None or row.expires_at <= clock.now():
        raise RefusedOnOurPage(
            "session-expired", HTTPStatus.BAD_REQUEST, "the sign-in is over or unknown"
        )
    if row.browser != browser:
        record(Event.FOREIGN_BROWSER, succeeded=False, reference=row.reference)
        db.session.commit()
        raise RefusedOnOurPage(
            "other-browser", HTTPStatus.BAD_REQUEST, "the sign-in belongs to another browser"
        )
    return _from_row(row)


def save(login: LoginTransaction) -> LoginTransaction:
    """Store where the sign-in stands now; `RefusedOnOurPage` (`out-of-turn`) when somebody else moved it first.

    Does not commit: what was earned and where it leads are one change.
    """
    moved = _SAVE.value(
        {
            "which": login.id,
            "seen": login.version,
            "next": login.version + 1,
            "now_is": _state(login),
        },
    )
    if moved is None:
        db.session.rollback()
        raise RefusedOnOurPage(
            "out-of-turn",
            HTTPStatus.CONFLICT,
            "two requests moved one sign-in",
            reference=login.reference,
            way_on=f"/inloggen/{login.id}",
        )
    return replace(login, version=moved)

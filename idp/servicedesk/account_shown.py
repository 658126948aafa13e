"""An account as the desk sees it: standing, kinds and dates; never a secret, never a whole number or address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from idp import clock, throttle
from idp.accounts import activation_codes, credentials, directory, grants, personal, sessions
from idp.audit import Event
from idp.database import db
from idp.mfa import catalogue
from idp.mfa.factor import Summary
from idp.models import Account, AuditEvent
from idp.servicedesk import changes, letters, logbook, requests, supplies
from idp.servicedesk.actions import counters
from idp.servicedesk.letters import SeenLetter, Standing
from idp.servicedesk.supplies import Channel, Item

#: A wait longer than this ends only when a colleague ends it.
_STOP: Final = timedelta(days=365)
_CODES: Final = {
    "live": "Geldig",
    "used": "Gebruikt",
    "window-open": "Nu in gebruik",
    "window-closed": "Te laat met instellen",
    "revoked": "Ingetrokken",
    "attempts": "Te vaak verkeerd ingevuld",
    "expired": "Verlopen",
}
MOST_CODES: Final = 5
MOST_SESSIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the person out now."""

    kind: str
    """`blocked`, `relation-blocked`, `stopped`, `waits` or `code-waits`."""
    since: datetime | None = None
    until: datetime | None = None
    what: str = ""


@dataclass(frozen=True, slots=True)
class CodeShown:
    """One activation code, without the code."""

    issued_at: datetime
    how: str
    standing: str
    word: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Shown:
    """Everything that the account's page tells."""

    account: Account
    version: int
    email: str
    address: str
    last_signed_in: datetime | None
    applications: tuple[str, ...]
    troubles: tuple[Trouble, ...]
    methods: list[Summary]
    codes: list[CodeShown]
    letters: list[SeenLetter]
    """That wait for a batch: their codes are still to be made."""
    sessions: list[Any]
    sign_ins: list[logbook.Line]
    log: list[logbook.Line]
    waiting: list[Any]
    ways: dict[str, tuple[Channel, ...]]

    @property
    def solves(self) -> str:
        """The action that helps first, by its slug; empty when nothing is wrong."""
        kinds = {trouble.kind for trouble in self.troubles}
        if kinds & {"blocked", "stopped", "waits"}:
            return "deblokkeren"
        if self.account.activated_at is None and "code-waits" not in kinds and not self.letters:
            return "activatiecode"
        return ""


def shown(account: Account) -> Shown:
    """The account as it is now."""
    return Shown(
        account=account,
        version=changes.version_of(account.id),
        email=masked_mail(directory.email_of(account)),
        address=_address(account),
        last_signed_in=_last_signed_in(account.id),
        applications=tuple(each.name for each in grants.of_account(account.id)),
        troubles=troubles(account),
        methods=[
            factor.summary(credential)
            for factor, mine in catalogue.usable(credentials.of_account(account.id))
            for credential in mine
        ],
        codes=codes(account.id),
        letters=waiting_letters(account.id),
        sessions=sessions.of_account(account.id)[:MOST_SESSIONS],
        sign_ins=logbook.of_account(account, only=logbook.SIGN_INS, limit=5),
        log=logbook.of_account(account, without=(Event.ACCOUNT_SHOWN,), limit=logbook.FIRST),
        waiting=requests.waiting(account_id=account.id),
        ways={item.value: supplies.left(account, item) for item in Item},
    )


def troubles(account: Account) -> tuple[Trouble, ...]:
    """What keeps the person from signing in now, the gravest first."""
    found = []
    if account.relation.blocked_at is not None:
        found.append(Trouble("relation-blocked", since=account.relation.blocked_at))
    if account.blocked_at is not None:
        found.append(Trouble("blocked", since=account.blocked_at))
    password, second_step = (throttle.waits_until(each) for each in counters(account))
    for until, what in ((password, "wachtwoord"), (second_step, "code")):
        if until is None:
            continue
        stopped = until - clock.now() > _STOP
        found.append(Trouble("stopped" if stopped else "waits", until=until, what=what))
    if account.activated_at is None and activation_codes.has_live(account.id):
        found.append(
            Trouble("code-waits", until=activation_codes.of_account(account.id)[0].expires_at)
        )
    return tuple(found)


def waiting_letters(account_id: str) -> list[SeenLetter]:
    """Letters that were asked for and not made yet."""
    return [each for each in letters.of_account(account_id) if each.standing is Standing.WAITING]


def codes(account_id: str) -> list[CodeShown]:
    """The last activation codes, youngest first."""
    return [
        CodeShown(
            code.issued_at,
            supplies.channel_of_code(code.channel),
            activation_codes.standing(code),
            _CODES[activation_codes.standing(code)],
            code.expires_at,
        )
        for code in activation_codes.of_account(account_id)[:MOST_CODES]
    ]


def masked_mail(address: str | None) -> str:
    """`n•••@gemeente.example`: enough to compare with what a caller says."""
    if not address:
        return ""
    name, _, domain = address.partition("@")
    return f"{name[:1]}•••@{domain}"


def _address(account: Account) -> str:
    kept = personal.unseal(account.personal_sealed, account.id)
    town = " ".join(kept[name] for name in ("postal_code", "locality") if name in kept)
    return ", ".join(filter(None, (kept.get("street_address"), town, kept.get("country"))))


def _last_signed_in(account_id: str) -> datetime | None:
    return db.session.execute(
        select(func.max(AuditEvent.at)).where(
            AuditEvent.account_id == account_id,
            AuditEvent.event == Event.SIGN_IN_COMPLETED.value,
        )
    ).scalar_one_or_none()

"""What takes two: asked by one, agreed to by another or left to wait, done once by who asked.

Each step is one statement that only one of several at once can win.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, select, update

from idp import clock, settings, vault
from idp.accounts import notices
from idp.accounts.notices import Notice
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, DeskRequest, Relation
from idp.secret_values import new_id
from idp.servicedesk import changes, errands
from idp.servicedesk.errands import Errand
from idp.servicedesk.roles import Right, Role, Worker
from idp.servicedesk.sensitive import Action, Rule, can_object, needs_two

LASTS: Final = timedelta(days=7)
"""Within which it has to be agreed to and done."""
MOST_SHOWN: Final = 50


def ask(
    action: Action,
    because: Rule,
    *,
    by: Worker,
    relation: Relation,
    account: Account | None,
    errand: Errand,
    given: Mapping[str, str],
) -> DeskRequest:
    """Put the action before a second colleague, or let it wait, as set; the person is told.

    It does not wait where nobody would object, because the person does not hear of it or gets a role by it: then it
    takes a colleague all the same.

    `WrongInput` when the same is asked already.
    """
    now, current = clock.now(), settings.current()
    row_id = new_id()
    same = select(DeskRequest.id).where(
        DeskRequest.relation_id == relation.id,
        DeskRequest.account_id == (account.id if account else None),
        DeskRequest.action == action.value,
        _open(now),
    )
    if db.session.execute(same).first() is not None:
        raise WrongInput("dit is al gevraagd: het staat bij Verzoeken")
    objects = can_object(account) and because is not Rule.ROLE
    wait = current.desk_sensitive == "wait" and objects
    ready = now + timedelta(hours=current.desk_wait_hours) if wait else None
    asked = DeskRequest(
        id=row_id,
        relation_id=relation.id,
        account_id=account.id if account else None,
        action=action.value,
        because=because.value,
        given_sealed=vault.seal(orjson.dumps(dict(given)).decode(), place=_place(row_id)),
        errand=errand.details,
        asked_by=by.actor,
        asked_at=now,
        ready_at=ready,
        expires_at=(ready or now) + LASTS,
        state="open",
    )
    db.session.add(asked)
    db.session.flush()
    _told(Event.HELP_ASKED, asked, by)
    if account is not None:
        notices.tell(account.id, Notice.HELP_ASKED)
    return asked


def agree(request_id: str, *, by: Worker) -> DeskRequest:
    """A second colleague agrees; `WrongInput` for one's own, for one about oneself, and for what is over."""
    now = clock.now()
    asked = _known(request_id)
    _refuse_if_not_for(asked, by)
    if asked.asked_by == by.actor:
        raise WrongInput("dit hebt u zelf gevraagd: een collega moet ermee instemmen")
    if asked.ready_at is not None and asked.decided_by is None:
        raise WrongInput("hier hoort een wachttijd bij; instemmen hoeft niet")
    _refuse_if_more_is_seen(asked)
    agreed = _moved(
        (DeskRequest.id == request_id)
        & _open(now)
        & DeskRequest.ready_at.is_(None)
        & (DeskRequest.asked_by != by.actor),
        ready_at=now,
        decided_by=by.actor,
        decided_at=now,
    )
    if not agreed:
        raise WrongInput("over dit verzoek is al besloten, of het is verlopen")
    db.session.refresh(asked)
    _told(Event.HELP_AGREED, asked, by)
    return asked


def refuse(request_id: str, *, by: Worker) -> DeskRequest:
    """Stop it: a colleague refuses, or who asked takes it back; also while it waits. `WrongInput` when it is over."""
    asked = _known(request_id)
    own = asked.asked_by == by.actor
    if not own:
        _refuse_if_not_for(asked, by)
    now = clock.now()
    stopped = _moved(
        (DeskRequest.id == request_id) & _open(now),
        state="withdrawn" if own else "refused",
        decided_by=by.actor,
        decided_at=now,
    )
    if not stopped:
        raise WrongInput("over dit verzoek is al besloten, of het is verlopen")
    db.session.refresh(asked)
    _told(Event.HELP_REFUSED, asked, by, own=own)
    return asked


def take(request_id: str, *, by: Worker) -> DeskRequest:
    """Claim one's own request, agreed to or waited for, to do it now: it works once.

    `WrongInput` when it may not, `Outlived` when what it is about changed since a colleague looked at it.
    """
    now = clock.now()
    taken = _moved(
        (DeskRequest.id == request_id)
        & _open(now)
        & (DeskRequest.asked_by == by.actor)
        & (DeskRequest.ready_at <= now),
        state="done",
    )
    if not taken:
        raise WrongInput("dit verzoek kan nu niet worden uitgevoerd: kijk bij Verzoeken waarom")
    asked = _known(request_id)
    db.session.refresh(asked)
    if events := changes.since_agreed(asked):
        raise changes.Outlived(events)
    _refuse_if_agreed_by_nobody(asked)
    _refuse_if_more_is_seen(asked)
    return asked


def lapse(request_id: str) -> None:
    """It outlived what it was about: nobody does it any more."""
    _moved((DeskRequest.id == request_id) & _open(clock.now()), state="void")


def void(account_id: str) -> None:
    """An address changed: what colleagues agreed to was about another one."""
    _moved((DeskRequest.account_id == account_id) & _open(clock.now()), state="void")


def given(asked: DeskRequest) -> dict[str, str]:
    """What the form said besides, back from the row."""
    if asked.given_sealed is None:
        return {}
    told: dict[str, str] = orjson.loads(vault.unseal(asked.given_sealed, place=_place(asked.id)))
    return told


def waiting(*, account_id: str | None = None, relation_id: str | None = None) -> list[DeskRequest]:
    """What is open, oldest first; of one account or relation when asked."""
    statement = select(DeskRequest).where(_open(clock.now()))
    if account_id is not None:
        statement = statement.where(DeskRequest.account_id == account_id)
    if relation_id is not None:
        statement = statement.where(
            DeskRequest.relation_id == relation_id, DeskRequest.account_id.is_(None)
        )
    return list(db.session.scalars(statement.order_by(DeskRequest.asked_at).limit(MOST_SHOWN)))


def errand_of(asked: DeskRequest) -> Errand:
    """Why it was asked and how the caller was checked, back from the row."""
    kept = asked.errand
    return errands.errand(kept["why"], kept["check"], kept["ticket"] or "")


def find(request_id: str) -> DeskRequest | None:
    """The request with this id, whatever became of it."""
    return db.session.get(DeskRequest, request_id)


def standing(asked: DeskRequest) -> str:
    """In one word: `asked`, `waits`, `ready`, `expired`, or how it ended."""
    if asked.state != "open":
        return asked.state
    now = clock.now()
    if asked.expires_at <= now:
        return "expired"
    if asked.ready_at is None:
        return "asked"
    return "ready" if asked.ready_at <= now else "waits"


def _open(now: datetime) -> ColumnElement[bool]:
    return (DeskRequest.state == "open") & (DeskRequest.expires_at > now)


def _moved(which: ColumnElement[bool], **values: Any) -> bool:
    moved = db.session.execute(
        update(DeskRequest)
        .where(which)
        .values(**values)
        .returning(DeskRequest.id)
        .execution_options(synchronize_session=False)
    ).all()
    return bool(moved)


def _known(request_id: str) -> DeskRequest:
    asked = find(request_id)
    if asked is None:
        raise WrongInput("dit verzoek bestaat niet")
    return asked


def _refuse_if_not_for(asked: DeskRequest, by: Worker) -> None:
    """Only who may decide, not about their own account, and about colleagues only who may change colleagues."""
    if not by.may(Right.APPROVE):
        raise WrongInput("uw rol mag hierover niet besluiten")
    if asked.account_id is not None and asked.account_id == by.id:
        raise WrongInput("dit gaat over uw eigen account")
    if asked.account_id is not None and not by.may(Right.CHANGE_COLLEAGUES):
        account = db.session.get_one(Account, asked.account_id)
        if account.desk_role is not None or asked.action == Action.GIVE_ROLE:
            raise WrongInput("dit gaat over een collega: een beheerder besluit erover")


def _refuse_if_more_is_seen(asked: DeskRequest) -> None:
    """What is asked would give who asks more by now than the colleague reads: it is asked anew then."""
    account = None if asked.account_id is None else db.session.get(Account, asked.account_id)
    if account is None or asked.action != Action.SUPPLY:
        return
    asker = Worker(None, asked.asked_by, Role.MEDEWERKER)
    rule = needs_two(account, Action.SUPPLY, given(asked), by=asker)
    if rule is Rule.BOTH and asked.because != rule:
        raise WrongInput(
            "wie dit vroeg heeft intussen ook het andere gezien, startwachtwoord of activatiecode: stop dit verzoek, "
            "en laat een collega het doen"
        )


def _refuse_if_agreed_by_nobody(asked: DeskRequest) -> None:
    """Whoever agreed has to be a colleague still, who may: else nobody stands for it any more."""
    if asked.decided_by is None:
        return
    account = db.session.get(Account, asked.decided_by.removeprefix("desk:"))
    if (
        account is None
        or account.desk_role is None
        or account.blocked_at is not None
        or account.relation.blocked_at is not None
    ):
        raise WrongInput("wie hiermee instemde werkt hier niet meer: vraag het opnieuw")
    agreed_by = Worker(account.id, asked.decided_by, Role.named(account.desk_role))
    _refuse_if_not_for(asked, agreed_by)


def _told(event: Event, asked: DeskRequest, by: Worker, **details: Any) -> None:
    record(
        event,
        actor=by.actor,
        account_id=asked.account_id,
        relation_id=asked.relation_id,
        action=asked.action,
        request=asked.id,
        because=asked.because,
        **details,
    )


def _place(request_id: str) -> str:
    return f"desk_request.given:{request_id}"

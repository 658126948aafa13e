"""Which actions could open an account to somebody else, and so take two colleagues or a waiting time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import select

from idp import clock, settings
from idp.accounts import activation_codes
from idp.audit import Event
from idp.database import db
from idp.models import Account, AuditEvent, Relation
from idp.servicedesk import letters, supplies
from idp.servicedesk.letters import Standing
from idp.servicedesk.roles import Worker
from idp.servicedesk.supplies import Channel, Item

LATELY: Final = timedelta(days=14)
#: A block and its event are of one transaction, which no request lets last longer.
_WRITTEN_WITHIN: Final = timedelta(minutes=10)
#: Events that can say where letters to an organisation go.
_PLACED: Final = (Event.RELATION_ADDED.value, Event.RELATION_UPDATED.value)
POSTAL: Final = frozenset({"street_address", "postal_code", "locality", "country"})


class Action(StrEnum):
    """What a colleague can do: to an account, to a relation, with applications, and for all at once."""

    SUPPLY = "supply"
    REMOVE_METHOD = "remove-method"
    RESET_METHODS = "reset-methods"
    BLOCK = "block"
    UNBLOCK = "unblock"
    CORRECT = "correct"
    END_SESSIONS = "end-sessions"
    GIVE_ROLE = "give-role"
    DESCRIBE_RELATION = "describe-relation"
    BLOCK_RELATION = "block-relation"
    UNBLOCK_RELATION = "unblock-relation"
    ADD_ACCOUNT = "add-account"
    DESCRIBE_APPLICATION = "describe-application"
    REMOVE_APPLICATION = "remove-application"
    CHANGE_STEWARDS = "change-stewards"
    CHANGE_CLIENTS = "change-clients"
    GIVE_ACCESS = "give-access"
    TAKE_ACCESS = "take-access"
    GIVE_TO_A_KIND = "give-to-a-kind"
    IMPORT = "import"
    SEND_LETTERS = "send-letters"


class Rule(StrEnum):
    """Why an action takes two."""

    METHODS = "methods"
    FRAUD = "fraud"
    ADDRESS = "address"
    MAIL_AND_PASSWORD = "mail-and-password"
    UNDER_WAY = "under-way"
    COLLEAGUE = "colleague"
    BOTH = "both"
    ROLE = "role"


RULES: Final[Mapping[Rule, str]] = {
    Rule.METHODS: "Zonder methoden opent wie wachtwoord en activatiecode heeft het account.",
    Rule.FRAUD: "Er is geblokkeerd omdat iemand misbruik vermoedde.",
    Rule.ADDRESS: "Het adres is in de laatste 14 dagen gewijzigd.",
    Rule.MAIL_AND_PASSWORD: "E-mailadres en startwachtwoord veranderen binnen 14 dagen.",
    Rule.UNDER_WAY: "Er is een brief met een activatiecode onderweg naar het adres dat wij nu kennen.",
    Rule.COLLEAGUE: "Dit is een account van een collega van de Servicedesk.",
    Rule.BOTH: "U zou startwachtwoord en activatiecode allebei zien. Daarmee kan iemand het account overnemen.",
    Rule.ROLE: "Met een rol bij de Servicedesk opent iemand accounts van anderen.",
}


def needs_two(
    account: Account, action: Action, given: Mapping[str, str], *, by: Worker
) -> Rule | None:
    """The rule that asks for a second colleague, or `None`. `given` is what the form says besides."""
    match action:
        case Action.RESET_METHODS:
            return Rule.METHODS
        case Action.UNBLOCK:
            return _blocked_for_fraud(account)
        case Action.CORRECT:
            return _correcting(account, given)
        case Action.SUPPLY:
            return _supplying(account, Item(given["item"]), Channel(given["kanaal"]), by)
        case _:
            return None


def can_object(account: Account | None) -> bool:
    """Whether its holder hears of a request, at an address that was theirs before; else waiting is no guard."""
    return (
        account is not None
        and settings.current().mails
        and account.email_sealed is not None
        and not _changed_lately(account.id, {"email"})
    )


def relation_needs_two(relation: Relation) -> Rule | None:
    """Whether unblocking this relation takes two."""
    if relation.blocked_at is None:
        return None
    # by its moment, for which there is an index; the event is written just after the block
    last = db.session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.relation_id == relation.id,
            AuditEvent.event == Event.RELATION_BLOCKED.value,
            AuditEvent.at >= relation.blocked_at,
            AuditEvent.at < relation.blocked_at + _WRITTEN_WITHIN,
        )
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).first()
    return Rule.FRAUD if last is not None and _for_fraud(last) else None


def _blocked_for_fraud(account: Account) -> Rule | None:
    if account.blocked_at is None:
        return None
    last = db.session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.account_id == account.id,
            AuditEvent.event == Event.ACCOUNT_BLOCKED.value,
        )
        .order_by(AuditEvent.id.desc())
        .limit(1)
    ).first()
    return Rule.FRAUD if last is not None and _for_fraud(last) else None


def _supplying(account: Account, item: Item, channel: Channel, by: Worker) -> Rule | None:
    if item not in {Item.PASSWORD, Item.CODE}:
        return None
    if account.desk_role is not None:
        return Rule.COLLEAGUE
    other = Item.CODE if item is Item.PASSWORD else Item.PASSWORD
    sees = channel is not Channel.LETTER or _gets_the_letters(by.actor, account)
    if sees and _has_seen(by.actor, account, other):
        return Rule.BOTH
    if item is Item.PASSWORD and _changed_lately(account.id, {"email"}):
        return Rule.MAIL_AND_PASSWORD
    if channel is Channel.LETTER and _moved_lately(account.relation_id):
        return Rule.ADDRESS
    address = POSTAL if channel is Channel.LETTER else {"email"} if channel is Channel.MAIL else ()
    return Rule.ADDRESS if _changed_lately(account.id, address) else None


def _has_seen(actor: str, account: Account, item: Item) -> bool:
    """Whether this colleague has that thing of the account, and it can still work."""
    if supplies.was_seen_by(actor, account, item):
        return True
    if any(_wrote_the_mail_address(actor, account, at) for at in supplies.mailed_at(account, item)):
        return True
    by_letter = item is Item.CODE and _letter_under_way(account.id)
    return by_letter and _gets_the_letters(actor, account)


def _gets_the_letters(actor: str, account: Account) -> bool:
    """Whether this colleague wrote the address that letters to the account go to, however long ago."""
    moved = select(AuditEvent.actor, AuditEvent.details).order_by(AuditEvent.id.desc())
    of_relation = moved.where(
        AuditEvent.relation_id == account.relation_id, AuditEvent.event.in_(_PLACED)
    )
    of_account = moved.where(
        AuditEvent.account_id == account.id, AuditEvent.event == Event.ACCOUNT_UPDATED.value
    )
    for events, fields in ((of_relation, {"address"}), (of_account, POSTAL)):
        last = next(
            (
                each.actor
                for each in db.session.execute(events)
                if fields & set(each.details.get("changed", ()))
            ),
            None,
        )
        if last == actor:
            return True
    return False


def _wrote_the_mail_address(actor: str, account: Account, at: datetime) -> bool:
    """Whether this colleague wrote the address that a mail of that moment went to, however long before."""
    wrote = select(AuditEvent.actor, AuditEvent.event, AuditEvent.details).where(
        AuditEvent.account_id == account.id,
        AuditEvent.event.in_([Event.ACCOUNT_ADDED.value, Event.ACCOUNT_UPDATED.value]),
        AuditEvent.at <= at,
    )
    for each in db.session.execute(wrote.order_by(AuditEvent.id.desc())):
        if each.event == Event.ACCOUNT_ADDED.value or "email" in each.details.get("changed", ()):
            return bool(each.actor == actor)
    return False


def _correcting(account: Account, given: Mapping[str, str]) -> Rule | None:
    if "email" in given:
        if account.desk_role is not None:
            return Rule.COLLEAGUE
        if _happened_lately(account.id, Event.PASSWORD_RESET):
            return Rule.MAIL_AND_PASSWORD
    return Rule.UNDER_WAY if POSTAL & given.keys() and _letter_under_way(account.id) else None


def _letter_under_way(account_id: str) -> bool:
    """Whether a letter was asked for and not made yet, or brings a code that works."""
    asked = any(each.standing is Standing.WAITING for each in letters.of_account(account_id))
    return asked or any(
        code.channel == "letter" and activation_codes.is_live(code)
        for code in activation_codes.of_account(account_id)
    )


def _moved_lately(relation_id: str) -> bool:
    """Whether letters to an organisation go elsewhere since lately; the operator's own word is not asked about."""
    rows = db.session.scalars(
        select(AuditEvent).where(
            AuditEvent.relation_id == relation_id,
            AuditEvent.event.in_(_PLACED),
            AuditEvent.at > clock.now() - LATELY,
        )
    )
    return any(
        "address" in each.details.get("changed", ()) and each.actor.startswith(("client:", "desk:"))
        for each in rows
    )


def _changed_lately(account_id: str, fields: Collection[str]) -> bool:
    return any(
        set(fields) & set(each.details.get("changed", ()))
        for each in _lately(account_id, Event.ACCOUNT_UPDATED)
    )


def _happened_lately(account_id: str, event: Event) -> bool:
    return any(True for _each in _lately(account_id, event))


def _lately(account_id: str, event: Event) -> list[AuditEvent]:
    return list(
        db.session.scalars(
            select(AuditEvent).where(
                AuditEvent.account_id == account_id,
                AuditEvent.event == event.value,
                AuditEvent.at > clock.now() - LATELY,
            )
        )
    )


def _for_fraud(event: AuditEvent) -> bool:
    """Whoever blocked it without saying why, at the operator's line, may have had that reason."""
    errand = event.details.get("errand")
    return not isinstance(errand, dict) or errand.get("why") == "fraud"

"""What a colleague does to a relation: add and correct it, block and unblock it, and add an account."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from idp import settings
from idp.accounts import directory, fields
from idp.accounts.fields import is_name
from idp.assurance import Level
from idp.audit import errand_is
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, Relation
from idp.servicedesk import changes, letters, requests
from idp.servicedesk.actions import Outcome
from idp.servicedesk.errands import Errand
from idp.servicedesk.roles import Right, Worker
from idp.servicedesk.sensitive import Action, relation_needs_two

ACCOUNTS_ON_A_PAGE = 25
_TAKEN: Final = "dit relatienummer is al in gebruik"


def add(*, by: Worker, errand: Errand, number: str, name: str, kind: str) -> Relation:
    """A new organisation; `WrongInput` with a Dutch sentence for what cannot be."""
    _refuse_other_roles(by, errand)
    if not (normal := directory.normal_number(number)):
        raise WrongInput("een relatienummer heeft alleen cijfers, hoogstens 20")
    name, kind = _called(name), _of_kind(kind)
    if with_number(normal) is not None:
        raise WrongInput(_TAKEN)
    try:
        return directory.add_relation(number=normal, name=name, kind=kind, actor=by.actor)
    except WrongInput as taken:  # by a colleague, since we looked
        raise WrongInput(_TAKEN) from taken


def correct(
    relation: Relation,
    *,
    by: Worker,
    errand: Errand,
    name: str | None = None,
    kind: str | None = None,
    address: Sequence[str] | None = None,
) -> None:
    """Another name, kind or address of an organisation that is held; what is left out, or is so already, stays.

    `WrongInput` for another address while letters wait for the one of now: who changes it would get their codes.
    """
    _refuse_other_roles(by, errand)
    named = None if name is None or name == relation.name else _called(name)
    sort = None if kind is None or kind == relation.kind else _of_kind(kind)
    lines = None if address is None else [line.strip() for line in address if line.strip()]
    moves = lines is not None and lines != (relation.address or "").splitlines()
    if named is None and sort is None and not moves:
        raise WrongInput("er is niets gewijzigd")
    if (moves or named is not None) and letters.wait_for_relation(relation.id):
        raise WrongInput(
            "er wacht een brief met een activatiecode voor dit adres: wijzig naam en adres daarna"
        )
    if named is not None or sort is not None:
        directory.update_relation(relation, name=named, kind=sort, actor=by.actor)
    if moves and lines is not None:
        try:
            directory.write_address(relation, lines, actor=by.actor)
        except WrongInput as wrong:
            raise WrongInput("een adres heeft hoogstens 4 regels van 45 tekens") from wrong


def state_of(relation: Relation) -> str:
    """Of what a relation is now: another word as soon as any of it differs."""
    ends = relation.blocked_at and relation.blocked_at.isoformat()
    is_now = (relation.number, relation.name, relation.kind, relation.address, ends)
    return hashlib.sha256(repr(is_now).encode()).hexdigest()[:32]


def with_number(number: str) -> Relation | None:
    """The organisation with this number, as people write it."""
    normal = directory.normal_number(number)
    return db.session.scalars(select(Relation).where(Relation.number == normal)).one_or_none()


def block(relation_id: str, *, by: Worker, errand: Errand) -> Outcome:
    """Nobody of it signs in any more, and every session of its people ends now."""
    relation = _held(relation_id, by, errand)
    if relation.blocked_at is not None:
        raise WrongInput("deze organisatie is al geblokkeerd")
    refuse_colleagues(relation)
    ended = directory.block_relation(relation, actor=by.actor)
    return Outcome("organisatie-geblokkeerd", ended)


def refuse_colleagues(relation: Relation) -> None:
    """`WrongInput` for a relation whose accounts work at the desk: nobody would be left to open it again."""
    at_the_desk = select(Account.id).where(
        Account.relation_id == relation.id, Account.desk_role.is_not(None)
    )
    if db.session.execute(at_the_desk.limit(1)).first() is not None:
        raise WrongInput("hier werken collega's van de Servicedesk: dat doet beheer")


def unblock(relation_id: str, *, by: Worker, errand: Errand, agreed: bool = False) -> Outcome:
    """Its people may sign in again; after a block for fraud only with a second colleague, or after a wait."""
    relation = _held(relation_id, by, errand)
    if relation.blocked_at is None:
        raise WrongInput("deze organisatie is niet geblokkeerd")
    if not agreed and (rule := relation_needs_two(relation)) is not None:
        asked = requests.ask(
            Action.UNBLOCK_RELATION,
            rule,
            by=by,
            relation=relation,
            account=None,
            errand=errand,
            given={},
        )
        return Outcome("gevraagd", request=asked)
    directory.unblock_relation(relation, actor=by.actor)
    return Outcome("organisatie-gedeblokkeerd")


def unblock_as_asked(request_id: str, *, by: Worker) -> Outcome:
    """One's own request to unblock a relation, agreed to or waited for; it works once."""
    asked = requests.take(request_id, by=by)
    return unblock(asked.relation_id, by=by, errand=requests.errand_of(asked), agreed=True)


def add_account(
    relation_id: str,
    *,
    by: Worker,
    errand: Errand,
    name: str,
    username: str,
    email: str,
    level: str,
) -> Account:
    """A new account; nobody sees its start password, which is given with *Startwachtwoord geven*.

    `WrongInput` with a Dutch sentence for what cannot be.
    """
    relation = _held(relation_id, by, errand)
    name, email = " ".join(name.split()), email.strip()
    if not is_name(name):
        raise WrongInput("vul de naam in, in hoogstens 200 tekens en zonder link")
    try:
        username = fields.checked_username(username)
    except WrongInput as wrong:
        raise WrongInput("een gebruikersnaam heeft 1 tot 100 tekens, zonder spaties") from wrong
    if directory.lookup(relation.number, directory.username_key(username)) is not None:
        raise WrongInput("deze gebruikersnaam is al in gebruik bij deze organisatie")
    if email and not fields.is_mail_address(email):
        raise WrongInput("dat is geen e-mailadres")
    try:
        enrolled = Level.named(level)
    except ValueError as unknown:
        raise WrongInput("kies een niveau") from unknown
    account, _start = directory.add_account(
        relation=relation,
        username=username,
        name=name,
        email=email or None,
        level=enrolled,
        actor=by.actor,
    )
    return account


def suggested_username(relation: Relation, name: str) -> str:
    """`j.devries` for Joris de Vries, with a number behind it where that is taken; empty without a name."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain)
    if not words:
        return ""
    base = f"{words[0][0]}.{''.join(words[1:])}" if len(words) > 1 else words[0]
    base = base[:60]
    for number in range(1, 100):
        candidate = base if number == 1 else f"{base}{number}"
        if directory.lookup(relation.number, directory.username_key(candidate)) is None:
            return candidate
    return ""


def accounts_of(relation: Relation, page: int) -> tuple[list[Account], bool]:
    """One page of its accounts, by user name, and whether there is another."""
    rows = db.session.scalars(
        select(Account)
        .where(Account.relation_id == relation.id)
        .order_by(Account.username_key)
        .offset((page - 1) * ACCOUNTS_ON_A_PAGE)
        .limit(ACCOUNTS_ON_A_PAGE + 1)
    ).all()
    return list(rows[:ACCOUNTS_ON_A_PAGE]), len(rows) > ACCOUNTS_ON_A_PAGE


def levels() -> dict[str, str]:
    """The levels at which an account can be added; the usual one first."""
    usual = settings.current().enrolment_level
    words = [usual, *(level.label for level in Level if level is not Level.NONE)]
    return {word: word.capitalize() for word in dict.fromkeys(words)}


def _held(relation_id: str, by: Worker, errand: Errand) -> Relation:
    _refuse_other_roles(by, errand)
    return changes.hold_relation(relation_id)


def _refuse_other_roles(by: Worker, errand: Errand) -> None:
    if not by.may(Right.CHANGE_RELATIONS):
        raise WrongInput("dit hoort niet bij uw rol")
    errand_is(errand.details)


def _called(name: str) -> str:
    name = " ".join(name.split())
    if not is_name(name):
        raise WrongInput("vul de naam in, in hoogstens 200 tekens en zonder link")
    return name


def _of_kind(kind: str) -> str:
    kind = kind.strip()
    if not 0 < len(kind) <= 40 or not kind.isprintable():
        raise WrongInput("een soort heeft 1 tot 40 tekens, op één regel")
    return kind

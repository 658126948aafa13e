"""People helped by programs, by the desk's own functions: what takes two waits for a colleague, who alone agrees.

To accounts a program is a *medewerker* without an account: it sees no code, and changes no colleague. Nothing that is
shown once is in an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from idp import settings
from idp.accounts import directory
from idp.admin_api.door import Answer, Asked
from idp.admin_api.people import (
    account_in_short,
    hands_off,
    known_account,
    known_relation,
    whole_relation,
)
from idp.admin_api.problems import Problem
from idp.admin_api.today import known_request, tag_of_request
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, DeskRequest, Relation
from idp.servicedesk import actions, changes, relation_actions, requests
from idp.servicedesk.actions import Outcome, Work
from idp.servicedesk.changes import ChangedMeanwhile, Outlived
from idp.servicedesk.roles import Role
from idp.servicedesk.sensitive import RULES, Action, Rule
from idp.servicedesk.supplies import Channel, Item
from idp.servicedesk.unfit import Unfit

_TO_ACCOUNTS: Final = Role.MEDEWERKER
_TO_RELATIONS: Final = Role.BEHEERDER


def add_relation(asked: Asked) -> Answer:
    """A new relation; told which one has the number where that is taken."""
    said = asked.body
    if (there := relation_actions.with_number(said.relatienummer)) is not None:
        raise _taken("Dit relatienummer is al in gebruik.", there)
    with _words_of_the_desk():
        made = relation_actions.add(
            by=asked.worker(_TO_RELATIONS),
            errand=asked.why,
            number=said.relatienummer,
            name=said.naam,
            kind=said.soort,
        )
    return whole_relation(made, HTTPStatus.CREATED)


def correct_relation(asked: Asked, *, relation_id: str) -> Answer:
    """Another name, kind or address."""
    found = _held(asked, relation_id)
    said = asked.body
    with _words_of_the_desk():
        relation_actions.correct(
            found,
            by=asked.worker(_TO_RELATIONS),
            errand=asked.why,
            name=said.naam,
            kind=said.soort,
            address=said.adres,
        )
    return whole_relation(found)


def unblock_relation(asked: Asked, *, relation_id: str) -> Answer:
    """Its people may sign in again; after a block for fraud a colleague agrees first."""
    found = _held(asked, relation_id)
    with _words_of_the_desk():
        outcome = relation_actions.unblock(
            relation_id, by=asked.worker(_TO_RELATIONS), errand=asked.why
        )
    return _done(outcome, relation_actions.state_of(found))


def add_account(asked: Asked, *, relation_id: str) -> Answer:
    """A new account; told which one has the user name where that is taken."""
    found, said = known_relation(relation_id), asked.body
    key = directory.username_key(said.gebruikersnaam)
    if (there := directory.lookup(found.number, key)) is not None:
        raise _taken("Deze gebruikersnaam is al in gebruik bij deze relatie.", there)
    with _words_of_the_desk():
        made = relation_actions.add_account(
            relation_id,
            by=asked.worker(_TO_RELATIONS),
            errand=asked.why,
            name=said.naam,
            username=said.gebruikersnaam,
            email=said.email,
            level=said.niveau or settings.current().enrolment_level,
        )
    return Answer(account_in_short(made), HTTPStatus.CREATED, str(changes.version_of(made.id)))


def correct_account(asked: Asked, *, account_id: str) -> Answer:
    """Another name or address."""
    said = {name: text for name, text in asked.body.model_dump().items() if text is not None}
    return _act(asked, account_id, Action.CORRECT, said)


def end_sessions(asked: Asked, *, account_id: str) -> Answer:
    """Everything that is open ends."""
    return _act(asked, account_id, Action.END_SESSIONS)


def unblock_account(asked: Asked, *, account_id: str) -> Answer:
    """Somebody may sign in again, or try again."""
    return _act(asked, account_id, Action.UNBLOCK)


def remove_method(asked: Asked, *, account_id: str, method_id: str) -> Answer:
    """One method goes, when another one stays."""
    return _act(asked, account_id, Action.REMOVE_METHOD, {"methode": method_id})


def reset_methods(asked: Asked, *, account_id: str) -> Answer:
    """All methods go, once a colleague agreed."""
    return _act(asked, account_id, Action.RESET_METHODS)


def code_by_letter(asked: Asked, *, account_id: str) -> Answer:
    """A code goes by letter; it is made when the letter is, and nobody sees it."""
    by_letter = {"item": Item.CODE.value, "kanaal": Channel.LETTER.value}
    return _act(asked, account_id, Action.SUPPLY, by_letter)


def carry_out(asked: Asked, *, request_id: str) -> Answer:
    """Do what this very program asked, once, when a colleague agreed or the waiting time is over."""
    found = known_request(request_id)
    _own(asked, found.asked_by)
    tag = tag_of_request(found)
    asked.expects(tag)
    try:
        with _words_of_the_desk():
            outcome = _carried_out(asked, found, int(tag) if found.account_id else 0)
    except Outlived:
        db.session.rollback()
        requests.lapse(request_id)
        db.session.commit()
        raise Problem(
            HTTPStatus.CONFLICT, "Dit is veranderd sinds een collega instemde. Vraag het opnieuw."
        ) from None
    return _done(outcome, tag_of_request(found))


def _carried_out(asked: Asked, found: DeskRequest, version: int) -> Outcome:
    if found.account_id is None:
        return relation_actions.unblock_as_asked(found.id, by=asked.worker(_TO_RELATIONS))
    hands_off(asked, known_account(found.account_id))
    by = asked.worker(_TO_ACCOUNTS)
    return actions.do_what_was_asked(found.id, by=by, version=version)


def withdraw(asked: Asked, *, request_id: str) -> Answer:
    """Take back what this very program asked."""
    found = known_request(request_id)
    _own(asked, found.asked_by)
    asked.expects(tag_of_request(found))
    with _words_of_the_desk():
        requests.refuse(request_id, by=asked.worker(_TO_ACCOUNTS))
    return Answer(status=HTTPStatus.NO_CONTENT)


def _act(
    asked: Asked, account_id: str, action: Action, given: Mapping[str, str] | None = None
) -> Answer:
    found = known_account(account_id)
    version = changes.version_of(account_id)
    asked.expects(str(version))
    hands_off(asked, found)
    work = Work(asked.worker(_TO_ACCOUNTS), account_id, version, asked.why)
    with _words_of_the_desk():
        outcome = actions.do(action, work, given or {})
    return _done(outcome, str(changes.version_of(account_id)))


def _own(asked: Asked, asked_by: str) -> None:
    if asked_by != asked.actor:
        raise Problem(HTTPStatus.FORBIDDEN, "Dit verzoek is niet van dit programma.")


def _held(asked: Asked, relation_id: str) -> Relation:
    known_relation(relation_id)
    found = changes.hold_relation(relation_id)
    asked.expects(relation_actions.state_of(found))
    return found


def _taken(says: str, there: Relation | Account) -> Problem:
    return Problem(HTTPStatus.CONFLICT, says, nu={"id": there.id})


def _done(outcome: Outcome, tag: str) -> Answer:
    assert outcome.shown is None, "a program is shown nothing that opens an account"
    waits = outcome.request
    return Answer(
        {
            "gedaan": outcome.done,
            "zin": outcome.says,
            "aantal": outcome.count,
            "regel": None if waits is None else RULES[Rule(waits.because)],
            "verzoek": None if waits is None else waits.id,
        },
        HTTPStatus.OK if waits is None else HTTPStatus.ACCEPTED,
        tag,
    )


@contextmanager
def _words_of_the_desk() -> Iterator[None]:
    """What the desk refuses, in the same words; 412 when somebody was first."""
    try:
        yield
    except Outlived:
        raise
    except ChangedMeanwhile:
        raise Problem(
            HTTPStatus.PRECONDITION_FAILED, "Dit is intussen veranderd, of weg. Lees het opnieuw."
        ) from None
    except Unfit:
        raise
    except WrongInput as refused:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, _sentence(refused)) from None


def _sentence(refused: WrongInput) -> str:
    return f"{refused.why[:1].upper()}{refused.why[1:].rstrip('.')}."

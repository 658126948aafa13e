"""The forms with which an account is helped: each says what it does, asks why, and does it once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue

from idp.accounts import credentials, directory, personal
from idp.audit import Event, record
from idp.mfa import catalogue
from idp.models import Account
from idp.secret_values import Secret
from idp.servicedesk import actions, changes, letters, supplies
from idp.servicedesk.account_shown import masked_mail
from idp.servicedesk.actions import CORRECTABLE, Outcome, Work
from idp.servicedesk.desk import DESK, Colleague, at_the_desk, show_at_desk
from idp.servicedesk.forms import onward, show_form, submitted, version_of_form
from idp.servicedesk.roles import Right
from idp.servicedesk.sensitive import RULES, Action, needs_two
from idp.servicedesk.supplies import Channel, Item

pages = Blueprint("desk_account_forms", __name__)

ADDRESS: Final = f"{DESK}accounts"


@dataclass(frozen=True, slots=True)
class AccountForm:
    """One action as a form: what it is called, what it says, and what it asks besides why."""

    action: Action
    title: str
    says: str
    icon: str
    fields: str = ""
    """What is asked besides: `channel`, `method` or `correct`; empty for nothing."""
    item: Item | None = None
    negative: bool = False


#: By the last part of the address, in the order of the page; what cannot be taken back is last.
ACTIONS: Final[dict[str, AccountForm]] = {
    "deblokkeren": AccountForm(
        Action.UNBLOCK, "Deblokkeren", "De gebruiker mag daarna weer inloggen.", "lock-open"
    ),
    "relatienummer": AccountForm(
        Action.SUPPLY, "Relatienummer doorgeven", "", "building", "channel", Item.NUMBER
    ),
    "gebruikersnaam": AccountForm(
        Action.SUPPLY, "Gebruikersnaam doorgeven", "", "user", "channel", Item.USERNAME
    ),
    "startwachtwoord": AccountForm(
        Action.SUPPLY,
        "Startwachtwoord geven",
        "Het wachtwoord van nu werkt dan niet meer, en de gebruiker wordt overal uitgelogd.",
        "lock",
        "channel",
        Item.PASSWORD,
    ),
    "activatiecode": AccountForm(
        Action.SUPPLY,
        "Activatiecode uitgeven",
        "Een code die er nog is, werkt dan niet meer.",
        "key",
        "channel",
        Item.CODE,
    ),
    "gegevens": AccountForm(
        Action.CORRECT,
        "Naam of adres wijzigen",
        "De gebruiker krijgt bericht van een ander e-mailadres, ook op het oude.",
        "pencil",
        "correct",
    ),
    "methode-verwijderen": AccountForm(
        Action.REMOVE_METHOD,
        "Eén methode verwijderen",
        "De gebruiker logt daarna in met een andere methode.",
        "trash",
        "method",
    ),
    "uitloggen": AccountForm(
        Action.END_SESSIONS,
        "Overal uitloggen",
        "Alle sessies eindigen, ook bij de applicaties.",
        "sign-out",
    ),
    "blokkeren": AccountForm(
        Action.BLOCK,
        "Blokkeren",
        "Inloggen kan niet meer, en alles wat open is eindigt.",
        "lock",
    ),
    "methoden-wissen": AccountForm(
        Action.RESET_METHODS,
        "Methoden wissen",
        "De gebruiker moet daarna opnieuw activeren met een activatiecode.",
        "trash",
        negative=True,
    ),
}


def _form_of(slug: str, form: AccountForm) -> Callable[..., ResponseReturnValue]:
    def ask(colleague: Colleague, account_id: str) -> ResponseReturnValue:
        found = _found(account_id)
        if form.fields == "correct":  # it shows the whole address
            record(
                Event.ACCOUNT_SHOWN,
                actor=colleague.actor,
                account_id=found.id,
                relation_id=found.relation_id,
            )
        return _ask(colleague, found, slug)

    def act(colleague: Colleague, account_id: str) -> ResponseReturnValue:
        person = _found(account_id).username
        given = {name: value[:300] for name, value in request.form.items()}
        if form.item is not None:
            given["item"] = form.item.value
        return submitted(
            lambda why: actions.do(
                form.action, Work(colleague.worker, account_id, version_of_form(), why), given
            ),
            lambda **wrong: _ask(colleague, _found(account_id), slug, **wrong),
            lambda outcome: finished(colleague, account_id, outcome, given),
            action=form.action,
            person=person,
        )

    guard = at_the_desk(actions.RIGHTS[form.action])
    ask_guarded, act_guarded = guard(ask), guard(act)

    def page(account_id: str) -> ResponseReturnValue:
        return (act_guarded if request.method == "POST" else ask_guarded)(account_id)

    return page


for _slug, _form in ACTIONS.items():
    pages.add_url_rule(
        f"{ADDRESS}/<account_id>/{_slug}",
        endpoint=_slug,
        view_func=_form_of(_slug, _form),
        methods=["GET", "POST"],
    )


def finished(
    colleague: Colleague, account_id: str, outcome: Outcome, given: dict[str, str]
) -> ResponseReturnValue:
    """What to pass on, shown this once; else back to the account, which says what was done."""
    if outcome.shown is None:
        return onward(f"{ADDRESS}/{account_id}", outcome)
    found, channel = _found(account_id), Channel(given["kanaal"])
    value = outcome.shown.reveal() if isinstance(outcome.shown, Secret) else outcome.shown
    return show_at_desk(
        "desk-supplied",
        colleague,
        account=found,
        what=supplies.ITEMS[Item(given["item"])],
        value=value,
        channel=channel.value,
        is_secret=isinstance(outcome.shown, Secret),
        mail=directory.email_of(found) if channel is Channel.MAIL else None,
        spelled=spelled(value),
        back=f"{ADDRESS}/{account_id}",
    )


def spelled(value: str) -> list[str]:
    """In groups, as it is read out."""
    return [group for group in value.split("-") if group] if "-" in value else [value]


def _ask(colleague: Colleague, found: Account, slug: str, **wrong: Any) -> Response:
    form = ACTIONS[slug]
    return show_form(
        colleague,
        form.action,
        here=f"{ADDRESS}/{found.id}/{slug}",
        form_back=f"{ADDRESS}/{found.id}",
        form_title=form.title,
        form_says=form.says,
        form_icon=form.icon,
        negative=form.negative,
        fields=form.fields,
        who=found,
        version=changes.version_of(found.id),
        takes_two=_takes_two(form, found, colleague),
        **_asked_besides(form, found, colleague),
        **wrong,
    )


def _takes_two(form: AccountForm, found: Account, colleague: Colleague) -> str | None:
    """Why a colleague is needed, where that does not depend on what is filled in."""
    if form.action not in {Action.RESET_METHODS, Action.UNBLOCK}:
        return None
    rule = needs_two(found, form.action, {}, by=colleague.worker)
    return None if rule is None else RULES[rule]


def _asked_besides(form: AccountForm, found: Account, colleague: Colleague) -> dict[str, Any]:
    if form.item is not None:
        ways = supplies.left(found, form.item)
        if form.item is Item.CODE and not colleague.may(Right.SHOW_CODE):
            ways = tuple(way for way in ways if way is Channel.LETTER)
        return {
            "ways": {way.value: supplies.CHANNELS[way] for way in ways},
            "no_postal_address": Channel.LETTER in supplies.WAYS[form.item]
            and not letters.knows_address(found),
            "went": {
                supplies.CHANNELS[channel]: [supplies.ITEMS[item] for item in items]
                for channel, items in supplies.used(found.id).items()
            },
        }
    if form.fields == "method":
        return {
            "methods": [
                factor.summary(credential)
                for factor, mine in catalogue.usable(credentials.of_account(found.id))
                for credential in mine
            ]
        }
    if form.fields == "correct":
        kept = {"name": found.name, **personal.unseal(found.personal_sealed, found.id)}
        return {
            "known": {ours: kept.get(inner, "") for ours, inner in CORRECTABLE.items()},
            "mail": masked_mail(directory.email_of(found)),
        }
    return {}


def _found(account_id: str) -> Account:
    found = directory.get(account_id)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    return found

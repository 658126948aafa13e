"""What a colleague does to an account: each action asks why, checks who may, and says what came of it.

    outcome = actions.do(Action.BLOCK, Work(by, account_id, version, errand), {})

Free of requests, so that the pages and the interface do the same. Commits nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from idp import throttle
from idp.accounts import (
    activation_codes,
    credentials,
    directory,
    fields,
    notices,
    personal,
    sessions,
)
from idp.accounts.fields import is_name
from idp.accounts.notices import Notice
from idp.audit import errand_is
from idp.errors import WrongInput
from idp.mfa import catalogue
from idp.models import Account, DeskRequest
from idp.secret_values import Secret
from idp.servicedesk import changes, requests, supplies
from idp.servicedesk.errands import Errand
from idp.servicedesk.letters import request_letter
from idp.servicedesk.roles import Right, Worker
from idp.servicedesk.sensitive import Action, needs_two
from idp.servicedesk.supplies import Channel, Item


@dataclass(frozen=True, slots=True)
class Work:
    """One action under way: who, on which account as of which version, and why."""

    by: Worker
    account_id: str
    version: int
    errand: Errand
    agreed: bool = False
    """A second colleague agreed, or the waiting time is over."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an action."""

    done: str
    """Its word in `SAYS`."""
    count: int = 0
    shown: Secret | str | None = None
    """What to pass on to the caller now; it is shown once and kept nowhere."""
    request: DeskRequest | None = None
    """The action was not done: it waits for a second colleague or for time."""

    @property
    def says(self) -> str:
        """One Dutch sentence."""
        return says(self.done, self.count)


#: What an action came to, in words.
SAYS: Final[Mapping[str, str]] = {
    "gevraagd": "Dit kan niet alleen. Het staat nu bij Verzoeken. De gebruiker krijgt er een e-mail over, als dat kan.",
    "brief": "Er gaat een brief met een nieuwe activatiecode uit. Tot dan werkt de vorige code nog.",
    "doorgegeven": "Geef dit nu door.",
    "methode": "De methode is verwijderd. Inloggen kan met een andere methode.",
    "gewist": "De methoden zijn gewist, en de gebruiker is overal uitgelogd. Activeren kan met een activatiecode.",
    "geblokkeerd": "Het account is geblokkeerd.",
    "gedeblokkeerd": "Het account is gedeblokkeerd. De gebruiker mag weer inloggen.",
    "proberen": "De gebruiker kan het direct weer proberen.",
    "gewijzigd": "De gegevens zijn gewijzigd.",
    "uitgelogd": "De gebruiker is uitgelogd.",
    "organisatie-gewijzigd": "De gegevens van de organisatie zijn gewijzigd.",
    "organisatie-toegevoegd": "De organisatie is toegevoegd. Geef haar mensen nu een account.",
    "organisatie-geblokkeerd": "De organisatie is geblokkeerd.",
    "organisatie-gedeblokkeerd": "De organisatie is gedeblokkeerd. Haar gebruikers kunnen weer inloggen.",
    "toegevoegd": "Het account is toegevoegd. Geef nu het startwachtwoord en een activatiecode, langs twee wegen.",
    "rol": "De rol is gewijzigd, en geldt meteen.",
}
_ENDS_SESSIONS: Final = {"geblokkeerd", "uitgelogd", "organisatie-geblokkeerd"}


def says(done: str, count: int = 0) -> str:
    """What an action came to, in a sentence or two; empty for a word that is none of ours."""
    told = SAYS.get(done, "")
    if done in _ENDS_SESSIONS:
        ended = {0: "Er was niemand ingelogd.", 1: "1 sessie is beëindigd, ook bij de applicaties."}
        return (
            f"{told} {ended.get(count, f'{count} sessies zijn beëindigd, ook bij de applicaties.')}"
        )
    return told


Given = Mapping[str, str]
#: Which right each takes.
RIGHTS: Final[Mapping[Action, Right]] = {
    Action.SUPPLY: Right.HELP,
    Action.REMOVE_METHOD: Right.HELP,
    Action.CORRECT: Right.HELP,
    Action.END_SESSIONS: Right.HELP,
    Action.BLOCK: Right.BLOCK,
    Action.UNBLOCK: Right.BLOCK,
    Action.RESET_METHODS: Right.RESET_METHODS,
}
#: What can be corrected: our word in forms, and what it is called within.
CORRECTABLE: Final[Mapping[str, str]] = {
    "naam": "name",
    "email": "email",
    "straat": "street_address",
    "postcode": "postal_code",
    "plaats": "locality",
    "land": "country",
}


def do(action: Action, work: Work, given: Given) -> Outcome:
    """Do it, or put it before a second colleague where it could open the account to somebody else.

    `ChangedMeanwhile` when the account is not as the form showed it; `WrongInput` with a Dutch sentence for what
    cannot be.
    """
    if not work.by.may(RIGHTS[action]):
        raise WrongInput("dit hoort niet bij uw rol")
    errand_is(work.errand.details)
    account = changes.hold(work.account_id, work.version)
    may_touch(account, work.by)
    checked = _CHECKED_BY[action](account, work, given) if action in _CHECKED_BY else {}
    rule = needs_two(account, action, checked, by=work.by)
    if rule is None or work.agreed:
        return _DONE_BY[action](account, work, checked)
    asked = requests.ask(
        action,
        rule,
        by=work.by,
        relation=account.relation,
        account=account,
        errand=work.errand,
        given=checked,
    )
    return Outcome("gevraagd", request=asked)


def do_what_was_asked(request_id: str, *, by: Worker, version: int) -> Outcome:
    """Do one's own request that a colleague agreed to, or that waited long enough; it works once."""
    asked = requests.take(request_id, by=by)
    if asked.account_id is None:
        raise WrongInput("dit verzoek gaat over een organisatie")
    work = Work(by, asked.account_id, version, requests.errand_of(asked), agreed=True)
    return do(Action(asked.action), work, requests.given(asked))


def may_touch(account: Account, by: Worker) -> None:
    """`WrongInput` for one's own account, and for a colleague's where one may not change colleagues."""
    if account.id == by.id:
        raise WrongInput(
            "dit is uw eigen account: wijzig het bij Beveiliging, of vraag een collega"
        )
    if account.desk_role is not None and not by.may(Right.CHANGE_COLLEAGUES):
        raise WrongInput("dit is een account van een collega: dat doet een beheerder")


def waits(account: Account) -> bool:
    """Whether wrong tries keep somebody out now: for a while, or until a colleague lets them try again."""
    return any(throttle.waits_until(counter) for counter in counters(account))


def counters(account: Account) -> tuple[str, str]:
    """The counters of wrong tries that the desk tells of: passwords, then second steps."""
    return (
        throttle.sign_in_key(account.relation.number, account.username_key),
        throttle.second_step_key(account.id),
    )


def _supply_checked(account: Account, work: Work, given: Given) -> dict[str, str]:
    try:
        item, channel = Item(given.get("item", "")), Channel(given.get("kanaal", ""))
    except ValueError as unknown:
        raise WrongInput("kies hoe het bij de gebruiker komt") from unknown
    if account.blocked_at is not None or account.relation.blocked_at is not None:
        raise WrongInput("dit account of deze organisatie is geblokkeerd: deblokkeer eerst")
    if item is Item.CODE and channel is not Channel.LETTER and not work.by.may(Right.SHOW_CODE):
        raise WrongInput(
            "uw rol mag geen activatiecode zien: kies de brief, of vraag een beheerder"
        )
    _refuse_unchecked(work.errand, channel)
    supplies.refuse_second(account, item, channel)
    return {"item": item.value, "kanaal": channel.value}


def _refuse_unchecked(errand: Errand, channel: Channel) -> None:
    """What opens an account goes to somebody who was checked, in the way that belongs to the channel."""
    if errand.check == "nobody":
        raise WrongInput("zonder controle van de beller geven wij niets door")
    if channel is Channel.TELEPHONE and errand.check not in {"called-back", "known-mail"}:
        raise WrongInput("per telefoon geven wij alleen iets door nadat u hebt teruggebeld")
    if channel is Channel.DESK and errand.check != "desk":
        raise WrongInput(
            "aan de balie geven wij alleen iets door op vertoon van een identiteitsbewijs"
        )


def _supply(account: Account, work: Work, given: Given) -> Outcome:
    item, channel = Item(given["item"]), Channel(given["kanaal"])
    if item is Item.CODE:
        return _supply_code(account, work, channel)
    shown: Secret | str
    if item is Item.PASSWORD:
        shown = directory.reset_password(account, actor=work.by.actor)
    else:
        shown = account.relation.number if item is Item.NUMBER else account.username
    supplies.note(account, item, channel, actor=work.by.actor)
    return Outcome("doorgegeven", shown=shown)


def _supply_code(account: Account, work: Work, channel: Channel) -> Outcome:
    if channel is Channel.LETTER:
        request_letter(account, actor=work.by.actor)
        supplies.note(account, Item.CODE, channel, actor=work.by.actor)
        return Outcome("brief")
    _row, code = activation_codes.issue(
        account, channel=supplies.OF_CODES[channel], actor=work.by.actor
    )
    supplies.note(account, Item.CODE, channel, actor=work.by.actor)
    return Outcome("doorgegeven", shown=code)


def _remove_method(account: Account, work: Work, given: Given) -> Outcome:
    own = credentials.of_account(account.id)
    which = next((each for each in own if each.id == given.get("methode")), None)
    if which is None:
        raise WrongInput("kies een methode")
    beside = {factor.kind for factor in catalogue.factors()}
    if not credentials.remove(which, beside=beside, actor=work.by.actor):
        raise WrongInput("dit is de enige methode: kies Methoden wissen")
    return Outcome("methode")


def _reset_methods(account: Account, work: Work, _given: Given) -> Outcome:
    return Outcome("gewist", credentials.remove_all(account, actor=work.by.actor))


def _block(account: Account, work: Work, _given: Given) -> Outcome:
    if account.blocked_at is not None:
        raise WrongInput("dit account is al geblokkeerd")
    ended = directory.block_account(account, actor=work.by.actor)
    requests.void(account.id)
    return Outcome("geblokkeerd", ended)


def _unblock(account: Account, work: Work, _given: Given) -> Outcome:
    if account.blocked_at is not None:
        directory.unblock_account(account, actor=work.by.actor)
        return Outcome("gedeblokkeerd")
    if not waits(account):
        raise WrongInput("dit account is niet geblokkeerd")
    directory.let_try_again(account, actor=work.by.actor)
    return Outcome("proberen")


def _correction(account: Account, _work: Work, given: Given) -> dict[str, str]:
    """Only what differs from what is known, by the names that the directory uses."""
    before = {
        "name": account.name,
        "email": directory.email_of(account) or "",
        **personal.unseal(account.personal_sealed, account.id),
    }
    inner = {*CORRECTABLE.values()}
    # A request that was agreed to carries the inner names already.
    told = {CORRECTABLE.get(name, name): value.strip() for name, value in given.items()}
    changed = {
        name: value
        for name, value in told.items()
        if name in inner and value != before.get(name, "") and (value or name != "email")
    }
    if not changed:
        raise WrongInput("er is niets gewijzigd")
    if "name" in changed and not is_name(changed["name"]):
        raise WrongInput("een naam heeft 1 tot 200 tekens, op één regel")
    if "email" in changed and not fields.is_mail_address(changed["email"]):
        raise WrongInput("dat is geen e-mailadres")
    try:
        personal.checked({name: changed[name] for name in changed.keys() & personal.FIELDS.keys()})
    except WrongInput as wrong:
        raise WrongInput("een deel van het adres is te lang, of heeft vreemde tekens") from wrong
    return changed


def _correct(account: Account, work: Work, given: Given) -> Outcome:
    directory.update_account(
        account,
        name=given.get("name"),
        email=given.get("email"),
        further={name: given[name] for name in given.keys() & personal.FIELDS.keys()},
        actor=work.by.actor,
    )
    requests.void(account.id)  # a request about the address before it
    return Outcome("gewijzigd")


def _end_sessions(account: Account, work: Work, _given: Given) -> Outcome:
    sessions.forget_unfinished(account.id)
    ended = sessions.end_all_of(account.id, why="the Servicedesk ended them", actor=work.by.actor)
    if ended:
        notices.tell(account.id, Notice.SESSIONS_ENDED)
    return Outcome("uitgelogd", ended)


def _method_named(_account: Account, _work: Work, given: Given) -> dict[str, str]:
    return {"methode": given.get("methode", "")}


#: What an action takes from the form, and nothing else; the others take nothing.
_CHECKED_BY: Final[Mapping[Action, Callable[[Account, Work, Given], dict[str, str]]]] = {
    Action.SUPPLY: _supply_checked,
    Action.CORRECT: _correction,
    Action.REMOVE_METHOD: _method_named,
}
_DONE_BY: Final[Mapping[Action, Callable[[Account, Work, Given], Outcome]]] = {
    Action.SUPPLY: _supply,
    Action.REMOVE_METHOD: _remove_method,
    Action.RESET_METHODS: _reset_methods,
    Action.BLOCK: _block,
    Action.UNBLOCK: _unblock,
    Action.CORRECT: _correct,
    Action.END_SESSIONS: _end_sessions,
}

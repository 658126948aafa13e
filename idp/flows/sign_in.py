"""The three fields: relatienummer, gebruikersnaam, wachtwoord. Every reason why they fail looks and lasts the same."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, g, redirect, request
from flask.typing import ResponseReturnValue

from idp import clock
from idp.accounts import directory, mailed_secrets, passwords
from idp.assurance import Demands, password_proof, satisfies
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows import known_browsers, passkey, transaction
from idp.flows.begin import begin_sign_in
from idp.flows.cookies import browser_digest, current_session
from idp.flows.device import device_in_words
from idp.flows.sign_in_tries import Tries
from idp.flows.steps import Step
from idp.flows.transaction import LoginTransaction, Purpose
from idp.flows.walk import Visit, at_step, blocked, onward, refuse_foreign_post, stop
from idp.models import Account
from idp.pages import show, translate
from idp.secret_values import new_reference

pages = Blueprint("sign_in", __name__)

PORTAL: Final = "/mijn/applicaties"
FIELDS: Final = ("relatienummer", "gebruikersnaam", "wachtwoord")
_ = translate


@pages.get("/")
def front() -> ResponseReturnValue:
    """The sign-in page; the portal when signed in well enough, the missing step when not."""
    session = current_session()
    if session is None:
        browser_digest()
        return _form(here="/", notice=_notice(request.args.get("gedaan", "")))
    if satisfies(session.proofs, Demands(), enrolled_at=session.enrolled_at, now=clock.now()):
        return redirect(PORTAL, code=HTTPStatus.SEE_OTHER)
    return step_up()


def _notice(done: str) -> str | None:
    """What to say of the change that led here; anything else says nothing."""
    return _("U hebt een nieuw wachtwoord. Log nu in.") if done == "wachtwoord" else None


def step_up(return_to: str = PORTAL, *, form_action: tuple[str, ...] = ()) -> ResponseReturnValue:
    """Ask somebody for what a page of ours needs more, and lead back to that page.

    `form_action` are the origins of ours to which it leads on.
    """
    address = begin_sign_in(
        Demands(),
        return_to=return_to,
        reference=new_reference(),
        signing_in_for=None,
        form_action=form_action,
        language=None,
    )
    db.session.commit()
    return redirect(address, code=HTTPStatus.SEE_OTHER)


@pages.post("/")
def sign_in_here() -> ResponseReturnValue:
    """Sign in without having been sent by an application."""
    return _identify_without_request(Purpose.SIGN_IN, here="/")


@pages.get("/2fa")
def first_set_up() -> ResponseReturnValue:
    """The sign-in page of first set-up."""
    browser_digest()
    return _form(here="/2fa", activation=True)


@pages.post("/2fa")
def sign_in_to_activate() -> ResponseReturnValue:
    """Sign in to enter an activation code."""
    return _identify_without_request(Purpose.ACTIVATION, here="/2fa")


def _identify_without_request(purpose: Purpose, *, here: str) -> ResponseReturnValue:
    activation = purpose is Purpose.ACTIVATION
    refuse_foreign_post("anonymous")
    reference = g.reference = new_reference()
    outcome = identify(reference, here=here, activation=activation)
    if isinstance(outcome, Response):
        return outcome
    login = transaction.start(
        browser=browser_digest(),
        purpose=purpose,
        demands=Demands(),
        return_to=PORTAL,
        reference=reference,
    )
    return _signed_in(login, outcome)


@pages.get("/inloggen/<login_id>")
@at_step(Step.IDENTIFY)
def fields(here: Visit) -> ResponseReturnValue:
    """The sign-in page of one interrupted sign-in."""
    number, name = _expected(here)
    return _form(
        here=here.here,
        login=here.login,
        activation=here.login.purpose is Purpose.ACTIVATION,
        relatienummer=number,
        gebruikersnaam=name,
    )


def _expected(here: Visit) -> tuple[str, str]:
    """Number and name of who is signed in, or took too long here, so that nobody types them twice; else the wishes."""
    login = here.login
    if login.session_id is not None:  # of this browser: the portal shows who that is, too
        return here.person.relation.number, here.person.username
    if login.former and (account := directory.get(login.former)):
        return account.relation.number, account.username
    number, _slash, name = (login.demands.login_hint or "").rpartition("/")
    return directory.normal_number(number), name[:100]


@pages.post("/inloggen/<login_id>")
@at_step(Step.IDENTIFY)
def sign_in_for_request(here: Visit) -> ResponseReturnValue:
    """Sign in because somebody asked for it."""
    login = here.login
    if request.form.get("actie") == "stoppen":
        return stop(here)
    if request.form.get(passkey.FIELD):
        return _by_passkey(here)
    activation = login.purpose is Purpose.ACTIVATION
    outcome = identify(login.reference, here=here.here, activation=activation, login=login)
    if isinstance(outcome, Response):
        return outcome
    bound_to = login.account_id or login.demands.account_id
    if bound_to is not None and bound_to != outcome.id:
        record(
            Event.SIGN_IN_REFUSED,
            succeeded=False,
            account_id=outcome.id,
            reference=login.reference,
            reason="another account",
        )
        db.session.commit()
        return _form(
            here=here.here,
            login=login,
            activation=activation,
            status=422,
            error="other-account",
            **_typed(),
        )
    return _signed_in(login, outcome)


def _by_passkey(here: Visit) -> ResponseReturnValue:
    """What the browser filled in by itself; refused, the page says what it says of a wrong password."""
    if (led_on := passkey.take(here)) is not None:
        return led_on
    page: dict[str, Any] = {"status": 422, "error": "login-failed", **_typed()}
    return _form(here=here.here, login=here.login, **page)


def _signed_in(login: LoginTransaction, account: Account) -> ResponseReturnValue:
    """The password was right: that is one proof, unless account or relation is blocked."""
    who: dict[str, Any] = {
        "account_id": account.id,
        "relation_id": account.relation_id,
        "reference": login.reference,
    }
    if (error := blocked(account)) is not None:
        record(Event.SIGN_IN_REFUSED, succeeded=False, reason=error, **who)
        db.session.commit()
        raise RefusedOnOurPage(error, HTTPStatus.FORBIDDEN, error, reference=login.reference)
    record(Event.PASSWORD_ACCEPTED, **who)
    return onward(login.of(account.id).earn(password_proof(clock.now())))


def identify(
    reference: str,
    *,
    here: str,
    activation: bool,
    login: LoginTransaction | None = None,
) -> Account | Response:
    """Whose the three fields are; or the page that says why not.

    Unknown relation, unknown name and wrong password take the same statements, the same hashes and the same answer.
    """
    typed = {name: request.form.get(name, "") for name in FIELDS}
    if missing := {name: _missing(name) for name in FIELDS if not typed[name].strip()}:
        return _form(
            here=here,
            login=login,
            activation=activation,
            status=422,
            error="fields-missing",
            field_errors=missing,
            **_typed(),
        )
    number, key = (
        directory.normal_number(typed["relatienummer"]),
        directory.username_key(typed["gebruikersnaam"]),
    )
    stored = directory.stored(number, key)
    browser = known_browsers.known_as(stored.account_id, stored.browsers_epoch)
    tries = Tries(number, key, typed["wachtwoord"], account_id=stored.account_id, browser=browser)
    tries.take_one(reference)  # commits: no transaction stays open while the hash is computed
    right = passwords.verify(stored.password_hash, stored.password_scheme, typed["wachtwoord"])
    account = directory.lookup(number, key)
    if account is not None and account.password_hash != stored.password_hash:
        right = False  # the password was changed while we looked at the old one
    if not right or account is None:
        tries.failed(account, reference)
        record(
            Event.SIGN_IN_FAILED,
            succeeded=False,
            account_id=account.id if account else None,
            relation_id=account.relation_id if account else None,
            reference=reference,
            reason="unknown account" if account is None else "wrong password",
            device=device_in_words(),
        )
        db.session.commit()
        return _form(
            here=here,
            login=login,
            activation=activation,
            status=422,
            error="login-failed",
            **_typed(),
        )
    tries.succeeded(account, reference)
    passwords.improve(account, typed["wachtwoord"])
    return account


def _missing(name: str) -> str:
    return {
        "relatienummer": _("Vul uw relatienummer in"),
        "gebruikersnaam": _("Vul uw gebruikersnaam in"),
        "wachtwoord": _("Vul uw wachtwoord in"),
    }[name]


def _typed() -> dict[str, str]:
    """What is shown again: never the password."""
    return {name: request.form.get(name, "")[:100] for name in ("relatienummer", "gebruikersnaam")}


def _form(
    *, here: str, activation: bool = False, login: LoginTransaction | None = None, **context: Any
) -> Response:
    return show(
        "login",
        here=here,
        activation=activation,
        first_time_href="/2fa",
        forgotten_href="/wachtwoord-vergeten" if mailed_secrets.link_offered() else None,
        signing_in_for=login.signing_in_for if login else None,
        signed_in=login is not None and login.session_id is not None,
        form_action=login.form_action if login else (),
        passkey=None if activation else passkey.offer(login, return_to=PORTAL),
        **{"relatienummer": "", "gebruikersnaam": ""} | context,
    )

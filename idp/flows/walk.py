"""How a page knows that it is its turn, and how the person gets from one page to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from http import HTTPStatus

from flask import Response, g, redirect, request
from flask.typing import ResponseReturnValue

from idp import clock, pages
from idp.accounts import activation_codes, credentials, directory, recovery_codes
from idp.assurance import FIRST_STEP, Level, Proof, Strength, mechanism_level
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows import device_rules, transaction
from idp.flows.cookies import browser_digest, current_session
from idp.flows.device_rules import Ruling
from idp.flows.finish import finish
from idp.flows.front_door import network, origin
from idp.flows.known_browsers import known_as
from idp.flows.steps import SETTING_UP, Standing, Step, next_step, offered, recovery_helps
from idp.flows.transaction import LoginTransaction, Purpose
from idp.mfa import catalogue
from idp.mfa.factor import Factor, Login
from idp.models import Account, Credential

#: Where each step's page lives under `/inloggen/<login>`; enrolment and second factor add the kind.
_PLACES = {
    Step.IDENTIFY: "",
    Step.ACTIVATION_INTRO: "/activeren",
    Step.ACTIVATION_CODE: "/activatiecode",
    Step.CHOOSE_METHODS: "/methoden",
    Step.ENROL: "/instellen",
    Step.ENROLMENT_DONE: "/ingesteld",
    Step.CHOOSE_METHOD: "/methode",
    Step.SECOND_FACTOR: "/stap",
    Step.SET_PASSWORD: "/wachtwoord",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to one page of the walk: the sign-in, and whose it is."""

    login: LoginTransaction
    account: Account | None
    own: list[Credential]
    standing: Standing
    proofs: tuple[Proof, ...]
    step: Step
    decided: Ruling = device_rules.NONE
    """What the operator's rules ask."""

    @property
    def person(self) -> Account:
        """The account, once a password was right."""
        if self.account is None:
            raise RefusedOnOurPage(
                "out-of-turn", HTTPStatus.CONFLICT, "nobody has signed in here yet"
            )
        return self.account

    @property
    def kind(self) -> str:
        """The kind of second step that this page is about."""
        if self.step is Step.ENROL:
            return self.login.to_enrol[0]
        return self.login.chosen if self.login.chosen in self.offered else self.offered[0]

    @property
    def offered(self) -> tuple[str, ...]:
        """The kinds of second step to choose from."""
        return offered(self.login, self.standing)

    @property
    def activates(self) -> bool:
        """Whether this page is part of a first set-up, which a sign-in without a method turns into."""
        if self.login.purpose is Purpose.SIGN_IN:
            entering = self.step in {Step.ACTIVATION_INTRO, Step.ACTIVATION_CODE}
            return entering or (self.step in SETTING_UP and self.login.window_was_open)
        return self.login.purpose is Purpose.ACTIVATION

    @property
    def other_way(self) -> bool:
        """Whether another kind than this page's can be chosen that needs no message."""
        sets_up = self.step is Step.ENROL
        return any(
            factor.kind != self.kind and not factor.sends_messages
            for factor in catalogue.factors()
            if sets_up or factor.kind in self.offered
        )

    @property
    def here(self) -> str:
        """The address of the page for the present step."""
        return address(self)

    @property
    def finish_by(self) -> datetime | None:
        """Until when the person can go on from here without signing in again, as far as time alone decides."""
        limits = [self.login.lapses_at]
        if self.standing.window_open:
            window = activation_codes.open_window(self.person.id, self.login.browser)
            limits.append(window.window_ends_at if window else None)
        return min((each for each in limits if each is not None), default=None)

    def for_factor(self) -> Login:
        """What a factor may know."""
        return Login(
            id=self.login.id,
            account_id=self.person.id,
            username=self.person.username,
            relation_number=self.person.relation.number,
            language=pages.language(),
            enrolled_at=Level(self.person.enrolment_level),
            asked=self.login.demands.level,
            proven=mechanism_level(self.proofs),
            reference=self.login.reference,
            in_window=self.standing.window_open,
            origin=network(origin()),
            known_browser=known_as(self.person.id, self.person.browsers_epoch) is not None,
            since=next(
                (each.at for each in self.login.earned if each.strength in FIRST_STEP), None
            ),
        )

    def factor(self) -> Factor:
        """The factor of this page."""
        if (factor := catalogue.named(self.kind)) is None:
            raise RefusedOnOurPage(
                "out-of-turn", HTTPStatus.CONFLICT, f"the factor {self.kind} is not offered now"
            )
        return factor


Page = Callable[[Visit], ResponseReturnValue]


def visit(login: LoginTransaction, known: Visit | None = None) -> Visit:
    """Look up what the next step depends on. A blocked account goes no further.

    `known` is a visit of this very request, after which account, methods and codes are as they were.
    """
    session = current_session()
    brought: tuple[Proof, ...] = ()
    if login.session_id is not None:
        if session is None or (session.id, session.account_id) != (
            login.session_id,
            login.account_id,
        ):
            # begun by somebody who has signed out since: nothing of it counts
            login = login.moved(session_id=None).again()
        else:
            brought = session.proofs
    if known is not None and known.login.account_id == login.account_id:
        account, own, standing = known.account, known.own, known.standing
    else:
        account, own, standing = _whose(login)
    if standing.window_open and not login.window_was_open:
        login = login.moved(window_was_open=True)
    held = {None, *(credential.id for credential in own)}  # a method may be gone since
    earned = tuple(proof for proof in login.earned if proof.credential_id in held)
    if earned != login.earned:
        login = login.moved(earned=earned)
    decided = device_rules.NONE
    if account is not None:
        decided = device_rules.ruling(login, account, standing)
    if decided is not device_rules.NONE:
        standing = replace(standing, held=decided.held, stronger=decided.stronger)
    brought = tuple(
        proof
        for proof in brought
        if proof.credential_id in held
        and not (decided.fresh and proof.strength is Strength.POSSESSION)
    )
    proofs = (*brought, *earned)
    step = next_step(login, standing, proofs, now=clock.now())
    return Visit(login, account, own, standing, proofs, step, decided)


def _whose(login: LoginTransaction) -> tuple[Account | None, list[Credential], Standing]:
    account = directory.get(login.account_id) if login.account_id else None
    if account is not None and (error := blocked(account)) is not None:
        raise RefusedOnOurPage(error, HTTPStatus.FORBIDDEN, error, reference=login.reference)
    own = credentials.of_account(account.id) if account else []
    return account, own, _standing(account, own, login)


def blocked(account: Account) -> str | None:
    """The error that says what is blocked, relation before account; shown only after the right password."""
    if account.relation.blocked_at is not None:
        return "relation-blocked"
    return "account-blocked" if account.blocked_at is not None else None


def _standing(account: Account | None, own: list[Credential], login: LoginTransaction) -> Standing:
    if account is None:
        return Standing()
    waiting, window_open = activation_codes.waiting_and_open(account.id, login.browser)
    usable = catalogue.usable(own)
    factors = [factor for factor, _ in usable]
    return Standing(
        kinds=tuple(factor.kind for factor in factors),
        phishing_resistant=tuple(factor.kind for factor in factors if factor.phishing_resistant),
        hoog=tuple(factor.kind for factor, these in usable if factor.reaches(these) is Level.HOOG)
        if login.demands.level is Level.HOOG
        else (),
        live_code=waiting,
        too_new=frozenset(
            factor.kind for factor, mine in usable if all(each.is_too_new for each in mine)
        ),
        window_open=window_open,
        password_is_temporary=account.password_is_temporary,
    )


def at_step(step: Step, *others: Step) -> Callable[[Page], Callable[..., ResponseReturnValue]]:
    """The page of one step (or of each of several): gets the visit when it is its turn, else the person is led on.

    An old page that is looked at leads to where the sign-in stands; an old page that is posted says so,
    with a way on.
    """

    def decorate(page: Page) -> Callable[..., ResponseReturnValue]:
        @wraps(page)
        def turn(login_id: str, kind: str | None = None) -> ResponseReturnValue:
            login = load(login_id)
            if login.ended:
                return _already_over(login)
            if login.lapsed:
                login = _start_again(login)
                if step is not Step.IDENTIFY:
                    raise RefusedOnOurPage(
                        "session-expired",
                        HTTPStatus.BAD_REQUEST,
                        "the steps lie too far back",
                        reference=login.reference,
                        way_on=f"/inloggen/{login.id}",
                    )
            here = visit(login)
            if here.step not in {step, *others} or (kind is not None and kind != here.kind):
                return _not_this_one(here)
            if request.method == "POST":
                refuse_foreign_post(f"tx:{login.id}", login)
            return page(here)

        return turn

    return decorate


def load(login_id: str) -> LoginTransaction:
    """The sign-in of this address in this browser; its language and the scope of its forms hold from here on."""
    login = transaction.load(login_id, browser=browser_digest())
    g.reference = login.reference
    g.ui_locales = login.language
    pages.csrf_scope(f"tx:{login.id}")
    return login


def refuse_foreign_post(scope: str, login: LoginTransaction | None = None) -> None:
    """A form counts only when our own page of this browser sent it."""
    if not pages.csrf_holds(scope):
        db.session.rollback()
        raise RefusedOnOurPage(
            "out-of-turn",
            HTTPStatus.BAD_REQUEST,
            "the form's token does not hold",
            reference=login.reference if login else None,
            way_on=request.path if login else "/",
        )


def _start_again(login: LoginTransaction) -> LoginTransaction:
    fresh = transaction.save(login.again())
    db.session.commit()
    return fresh


def _already_over(login: LoginTransaction) -> ResponseReturnValue:
    if request.method == "POST":
        raise RefusedOnOurPage(
            "out-of-turn",
            HTTPStatus.CONFLICT,
            "this sign-in is complete",
            reference=login.reference,
            way_on="/",
        )
    return redirect("/", code=HTTPStatus.SEE_OTHER)


def _not_this_one(here: Visit) -> ResponseReturnValue:
    if request.method == "POST":
        raise RefusedOnOurPage(
            "out-of-turn",
            HTTPStatus.CONFLICT,
            f"posted out of turn; next is {here.step}",
            reference=here.login.reference,
            way_on=f"/inloggen/{here.login.id}",
        )
    return lead_on(here)


def lead_on(here: Visit) -> ResponseReturnValue:
    """Send the person to the page of the present step, or say why there is none."""
    if here.step is Step.FINISH:
        return finish(here.login, here.person)
    reference = here.login.reference
    if here.step is Step.NO_METHOD:
        raise RefusedOnOurPage(
            "no-method", HTTPStatus.FORBIDDEN, "no method and no live code", reference=reference
        )
    if here.step is Step.NUMBER_TOO_NEW:
        raise RefusedOnOurPage(
            "number-too-new",
            HTTPStatus.FORBIDDEN,
            "the only method is a number that does not count yet",
            reference=reference,
            until=min(each.counts_from for each in here.own if each.counts_from is not None),
            recovery_here=recovery_address(here),
        )
    if here.step is Step.WINDOW_CLOSED:
        used = activation_codes.was_used_here(here.person.id, here.login.browser)  # in another tab
        error = "activation-code-used" if used else "activation-window-closed"
        raise RefusedOnOurPage(error, HTTPStatus.GONE, "the window closed", reference=reference)
    return redirect(address(here), code=HTTPStatus.SEE_OTHER)


def onward(login: LoginTransaction, known: Visit | None = None) -> ResponseReturnValue:
    """Store where the sign-in stands, and go to the page that comes next. `known`: see `visit`."""
    here = visit(login, known)
    if here.account is not None and here.decided.applied:
        here = replace(here, login=device_rules.note(here.login, here.account, here.decided))
    if here.step is Step.FINISH:
        return lead_on(here)
    if here.step is Step.ENROL:
        here.factor().prepare(here.for_factor())
    transaction.save(here.login)
    db.session.commit()
    return lead_on(here)


def address(here: Visit) -> str:
    """The address of the page of the present step."""
    place = f"/inloggen/{here.login.id}{_PLACES[here.step]}"
    return f"{place}/{here.kind}" if here.step in {Step.ENROL, Step.SECOND_FACTOR} else place


def recovery_address(here: Visit) -> str | None:
    """Where a recovery code can take the place of the second step; `None` where it cannot, or there is none left."""
    if not recovery_helps(here.login, here.standing) or not recovery_codes.left(here.person.id):
        return None
    return f"/inloggen/{here.login.id}/herstelcode"


def show_here(here: Visit, page: str, *, at: object = None, **context: object) -> Response:
    """Render a page of the walk with what every one of them needs; `at` for one that is not the step's own."""
    return pages.show(
        page,
        here=at or here.here,
        form_action=here.login.form_action,
        signing_in_for=here.login.signing_in_for,
        activation=here.activates,
        finish_by=here.finish_by,
        held_back=bool(here.standing.held),
        **context,  # type: ignore[arg-type]
    )


def stop(here: Visit) -> ResponseReturnValue:
    """The person gives up: the application hears of it, or the sign-in page opens again."""
    transaction.save(here.login.moved(ended=True))
    record(Event.SIGN_IN_STOPPED, account_id=here.login.account_id, reference=here.login.reference)
    db.session.commit()
    gives_up = here.login.return_to.startswith("/oauth2/")
    return redirect(
        f"{here.login.return_to}?gestopt=1" if gives_up else "/", code=HTTPStatus.SEE_OTHER
    )

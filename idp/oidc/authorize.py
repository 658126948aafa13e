"""The authorization endpoint (OpenID Connect Core section 3.1.2): check, decide, and answer, now or after a sign-in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Response, g, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from idp import clock
from idp.accounts import consents, credentials, grants, sessions
from idp.accounts.sessions import LiveSession
from idp.assurance import Assurance, Level
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.begin import begin_adding_a_method, begin_sign_in
from idp.flows.cookies import browser_digest, current_session
from idp.mfa import catalogue
from idp.oidc import answers, checks, codes, consent, parameters, requests_kept, server, subjects
from idp.oidc.asked import Asked
from idp.oidc.checks import Check
from idp.oidc.decide import KEY_NEEDED, Ask, Decision, Give, Refuse, SignIn, decide
from idp.oidc.parameters import Parameters
from idp.oidc.received import received
from idp.oidc.refusals import Code, RefusedToClient
from idp.oidc.requests_kept import Kept
from idp.secret_values import new_reference

#: A request that lay waiting longer counts as asked so long ago: `prompt=login` and `max_age` mean a sign-in for it,
#: not one of earlier in the day. Steps of a sign-in count no longer than this before it is complete.
LONGEST_SIGN_IN: Final = timedelta(minutes=30)


def authorize() -> Response:
    """A new request, by GET or POST (section 3.1.2.1)."""
    asked = received(
        Parameters.of(_sent(), parameters.AUTHORIZATION),
        at=clock.now(),
        reference=g.get("reference") or new_reference(),
    )
    g.reference = asked.reference
    if (refusal := _checked(asked)) is not None:
        _stop_here_for_strangers(asked, refusal)
        return _refuse(asked, refusal, None)
    if request.method == "POST":
        # The Lax session cookie stays home with a post from elsewhere: come again by GET (RFC 9700 section 4.12).
        kept = requests_kept.keep(asked, browser=requests_kept.UNBOUND)
        db.session.commit()
        return answers.see_other(requests_kept.address(kept))
    return _go_on(asked, None)


def _sent() -> MultiDict[str, str]:
    if request.method != "POST":
        return request.args
    try:
        return request.form
    except RequestEntityTooLarge as wrong:  # an application's doing: no person filled that in
        raise RefusedOnOurPage(
            "client-request", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the request is too large"
        ) from wrong


def _stop_here_for_strangers(asked: Asked, refusal: RefusedToClient) -> None:
    """RFC 9700 section 4.11.2: nobody is sent to an application that registered itself just by following a link.

    Unless they are signed in here, or nothing may be shown, or the operator's token said that it is the body's own.
    """
    client = asked.client
    if not (client.is_self_registered and client.is_third_party) or asked.silent:
        return
    if current_session() is not None:
        return
    _audit(asked, Event.AUTHORIZATION_REFUSED, succeeded=False, reason=refusal.why)
    db.session.commit()
    raise RefusedOnOurPage(
        "client-request",
        HTTPStatus.BAD_REQUEST,
        refusal.why,
        reference=asked.reference,
        detail_code=refusal.code.value,
        way_on=client.initiate_login_uri or "/",
        here="/",
    )


def resume(request_id: str) -> Response:
    """A kept request, whose person comes back from signing in (or whose browser comes back by GET)."""
    kept = requests_kept.load(request_id, browser=browser_digest())
    asked = _of(kept)
    if (refusal := _checked(asked)) is not None:  # the client may have been changed since
        return _refuse(asked, refusal, kept)
    if "gestopt" in request.args:
        return _refuse(asked, _why_stopped(asked), kept, current_session())
    if "instellen" in request.args and _needs_key(_decision(asked, current_session())):
        return _set_up(asked, kept)
    return _go_on(asked, kept)


def _needs_key(decision: Decision) -> bool:
    return isinstance(decision, Refuse) and decision.page == KEY_NEEDED


def _set_up(asked: Asked, kept: Kept) -> Response:
    """The person sets up what the application asks, and goes on with the request after that."""
    start = begin_adding_a_method(
        return_to=requests_kept.address(kept),
        reference=asked.reference,
        signing_in_for=asked.client.shown_name,
        form_action=asked.client.form_action(asked.redirect_uri),
    )
    db.session.commit()
    return answers.see_other(start)


def _why_stopped(asked: Asked) -> RefusedToClient:
    """The client hears why, where we told the person that it cannot be; else that the person did not want to."""
    match _decision(asked, current_session()):
        case Refuse() as refuse:
            return RefusedToClient(refuse.code, f"the person went back: {refuse.why}")
        case _:
            return RefusedToClient(
                Code.ACCESS_DENIED, "the person stopped", says="the person stopped"
            )


def _checked(asked: Asked) -> RefusedToClient | None:
    """Run the checks: `RefusedOnOurPage` until the return address is trusted, then what the client must hear."""
    try:
        _hold(checks.BEFORE_THE_RETURN_ADDRESS_IS_TRUSTED, asked)
    except RefusedOnOurPage as refused:
        _audit(asked, Event.AUTHORIZATION_REFUSED, succeeded=False, reason=refused.why)
        db.session.commit()
        raise
    g.ui_locales = asked.parameters.get("ui_locales")
    try:
        _hold(checks.ONCE_THE_RETURN_ADDRESS_IS_TRUSTED, asked)
    except RefusedToClient as refused:
        return refused
    return None


def _hold(rules: Iterable[Check], asked: Asked) -> None:
    for check in rules:
        check(asked)


def _go_on(asked: Asked, kept: Kept | None) -> Response:
    session = current_session()
    decision = _decision(asked, session)
    match decision:
        case Give():
            assert session is not None  # nobody is given a code without one
            return _give(asked, session, decision, kept)
        case Refuse(page=str(page)) if not asked.silent:
            return _explain(asked, session, decision, page, kept)
        case Refuse():
            return _refuse(asked, RefusedToClient(decision.code, decision.why), kept, session)
        case Ask() if asked.silent:
            needed = RefusedToClient(Code.CONSENT_REQUIRED, "the person has to agree first")
            return _refuse(asked, needed, kept, session)
        case Ask():
            assert session is not None
            return _ask(asked, session, decision, kept)
        case SignIn() if asked.silent:
            return _refuse(asked, RefusedToClient(Code.LOGIN_REQUIRED, decision.why), kept, session)
        case SignIn():
            return _sign_in(asked, decision, kept)


def _decision(asked: Asked, session: LiveSession | None) -> Decision:
    subject = None if session is None else subjects.of_account(asked.client, session.account_id)
    hinted = requests_kept.hinted_account(asked)
    decision = decide(
        asked,
        session,
        subject=subject,
        hinted_account=hinted,
        own=Assurance(Level.SUBSTANTIEEL) if session is None else _earned_by_own(asked, session),
        now=clock.now(),
    )
    if not isinstance(decision, Give) or session is None:
        return decision
    application_id = asked.client.application_id
    if application_id is not None and not grants.may_use(session.account_id, application_id):
        return Refuse(
            Code.ACCESS_DENIED, "the account has no grant for the application", page="no-access"
        )
    return consent.asked_first(asked, session, decision) or decision


def _ask(asked: Asked, session: LiveSession, ask: Ask, kept: Kept | None) -> Response:
    """The consent page, at the address of the kept request, so that it can be reloaded."""
    if kept is not None:
        return consent.page(asked, session, ask, kept)
    kept = requests_kept.keep(asked, browser=browser_digest())
    _audit(asked, Event.AUTHORIZATION_REQUESTED, session, reason="the person has to agree first")
    db.session.commit()
    return answers.see_other(requests_kept.address(kept))


def agree(request_id: str) -> Response:
    """What the person chose on the consent page. Everything is looked at anew; a form of elsewhere changes nothing."""
    kept = requests_kept.load(request_id, browser=browser_digest())
    asked = _of(kept)
    if (refusal := _checked(asked)) is not None:
        return _refuse(asked, refusal, kept)
    session = current_session()
    decision = _decision(asked, session)
    if session is None or not isinstance(decision, Ask) or not consent.is_ours(kept, session):
        return answers.see_other(requests_kept.address(kept))
    if request.form.get("actie") == "weigeren":
        why = "the person refused consent"
        refused = RefusedToClient(Code.ACCESS_DENIED, why, says=why)
        return _refuse(asked, refused, kept, session)
    consents.give(session, asked.client.client_id, decision.kinds, reference=asked.reference)
    return _give(asked, session, decision.then, kept)


def _of(kept: Kept) -> Asked:
    g.reference = kept.reference
    at = max(kept.created_at, clock.now() - LONGEST_SIGN_IN)
    return Asked(Parameters(kept.parameters), at, kept.reference, kept.pushed)


def _earned_by_own(asked: Asked, session: LiveSession) -> Assurance:
    """The most that the account's second steps earn; looked up only where more is asked than any of them gives."""
    usual = Assurance(Level.SUBSTANTIEEL)
    if all(usual.covers(one) for one in asked.acceptable):
        return usual
    own = catalogue.usable(credentials.of_account(session.account_id))
    return Assurance(
        max((factor.reaches(these) for factor, these in own), default=usual.level),
        any(factor.phishing_resistant for factor, _ in own),
    )


def _give(asked: Asked, session: LiveSession, give: Give, kept: Kept | None) -> Response:
    """Make the code, and send the browser back with it."""
    requests_kept.answer_once(asked, kept)
    code = server.authorization_code(asked.parameters)
    client_id = asked.client.client_id
    codes.save(
        code,
        client_id=client_id,
        account_id=session.account_id,
        session_id=session.id,
        redirect_uri=asked.redirect_uri,
        code_challenge=asked.parameters.get("code_challenge"),
        nonce=asked.parameters.get("nonce"),
        scope=" ".join(asked.scope),
        claims=asked.claims.to_json(),
        audience=" ".join(asked.resources) or None,
        acr=give.acr,
        auth_time=give.auth_time,
        sid=sessions.sid_for(session.id, client_id),
        reference=asked.reference,
    )
    if not asked.silent:  # renewals in the background are nobody's activity
        sessions.touch(session)
    _audit(asked, Event.CODE_ISSUED, session, acr=give.acr)
    db.session.commit()
    return answers.to_client(asked, {"code": code})


def _refuse(
    asked: Asked,
    refusal: RefusedToClient,
    kept: Kept | None,
    session: LiveSession | None = None,
) -> Response:
    """Tell the client, which ends the request."""
    requests_kept.answer_once(asked, kept)
    _audit(
        asked,
        Event.AUTHORIZATION_REFUSED,
        session,
        succeeded=False,
        reason=refusal.why,
        error=refusal.code.value,
    )
    db.session.commit()
    return answers.refused(asked, refusal)


def _explain(
    asked: Asked,
    session: LiveSession | None,
    refuse: Refuse,
    page: str,
    kept: Kept | None,
) -> Response:
    """Tell the person, who may come back to the same address when it has been put right, or go back to the client."""
    if kept is None:
        kept = requests_kept.keep(asked, browser=browser_digest())
    here = requests_kept.address(kept)
    _audit(asked, Event.AUTHORIZATION_REFUSED, session, succeeded=False, reason=refuse.why)
    db.session.commit()
    raise RefusedOnOurPage(
        page,
        HTTPStatus.FORBIDDEN,
        refuse.why,
        reference=asked.reference,
        application=asked.client.shown_name,
        back=f"{here}?gestopt=1",
        way_on=f"{here}?instellen=1" if page == KEY_NEEDED else None,
    )


def _sign_in(asked: Asked, decision: SignIn, kept: Kept | None) -> Response:
    """Let the person sign in here; the request waits."""
    if kept is None:
        kept = requests_kept.keep(asked, browser=browser_digest(), demands=decision.demands)
    _audit(asked, Event.AUTHORIZATION_REQUESTED, None, reason=decision.why)
    start = begin_sign_in(
        decision.demands,
        return_to=requests_kept.address(kept),
        reference=asked.reference,
        signing_in_for=asked.client.shown_name,
        form_action=asked.client.form_action(asked.redirect_uri),
        language=asked.parameters.get("ui_locales"),
        anybody=decision.anybody,
    )
    db.session.commit()
    return answers.see_other(start)


def _audit(asked: Asked, event: Event, session: LiveSession | None = None, **facts: Any) -> None:
    record(
        event,
        reference=asked.reference,
        client_id=None if asked.found is None else asked.found.client_id,
        account_id=None if session is None else session.account_id,
        relation_id=None if session is None else session.relation_id,
        session_id=None if session is None else session.id,
        **facts,
    )

"""What is the matter with a client: everything that does not or will not work, and what its operator should know."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import func, select

from idp import clock, keyring, outward, settings
from idp.accounts import grants
from idp.assurance import Assurance
from idp.audit import Event
from idp.database import db
from idp.models import Application, AuditEvent, Client
from idp.oidc import client_keys, clients, sectors
from idp.oidc.refusals import Code
from idp.oidc.registration import Registration
from idp.oidc.registration_keys import they_serve
from idp.oidc.registration_rules import problems
from idp.outward import CannotReach

#: How far back refusals are looked for.
LOOKS_BACK: Final = timedelta(days=7)
#: Kinds of refusals that are told in full: first of who could not prove itself, then the youngest.
MOST_REFUSALS: Final = 5
#: A secret that is older is worth a new one (OAuth 2.1 section 7.4.1 asks that they can be changed).
SECRET_LASTS: Final = timedelta(days=365)

_REFUSALS: Final = (
    Event.AUTHORIZATION_REFUSED,
    Event.TOKEN_REFUSED,
    Event.CLIENT_AUTHENTICATION_FAILED,
    Event.CODE_REPLAYED,
    Event.REFRESH_REPLAYED,
)
#: What a refusal may tell a client without anything being wrong with it.
_USUAL: Final = frozenset({Code.LOGIN_REQUIRED.value, Code.ACCESS_DENIED.value})


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing about a client, in a sentence that says what to do."""

    wrong: bool
    """Whether something does not or will not work; else it is good to know."""
    says: str


def examine(client_id: str) -> list[Remark]:
    """Every remark about a client; `WrongInput` when there is none of that id."""
    client = clients.show(client_id)
    return [remark for examination in EXAMINATIONS for remark in examination(client)]


def reach(client_id: str) -> list[Remark]:
    """What its addresses answer, by calling them; never in a database transaction."""
    client = clients.show(client_id)
    keys, sector = client.jwks_uri, client.sector_identifier_uri
    addresses, objects = set(client.redirect_uris), tuple(client.request_uris)
    registration = clients.registration_of(client)
    db.session.rollback()
    found = list(_keys_there(keys, registration)) if keys else []
    if sector:
        try:
            missing = sorted(addresses - sectors.listed(sector))
        except CannotReach as wrong:
            found.append(_wrong(f"its sector_identifier_uri brought nothing: {wrong.why}"))
        else:
            if missing:
                found.append(_wrong(f"the list under its sector_identifier_uri lacks {missing[0]}"))
    for uri in objects:
        try:
            outward.get(uri.partition("#")[0], accept="*/*")
        except CannotReach as wrong:
            found.append(_note(f"its request_uri {uri} brought nothing now: {wrong.why}"))
    return found


def _keys_there(uri: str, registration: Registration) -> Iterator[Remark]:
    try:
        keys, lasts = client_keys.read(uri)
    except client_keys.NoKeys as wrong:
        yield _wrong(str(wrong))
        return
    for problem in they_serve(registration, keys):
        yield _wrong(f"under its jwks_uri: {problem.says}")
    named = dict.fromkeys(key.kid or key.key_type for key in (*keys.signing, *keys.encrypting))
    minutes = int(lasts.total_seconds() // 60)
    yield _note(f"its jwks_uri answers: {', '.join(named)}; kept for {minutes} minutes")


def its_registration(client: Client) -> Iterator[Remark]:
    """What could not be registered today, for whatever reason it once could."""
    for problem in problems(clients.registration_of(client)):
        yield _wrong(f"{problem.says}; `idp client update` changes it")
    if client.profile not in settings.current().enabled_profiles:
        yield _wrong(
            f"its profile {client.profile} is not offered by this deployment, so it cannot sign anybody in; "
            "IDP_ENABLED_PROFILES says which are"
        )
    for audience in client.audiences:
        if clients.api(audience) is None:
            yield _wrong(f"no client is the API {audience} that its access tokens are for")
    if not client.grant_types:
        yield _note("it gets no tokens: it is an API that asks about those of others")
    if "authorization_code" in client.grant_types and not client.post_logout_redirect_uris:
        yield _note(
            "after signing out people stay here: with a post_logout_redirect_uri they go back to the application"
        )
    if client.is_test and not settings.current().is_loopback:
        yield _note(
            "it is a test client, with rules that are looser; `idp client update --no-test`"
        )


def its_secrets(client: Client) -> Iterator[Remark]:
    """Whether it has one that works, and for how long already."""
    if client.auth_method not in clients.SECRET_METHODS:
        return
    now = clock.now()
    live = [
        each for each in client.secrets if each["until"] is None or each["until"] > now.timestamp()
    ]
    if not live:
        yield _wrong("it has no secret that works; `idp client rotate-secret` makes one")
        return
    age = now - datetime.fromtimestamp(live[0]["made_at"], now.tzinfo)
    if age > SECRET_LASTS:
        yield _note(
            f"its secret is {age.days} days old; `idp client rotate-secret` makes a new one beside it"
        )
    if len(live) > 1:
        yield _note("its previous secret still works, until the time that was said at its rotation")


def its_signatures(client: Client) -> Iterator[Remark]:
    """Whether there is a key of ours for each algorithm that it registered."""
    active = {key.alg for key in keyring.listing() if key.state == "active"}
    for alg in clients.signed_with(client):
        if alg not in active:
            yield _wrong(
                f"no key of ours signs {alg}, which its tokens need; run `idp keys rotate --alg {alg}`"
            )


def its_application(client: Client) -> Iterator[Remark]:
    """Whether people reach it from the portal, and whether anybody may."""
    if client.application_id is None or "authorization_code" not in client.grant_types:
        return
    application = db.session.get_one(Application, client.application_id)
    if client.initiate_login_uri is None:
        yield _note(
            f"the portal opens {application.address}; no initiate_login_uri is registered (OpenID Connect Core section "
            "4), so error pages of ours do not lead back to the application"
        )
    if _host(application.address) not in {_host(uri) for uri in client.redirect_uris}:
        yield _note(
            f"the portal opens {application.address}, which is on another host than its redirect addresses"
        )
    levels = grants.levels_of_holders(application.id)
    if not levels:
        yield _wrong(
            f"nobody may use {application.id}; `idp application grant` gives somebody the right"
        )
    elif max(levels) < (least := Assurance.numbered(client.level).level):
        asked, most = least.label, max(levels).label
        yield _wrong(
            f"it asks {asked}, and everybody who may use {application.id} is enrolled at {most} or lower"
        )
    if "applicaties" not in client.scopes:
        yield _note("without the scope applicaties it hears neither relation nor roles")


def its_use(client: Client) -> Iterator[Remark]:
    """Whether it ever worked, and why it was refused of late.

    A refusal is held against the client when the client itself was refused: at the token endpoint, or when it pushed a
    request as who it is. What came by a browser may be about the person, and anybody can send it; it counts only as
    long as the client never worked.
    """
    succeeded = db.session.scalar(
        select(func.max(AuditEvent.at)).where(
            AuditEvent.client_id == client.client_id, AuditEvent.event == Event.TOKEN_ISSUED.value
        )
    )
    if succeeded is None and client.grant_types:
        yield _note("it never got a token, as far back as the audit trail goes")
    judged = [_judged(refused, client, succeeded) for refused in _last_refusals(client.client_id)]
    yield from judged[:MOST_REFUSALS]
    if more := judged[MOST_REFUSALS:]:
        kinds = "1 more kind" if len(more) == 1 else f"{len(more)} more kinds"
        says = f"{kinds} of refusal in the last {LOOKS_BACK.days} days; put these right first, and check again"
        yield Remark(any(each.wrong for each in more), says)


def _judged(refused: Sequence[AuditEvent], client: Client, succeeded: datetime | None) -> Remark:
    last = refused[-1]
    by_browser = last.event == Event.AUTHORIZATION_REFUSED and not _by_itself(last, client)
    if succeeded is not None and succeeded > last.at:
        return _note(f"{_told(refused)}; it worked since")
    if last.account_id is not None and last.event == Event.AUTHORIZATION_REFUSED:
        return _note(f"{_told(refused)}; this is about a person, not about the client")
    if succeeded is not None and by_browser:
        return _note(
            f"{_told(refused)}; anybody can make such a request, and the client has worked: look further only if "
            "its people complain"
        )
    return _wrong(_told(refused))


def _by_itself(refused: AuditEvent, client: Client) -> bool:
    """Whether it pushed this request after it had proved who it is; a public client is whoever names it."""
    return refused.actor == "client" and client.auth_method != "none"


EXAMINATIONS: Final = (its_registration, its_secrets, its_signatures, its_application, its_use)


def _last_refusals(client_id: str) -> Sequence[Sequence[AuditEvent]]:
    """Refusals of late, those of one reason and from one side together.

    Who could not prove itself comes first, because nothing else works until it can; then the reason that came last.
    """
    rows = db.session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.at > clock.now() - LOOKS_BACK,
            AuditEvent.client_id == client_id,
            AuditEvent.event.in_([event.value for event in _REFUSALS]),
        )
        .order_by(AuditEvent.id.desc())
        .limit(1000)
    )
    by_reason: dict[tuple[str, str], list[AuditEvent]] = {}
    for row in rows:
        if row.details.get("error") not in _USUAL:
            by_reason.setdefault((row.reason or row.event, row.actor), []).insert(0, row)
    unproved = Event.CLIENT_AUTHENTICATION_FAILED
    return sorted(by_reason.values(), key=lambda refused: refused[-1].event != unproved)


def _told(refused: Sequence[AuditEvent]) -> str:
    last = refused[-1]
    times = "once" if len(refused) == 1 else f"{len(refused)} times"
    how = f"; `idp explain {last.reference}` says what helps" if last.reference else ""
    when = last.at.astimezone(clock.HERE).strftime("%Y-%m-%d %H:%M %Z")
    return f"refused {times} in the last {LOOKS_BACK.days} days, last at {when}: {last.reason}{how}"


def _host(address: str) -> str:
    return urlsplit(address).netloc


def _wrong(says: str) -> Remark:
    return Remark(True, says)


def _note(says: str) -> Remark:
    return Remark(False, says)

"""Relying parties: what an operator may do with a client. The caller commits."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Unpack

from sqlalchemy import delete, select
from sqlalchemy import update as sql_update

from idp import clock, settings
from idp.assurance import REGISTRABLE, Assurance
from idp.audit import Event, record
from idp.database import db, one_at_a_time
from idp.errors import WrongInput
from idp.models import (
    AccessToken,
    Application,
    AuthorizationCode,
    AuthorizationRequest,
    Client,
    Consent,
    PushedRequest,
    RefreshToken,
)
from idp.oidc import own_api, profiles
from idp.oidc.problems import Problem
from idp.oidc.registered import CLIENT_ID, RegisteredClient, digest_of, forget, load
from idp.oidc.registration import Changes, Registration
from idp.oidc.registration_rules import problems
from idp.oidc.trail import told_of
from idp.secret_values import Secret, random_token

__all__ = [
    "CannotBeRegistered",
    "Changes",
    "RegisteredClient",
    "add",
    "api",
    "listing",
    "load",
    "registration_of",
    "remove",
    "rotate_secret",
    "show",
    "update",
]

#: How long a secret still works beside the one that replaced it, unless the operator says otherwise.
OLD_SECRET_LASTS: Final = timedelta(days=7)
#: Ways of client authentication that need a secret of ours.
SECRET_METHODS: Final = frozenset({"client_secret_basic", "client_secret_post"})


class CannotBeRegistered(WrongInput):
    """A registration that breaks a rule."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.says)
        self.problem = problem


def add(
    *,
    name: str,
    profile: str,
    redirect_uris: Sequence[str] = (),
    auth_method: str | None = None,
    grant_types: Sequence[str] = ("authorization_code",),
    access_token_format: str | None = None,
    audiences: Sequence[str] = (),
    resource: str | None = None,
    post_logout_redirect_uris: Sequence[str] = (),
    backchannel_logout_uri: str | None = None,
    backchannel_logout_session_required: bool = False,
    frontchannel_logout_uri: str | None = None,
    frontchannel_logout_session_required: bool = False,
    form_action_origins: Sequence[str] = (),
    scopes: Sequence[str] | None = None,
    jwks: Mapping[str, Any] | None = None,
    application_id: str | None = None,
    level: Assurance | None = None,
    id_token_alg: str | None = None,
    id_token_claims: Sequence[str] = (),
    id_token_encrypted_response_alg: str | None = None,
    id_token_encrypted_response_enc: str | None = None,
    userinfo_signed_response_alg: str | None = None,
    userinfo_encrypted_response_alg: str | None = None,
    userinfo_encrypted_response_enc: str | None = None,
    sector: str | None = None,
    subject_type: str = "pairwise",
    initiate_login_uri: str | None = None,
    is_test: bool = False,
    require_pushed_authorization_requests: bool = False,
    is_third_party: bool = False,
    represents: bool = True,
    jwks_uri: str | None = None,
    request_uris: Sequence[str] = (),
    request_object_signing_alg: str | None = None,
    require_signed_request_object: bool = False,
    application_type: str = "web",
    sector_identifier_uri: str | None = None,
    described: Mapping[str, Any] | None = None,
    client_id: str | None = None,
    actor: str,
) -> tuple[Client, Secret | None]:
    """Register a client; returns its row and, for a method that has one, its secret, which is shown once.

    Unless named: the profile's first method and scopes, its first ID Token algorithm, the level of its application (or
    *substantieel*), the host of its addresses as sector; signed access tokens where they are for an API.
    `WrongInput` with one sentence when something cannot be.
    """
    policy = profiles.known().get(profile)
    if policy is None or profile not in settings.current().enabled_profiles:
        raise WrongInput(
            f"{profile} is no profile of this deployment; it offers {', '.join(settings.current().enabled_profiles)}"
        )
    application = _application(application_id)
    needed = None if application is None else Assurance.numbered(application.level)
    usual_scopes = policy.default_scopes if "authorization_code" in grant_types else ()
    usual_format = "jwt" if audiences else policy.access_token_formats[0]
    registration = Registration(
        name=name.strip(),
        profile=policy,
        auth_method=auth_method or policy.auth_methods[0],
        grant_types=tuple(grant_types),
        access_token_format=access_token_format or usual_format,
        audiences=tuple(audiences),
        resource=resource,
        redirect_uris=tuple(redirect_uris),
        post_logout_redirect_uris=tuple(post_logout_redirect_uris),
        backchannel_logout_uri=backchannel_logout_uri,
        backchannel_logout_session_required=backchannel_logout_session_required,
        frontchannel_logout_uri=frontchannel_logout_uri,
        frontchannel_logout_session_required=frontchannel_logout_session_required,
        form_action_origins=tuple(form_action_origins),
        scopes=tuple(usual_scopes if scopes is None else scopes),
        jwks=jwks,
        application_id=application_id,
        application_level=needed,
        level=level or needed or REGISTRABLE["substantieel"],
        id_token_alg=id_token_alg or policy.signing_algs[0],
        id_token_claims=tuple(id_token_claims),
        id_token_encrypted_response_alg=id_token_encrypted_response_alg,
        id_token_encrypted_response_enc=id_token_encrypted_response_enc,
        userinfo_signed_response_alg=userinfo_signed_response_alg,
        userinfo_encrypted_response_alg=userinfo_encrypted_response_alg,
        userinfo_encrypted_response_enc=userinfo_encrypted_response_enc,
        sector=sector,
        subject_type=subject_type,
        initiate_login_uri=initiate_login_uri,
        is_test=is_test,
        require_pushed_authorization_requests=require_pushed_authorization_requests,
        is_third_party=is_third_party,
        represents=represents,
        jwks_uri=jwks_uri,
        request_uris=tuple(request_uris),
        request_object_signing_alg=request_object_signing_alg,
        require_signed_request_object=require_signed_request_object,
        application_type=application_type,
        sector_identifier_uri=sector_identifier_uri,
        described=described or {},
    )
    _refuse_the_first(_problems(registration, None))
    chosen = client_id or f"c-{secrets.token_hex(12)}"
    if client_id is not None:
        one_at_a_time("client-ids")  # of two that choose one id, the second is told
    if not CLIENT_ID.fullmatch(chosen) or len(chosen) == 43:  # 43 characters is how long a `sub` is
        raise WrongInput(
            f"{chosen!r} cannot be a client id: 3 to 60 letters, digits, dots, dashes or underscores, not 43"
        )
    if db.session.get(Client, chosen) is not None:
        raise WrongInput(f"the client id {chosen} exists already, or did; ids are not used twice")
    client = Client(client_id=chosen, secrets=[], **registration.columns())
    secret = (
        _new_secret(client, old_lasts=timedelta(0))
        if client.auth_method in SECRET_METHODS
        else None
    )
    db.session.add(client)
    db.session.flush()
    record(
        Event.CLIENT_ADDED,
        actor=actor,
        client_id=chosen,
        profile=profile,
        auth_method=client.auth_method,
        represents=represents,
        **told_of(client),
    )
    return client, secret


def update(
    client_id: str, *, actor: str, **changes: Unpack[Changes]
) -> tuple[Client, Secret | None]:
    """Change what is named; the rest stays. A secret comes back when the client needs one and had none.

    `WrongInput` when the client is unknown, nothing is named, or the result could not be registered.
    """
    client = _existing(client_id)
    if not changes:
        raise WrongInput("nothing to change was named")
    registration = registration_of(client).changed(
        changes, _application(changes.get("application_id", client.application_id))
    )
    if registration.profile.name not in settings.current().enabled_profiles:
        raise WrongInput(f"{registration.profile.name} is no profile of this deployment")
    _refuse_the_first(_problems(registration, client_id))
    for column, value in registration.columns().items():
        setattr(client, column, value)
    secret = None
    if client.auth_method in SECRET_METHODS:
        secret = None if client.secrets else _new_secret(client, old_lasts=timedelta(0))
    else:
        client.secrets = []
    _changed(client)
    record(
        Event.CLIENT_UPDATED,
        actor=actor,
        client_id=client_id,
        changed=sorted(changes),
        **told_of(client),
    )
    return client, secret


def rotate_secret(client_id: str, *, actor: str, old_lasts: timedelta = OLD_SECRET_LASTS) -> Secret:
    """A new secret; the one before works on for `old_lasts`, older ones stop now (OAuth 2.1: at most two)."""
    client = _existing(client_id)
    if client.auth_method not in SECRET_METHODS:
        raise WrongInput(f"{client_id} has no secret: it authenticates by {client.auth_method}")
    secret = _new_secret(client, old_lasts=old_lasts)
    _changed(client)
    record(
        Event.CLIENT_SECRET_ROTATED,
        actor=actor,
        client_id=client_id,
        old_lasts_hours=old_lasts.total_seconds() / 3600,
        **told_of(client),
    )
    return secret


def remove(client_id: str, *, actor: str) -> Client:
    """End a client: it gets nothing more, and what it holds stops working. Its id stays taken."""
    client = _existing(client_id)
    now = clock.now()
    client.removed_at = now
    client.secrets = []
    client.resource = None  # another client may become this API
    client.registration_access_digest = None
    for table in (AuthorizationCode, AccessToken, RefreshToken):
        held = (table.client_id == client_id, table.revoked_at.is_(None))
        db.session.execute(sql_update(table).where(*held).values(revoked_at=now))
    for kept in (AuthorizationRequest, PushedRequest, Consent):
        db.session.execute(delete(kept).where(kept.client_id == client_id))
    _changed(client)
    record(Event.CLIENT_REMOVED, actor=actor, client_id=client_id, **told_of(client))
    return client


def listing() -> list[Client]:
    """The clients in force, by name."""
    return list(
        db.session.scalars(select(Client).where(Client.removed_at.is_(None)).order_by(Client.name))
    )


def show(client_id: str) -> Client:
    """One client; `WrongInput` when there is none of that id."""
    return _existing(client_id)


def _existing(client_id: str) -> Client:
    client = db.session.get(Client, client_id)
    if client is None or client.removed_at is not None:
        raise WrongInput(f"there is no client {client_id}")
    return client


def _problems(registration: Registration, client_id: str | None) -> Iterator[Problem]:
    """Why this cannot be registered, beside the other clients that there are."""
    yield from problems(registration)
    if registration.resource is not None and api(registration.resource) not in {None, client_id}:
        yield Problem("resource", "another client is the API {} already", registration.resource)
    for audience in registration.audiences:
        if audience != own_api.address() and api(audience) is None:
            yield Problem(
                "audiences", "no client is the API {}; add that first, with --resource", audience
            )


def api(resource: str) -> str | None:
    """Which client is an API; `None` where nobody registered it."""
    return db.session.execute(
        select(Client.client_id).where(Client.resource == resource)
    ).scalar_one_or_none()


def signed_with(client: Client) -> tuple[str, ...]:
    """The algorithms of our keys that its tokens and answers need."""
    if not client.grant_types:
        return ()
    named = (client.id_token_alg, client.userinfo_signed_response_alg)
    return tuple(dict.fromkeys(alg for alg in named if alg is not None))


def _application(application_id: str | None) -> Application | None:
    if application_id is None:
        return None
    application = db.session.get(Application, application_id)
    if application is None:
        raise WrongInput(f"there is no application {application_id}")
    return application


def registration_of(client: Client) -> Registration:
    """A client's row as the rules of a registration read it."""
    application = (
        db.session.get(Application, client.application_id) if client.application_id else None
    )
    return Registration(
        name=client.name,
        profile=profiles.known()[client.profile],
        auth_method=client.auth_method,
        grant_types=tuple(client.grant_types),
        access_token_format=client.access_token_format,
        audiences=tuple(client.audiences),
        resource=client.resource,
        redirect_uris=tuple(client.redirect_uris),
        post_logout_redirect_uris=tuple(client.post_logout_redirect_uris),
        backchannel_logout_uri=client.backchannel_logout_uri,
        backchannel_logout_session_required=client.backchannel_logout_session_required,
        frontchannel_logout_uri=client.frontchannel_logout_uri,
        frontchannel_logout_session_required=client.frontchannel_logout_session_required,
        form_action_origins=tuple(client.form_action_origins),
        scopes=tuple(client.scopes),
        jwks=client.jwks,
        application_id=client.application_id,
        application_level=None if application is None else Assurance.numbered(application.level),
        level=Assurance.numbered(client.level),
        id_token_alg=client.id_token_alg,
        id_token_claims=tuple(client.id_token_claims),
        id_token_encrypted_response_alg=client.id_token_encrypted_response_alg,
        id_token_encrypted_response_enc=client.id_token_encrypted_response_enc,
        userinfo_signed_response_alg=client.userinfo_signed_response_alg,
        userinfo_encrypted_response_alg=client.userinfo_encrypted_response_alg,
        userinfo_encrypted_response_enc=client.userinfo_encrypted_response_enc,
        sector=client.sector or None,
        subject_type=client.subject_type,
        initiate_login_uri=client.initiate_login_uri,
        is_test=client.is_test,
        require_pushed_authorization_requests=client.require_pushed_authorization_requests,
        is_third_party=client.is_third_party,
        represents=client.represents,
        jwks_uri=client.jwks_uri,
        request_uris=tuple(client.request_uris),
        request_object_signing_alg=client.request_object_signing_alg,
        require_signed_request_object=client.require_signed_request_object,
        application_type=client.application_type,
        sector_identifier_uri=client.sector_identifier_uri,
        described=client.described,
    )


def _new_secret(client: Client, *, old_lasts: timedelta) -> Secret:
    """Put a new secret first; the youngest of the others stays until it ends."""
    now = clock.now()
    secret = Secret(random_token())
    ends = (now + old_lasts).timestamp()
    kept = [
        {**each, "until": ends if each["until"] is None else min(ends, each["until"])}
        for each in client.secrets[:1]
        if old_lasts and (each["until"] is None or each["until"] > now.timestamp())
    ]
    client.secrets = [
        {"digest": digest_of(secret.reveal()), "made_at": now.timestamp(), "until": None},
        *kept,
    ]
    return secret


def _changed(client: Client) -> None:
    client.version += 1
    db.session.flush()
    forget(client.client_id)


def _refuse_the_first(found: Iterable[Problem]) -> None:
    for problem in found:
        raise CannotBeRegistered(problem)

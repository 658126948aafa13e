"""The OAuth side: clients, what they asked, and what they were given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from idp import clock
from idp.database import Base, Moment
from idp.secret_values import new_id


class Client(Base):
    """A relying party's registration (RFC 7591 section 2 names most members)."""

    __tablename__ = "client"

    client_id: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    profile: Mapped[str] = mapped_column(String(20))
    auth_method: Mapped[str] = mapped_column(String(30))
    """`token_endpoint_auth_method`."""
    secrets: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    """Digests of at most two secrets, with when they were made and until when they hold."""
    jwks: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    grant_types: Mapped[list[str]] = mapped_column(JSON, default=lambda: ["authorization_code"])
    """Empty for an API that only asks us about tokens."""
    access_token_format: Mapped[str] = mapped_column(String(10), default="opaque")
    """`opaque` or `jwt` (RFC 9068)."""
    audiences: Mapped[list[str]] = mapped_column(JSON, default=list)
    """The APIs that its access tokens may be for, the usual one first: each the `resource` of another client."""
    resource: Mapped[str | None] = mapped_column(String(500), unique=True)
    """The API that this client is (RFC 8707 section 2)."""
    redirect_uris: Mapped[list[str]] = mapped_column(JSON)
    post_logout_redirect_uris: Mapped[list[str]] = mapped_column(JSON, default=list)
    form_action_origins: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Further origins that the callback redirects on to, for the page's CSP."""
    initiate_login_uri: Mapped[str | None] = mapped_column(String(500))
    scopes: Mapped[list[str]] = mapped_column(JSON)
    sector: Mapped[str] = mapped_column(String(200))
    """What pairwise subjects are computed for (OpenID Connect Core section 8.1)."""
    subject_type: Mapped[str] = mapped_column(String(10), default="pairwise")
    id_token_alg: Mapped[str] = mapped_column(String(10))
    """`id_token_signed_response_alg`."""
    id_token_claims: Mapped[list[str]] = mapped_column(JSON, default=list)
    """Claims of its scopes that stand in its ID Token too, without being asked there by name."""
    id_token_encrypted_response_alg: Mapped[str | None] = mapped_column(String(20))
    id_token_encrypted_response_enc: Mapped[str | None] = mapped_column(String(20))
    userinfo_signed_response_alg: Mapped[str | None] = mapped_column(String(10))
    userinfo_encrypted_response_alg: Mapped[str | None] = mapped_column(String(20))
    userinfo_encrypted_response_enc: Mapped[str | None] = mapped_column(String(20))
    level: Mapped[int]
    """The level a request asks when it names none, and the least it gets."""
    default_acr_values: Mapped[list[str]] = mapped_column(JSON, default=list)
    application_id: Mapped[str | None] = mapped_column(ForeignKey("application.id"))
    """A client bound to an application gets no code for an account without a grant in force."""
    is_test: Mapped[bool] = mapped_column(default=False)
    require_pushed_authorization_requests: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )
    """Whether its requests count only when they were pushed (RFC 9126 section 6)."""
    is_third_party: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Not the body's own: people are asked before it gets to know them."""
    represents: Mapped[bool] = mapped_column(default=True, server_default=true())
    """`False` when it was agreed that representation does not apply: then nlgov tells nothing of it."""
    jwks_uri: Mapped[str | None] = mapped_column(String(2000))
    """Where its keys are fetched, instead of `jwks`."""
    request_uris: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    """Where its request objects may be fetched (OpenID Connect Core section 6.2)."""
    request_object_signing_alg: Mapped[str | None] = mapped_column(String(10))
    require_signed_request_object: Mapped[bool] = mapped_column(
        default=False, server_default=false()
    )
    """Whether its requests count only when they were signed (RFC 9101 section 10.5)."""
    application_type: Mapped[str] = mapped_column(String(10), default="web", server_default="web")
    """`web` or `native`; the latter may return to a port of its own on this machine (RFC 8252 section 7.3)."""
    sector_identifier_uri: Mapped[str | None] = mapped_column(String(2000))
    """The list that proves that its redirect addresses are of one sector (Core section 8.1)."""
    described: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    """What a registration says for people to read; kept, told again, and nothing follows from it."""
    registration_token_id: Mapped[str | None] = mapped_column(ForeignKey("registration_token.id"))
    """The token with which it registered itself; none for a client that the operator added."""
    registration_access_digest: Mapped[str | None] = mapped_column(String(64))
    """What it manages its own registration with (RFC 7592 section 3), by digest."""
    removed_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)


class RegistrationToken(Base):
    """An initial access token (RFC 7591 section 3), by digest: what clients that register with it get, and how many."""

    __tablename__ = "registration_token"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    remark: Mapped[str] = mapped_column(String(100))
    """For whom it is, in the operator's words."""
    profile: Mapped[str] = mapped_column(String(20))
    level: Mapped[int]
    scopes: Mapped[list[str]] = mapped_column(JSON)
    application_id: Mapped[str | None] = mapped_column(ForeignKey("application.id"))
    is_test: Mapped[bool]
    is_third_party: Mapped[bool]
    most: Mapped[int]
    """How many clients may register with it."""
    used: Mapped[int] = mapped_column(default=0)
    issued_by: Mapped[str] = mapped_column(String(100))
    issued_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Moment)


class AuthorizationRequest(Base):
    """A checked authorization request that waits for its sign-in; the browser goes on to it from `finish`."""

    __tablename__ = "authorization_request"

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    browser: Mapped[str] = mapped_column(String(64))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    demands: Mapped[dict[str, Any]] = mapped_column(JSON)
    reference: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime] = mapped_column(Moment, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    pushed: Mapped[str | None] = mapped_column(String(64))
    """The pushed request that it is a copy of; whoever answers first claims that one."""


class PushedRequest(Base):
    """A checked request that a client pushed (RFC 9126), by digest of its handle; claimed by its one answer."""

    __tablename__ = "pushed_request"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    reference: Mapped[str] = mapped_column(String(12))
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)


class AuthorizationCode(Base):
    """An issued code, by digest; claimed by one statement (RFC 6749 section 4.1.2)."""

    __tablename__ = "authorization_code"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id"), index=True)
    redirect_uri: Mapped[str] = mapped_column(String(2000))
    code_challenge: Mapped[str | None] = mapped_column(String(43))
    nonce: Mapped[str | None] = mapped_column(String(2048))
    scope: Mapped[str] = mapped_column(String(500))
    claims: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """The `claims` parameter (OpenID Connect Core section 5.5)."""
    audience: Mapped[str | None] = mapped_column(Text)
    """The APIs that were asked for by `resource` (RFC 8707), separated by spaces; empty when none was."""
    acr: Mapped[str] = mapped_column(String(200))
    amr: Mapped[list[str]] = mapped_column(JSON, default=list)
    auth_time: Mapped[int]
    sid: Mapped[str] = mapped_column(String(43))
    reference: Mapped[str] = mapped_column(String(12))
    issued_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    claimed_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class AccessToken(Base):
    """An issued access token, by digest; ends with its session and with its family.

    One that a client got for itself (RFC 6749 section 4.4) has no code, account, session, `acr` and `auth_time`.
    """

    __tablename__ = "access_token"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    code_digest: Mapped[str | None] = mapped_column(String(64), index=True)
    """Its family: what came of one code carries the digest of that code."""
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), index=True)
    session_id: Mapped[str | None] = mapped_column(ForeignKey("session.id"), index=True)
    scope: Mapped[str] = mapped_column(String(500))
    claims: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    audience: Mapped[str | None] = mapped_column(Text)
    """The APIs that it is for, beside us, separated by spaces."""
    acr: Mapped[str | None] = mapped_column(String(200))
    auth_time: Mapped[int | None]
    reference: Mapped[str] = mapped_column(String(12))
    issued_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class RefreshToken(Base):
    """An issued refresh token, by digest; used by one statement (RFC 9700 section 4.14)."""

    __tablename__ = "refresh_token"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    code_digest: Mapped[str] = mapped_column(String(64), index=True)
    """Its family."""
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"))
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    session_id: Mapped[str] = mapped_column(ForeignKey("session.id"), index=True)
    scope: Mapped[str] = mapped_column(String(500))
    claims: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    audience: Mapped[str | None] = mapped_column(Text)
    """As with the code."""
    acr: Mapped[str] = mapped_column(String(200))
    auth_time: Mapped[int]
    sid: Mapped[str] = mapped_column(String(43))
    reference: Mapped[str] = mapped_column(String(12))
    issued_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    """When it ends if nobody uses it."""
    ends_at: Mapped[datetime] = mapped_column(Moment)
    """When its whole family ends, used or not."""
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class SpentAssertion(Base):
    """The `jti` of a client assertion that was used; its insert can lose (RFC 7523 section 3)."""

    __tablename__ = "spent_assertion"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)

"""Authlib's part, and all of it: the grammar of the grants, over our rules and our rows.

docs/decisions/0002-what-authlib-keeps.md says what is whose. Our own checks come first everywhere; what Authlib
refuses after them it refuses as a second reader.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode

from idp import settings
from idp.oidc import (
    access_tokens,
    claims,
    codes,
    credentials,
    holders,
    refresh_tokens,
    registered,
    resources,
    responses,
)
from idp.oidc.codes import ClaimedCode
from idp.oidc.credentials import Presented
from idp.oidc.holders import Holder
from idp.oidc.mandates import Mandate
from idp.oidc.parameters import Parameters
from idp.oidc.refusals import Code, RefusedToClient, refuse
from idp.oidc.registered import RegisteredClient
from idp.secret_values import new_reference, random_token


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


# Authlib's debug lines of the grants repeat the access token, and no level may bring that out.
for _grant in (AuthorizationCodeGrant, RefreshTokenGrant, ClientCredentialsGrant):
    logging.getLogger(_grant.__module__).addFilter(_above_debug)


@dataclass(frozen=True, slots=True)
class Given:
    """What a token request got."""

    body: dict[str, Any]
    client_id: str
    mandate: Mandate | None
    """Of which sign-in; `None` for a client's own token."""

    @property
    def facts(self) -> dict[str, Any]:
        """Whose it is, as the audit trail writes it."""
        if self.mandate is None:
            return {"client_id": self.client_id, "reference": new_reference()}
        return self.mandate.facts


class ReadRequest(OAuth2Request):
    """A request that we read and checked; Authlib never sees Flask's.

    Authlib writes down here what it finds: `client`, `authorization_code` or `refresh_token`, `user`.
    """

    payload: Any
    client: Any
    authorization_code: Any
    refresh_token: Any
    user: Any

    def __init__(
        self, path: str, parameters: Parameters, *, presented: Presented | None = None
    ) -> None:
        # whether http will do was decided by the settings; Authlib would refuse it on [::1] and on port 80
        super().__init__("POST", f"https://{settings.current().host}{path}")
        self.payload = BasicOAuth2Payload(dict(parameters.sent))
        self.presented = presented

    @property
    def form(self) -> dict[str, str]:
        """The parameters of the body, which are all there are."""
        data: dict[str, str] = self.payload.data
        return data


class KnownClient(ClientMixin):
    """A registered client, as Authlib asks about it."""

    def __init__(self, client: RegisteredClient, asked: tuple[str, ...] = ()) -> None:
        self.registered = client
        self.asked = asked
        """The APIs that the token request names."""
        self.audience: tuple[str, ...] = ()
        """The APIs that its token will be for; a grant finds out."""

    def get_client_id(self) -> str:
        return self.registered.client_id

    def get_default_redirect_uri(self) -> str:
        return ""  # there is none: `redirect_uri` is never completed

    def get_allowed_scope(self, scope: Collection[str] | str) -> str:
        words = scope.split() if isinstance(scope, str) else scope
        return " ".join(word for word in words if word in self.registered.scopes)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return self.registered.returns_to(redirect_uri)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.registered.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.registered.grant_types


class CodeGrant(AuthorizationCodeGrant):
    """RFC 6749 section 4.1."""

    request: Any

    def query_authorization_code(self, code: str, client: Any) -> ClaimedCode:
        """Claim it: from here on this request is the only one (Authlib would delete it after minting)."""
        sent = self.request.form
        claimed = codes.claim(
            code,
            client_id=client.get_client_id(),
            redirect_uri=sent.get("redirect_uri", ""),
            verifier=sent.get("code_verifier"),
        )
        try:
            client.audience = resources.of_a_token(
                client.registered, claimed.audience, client.asked, **claimed.facts
            )
        except RefusedToClient:
            codes.give_back(claimed)
            raise
        return claimed

    def delete_authorization_code(self, authorization_code: ClaimedCode) -> None:
        """Claimed already."""

    def authenticate_user(self, authorization_code: ClaimedCode) -> Holder:
        """Whose code it is."""
        client: KnownClient = self.request.client
        return holders.holder_of(client.registered, authorization_code, client.audience)

    def save_token(self, token: dict[str, Any]) -> None:
        """With the first refresh token, where the client may have one."""
        self.server.save_token(token, self.request)
        if self.request.client.check_grant_type("refresh_token"):
            token["refresh_token"] = refresh_tokens.first(self.request.authorization_code)


class RefreshGrant(RefreshTokenGrant):
    """RFC 6749 section 6, OpenID Connect Core section 12."""

    request: Any

    def authenticate_refresh_token(self, refresh_token: str) -> Any:
        """Use it: from here on this request is the only one, or repeats it."""
        client: KnownClient = self.request.client
        asked = self.request.form.get("scope", "").split()
        # words that nobody knows are ignored, as in the authorization request, unless there is nothing else
        known = client.registered.profile.scopes
        counts = tuple(word for word in asked if word in known) or tuple(asked)
        self.request.form["scope"] = " ".join(counts)
        used = refresh_tokens.use(refresh_token, client.registered, counts, client.asked)
        client.audience = used.audience
        return used

    def authenticate_user(self, refresh_token: Any) -> Holder:
        """Whose sign-in it was, as account, relation, session and grants are now."""
        client: KnownClient = self.request.client
        return holders.holder_of(client.registered, refresh_token.mandate, client.audience)

    def issue_token(self, user: Any, refresh_token: Any) -> dict[str, Any]:
        """The usual answer, with the refresh token for the next time."""
        token: dict[str, Any] = super().issue_token(user, refresh_token)
        return token | {"refresh_token": refresh_token.next}

    def revoke_old_credential(self, refresh_token: Any) -> None:
        """Used already."""


class OwnGrant(ClientCredentialsGrant):
    """RFC 6749 section 4.4: a client acts for itself; no ID Token, no refresh token."""

    request: Any

    def validate_requested_scope(self) -> None:
        """Never more than was registered (NL GOV OAuth), neither of scopes nor of APIs."""
        known: KnownClient = self.request.client
        client = known.registered
        known.audience = resources.of_a_token(client, (), known.asked)
        if not client.scopes.issuperset(self.request.form.get("scope", "").split()):
            why = "a scope is not registered for this client"
            refuse(Code.INVALID_SCOPE, why, says=why, client_id=client.client_id)


class S256Challenge(CodeChallenge):
    """RFC 7636 without `plain`."""

    def __init__(self) -> None:
        super().__init__(required=True)
        self.DEFAULT_CODE_CHALLENGE_METHOD = "S256"
        self.SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]
        self.CODE_CHALLENGE_METHODS = {"S256": CodeChallenge.CODE_CHALLENGE_METHODS["S256"]}


class IdToken(OpenIDCode):
    """Adds the ID Token to the answer (OpenID Connect Core section 3.1.3.3): our claims, our keys."""

    def exists_nonce(self, nonce: str, request: OAuth2Request) -> bool:
        return False  # whether a nonce was seen before is the client's check

    def encode_id_token(self, token: Mapping[str, Any], request: Any) -> str:
        """Sign the claims with the algorithm that the client registered."""
        client: RegisteredClient = request.client.registered
        holder: Holder = request.user
        content = claims.id_token(
            client,
            holder.mandate,
            holder.person,
            holder.granted,
            access_token=token["access_token"],
        )
        return responses.id_token(client, content)


class IdTokenAgain(IdToken):
    """The same for a refreshed answer, where no authorization request is to be checked."""

    def __call__(self, grant: Any) -> None:
        grant.register_hook("after_create_token_response", self.process_token)


class Server(AuthorizationServer):
    """Authlib's server, without a framework around it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_grant(CodeGrant, [S256Challenge(), IdToken()])
        self.register_grant(RefreshGrant, [IdTokenAgain()])
        self.register_grant(OwnGrant)
        generator: Any = _bearer_token  # any function will do; the stubs want a class
        self.register_token_generator("default", generator)
        for method in ("client_secret_basic", "client_secret_post", "private_key_jwt", "none"):
            self.register_client_auth_method(method, _authenticated(method))

    def query_client(self, client_id: str) -> Any:
        found = registered.load(client_id)
        return None if found is None else KnownClient(found)

    def save_token(self, token: Mapping[str, Any], request: Any) -> None:
        client: KnownClient = request.client
        scope = token.get("scope", "")
        access_tokens.save(
            token["access_token"], client.registered, request.user, scope, client.audience
        )

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def authorization_code(parameters: Parameters) -> str:
    """A code for a request that was granted, after Authlib read the request too; the caller stores it."""
    request = ReadRequest("/oauth2/authorize", parameters)
    try:
        grant: Any = SERVER.get_authorization_grant(request)
        grant.validate_authorization_request()
    except OAuth2Error as error:
        raise RefusedToClient(Code.INVALID_REQUEST, f"Authlib refused: {error.error}") from error
    return random_token()


def redeemed(parameters: Parameters, presented: Presented) -> Given:
    """The answer to a token request (RFC 6749 section 5.1), or `RefusedToClient`."""
    request = ReadRequest("/oauth2/token", parameters, presented=presented)
    try:
        grant: Any = SERVER.get_token_grant(request)
        grant.TOKEN_ENDPOINT_AUTH_METHODS = [
            presented.method
        ]  # the one that was used, and no other
        grant.validate_token_request()
        _status, body, _headers = grant.create_token_response()
    except OAuth2Error as error:
        raise RefusedToClient(Code(str(error.error)), f"Authlib refused: {error.error}") from error
    holder: Holder | None = request.user
    mandate = None if holder is None else holder.mandate
    return Given(body, request.client.get_client_id(), mandate)


def _bearer_token(
    *, client: KnownClient, user: Holder | None, scope: str | None, **_facts: Any
) -> dict[str, Any]:
    """A bearer token (RFC 6750)."""
    token = {
        "access_token": access_tokens.new(client.registered, user, scope or "", client.audience),
        "token_type": "Bearer",
        "expires_in": access_tokens.lasts(user),
    }
    return token | ({"scope": scope} if scope else {})


def _authenticated(method: str) -> Callable[[Any, Any], KnownClient | None]:
    def authenticate(_query_client: Any, request: ReadRequest) -> KnownClient | None:
        given = request.presented
        if given is None or given.method != method:
            return None
        client = credentials.authenticate(given)
        if request.form["grant_type"] not in client.grant_types:
            why = "the client is not registered for this grant_type"
            refuse(Code.UNAUTHORIZED_CLIENT, why, says=why, client_id=client.client_id)
        responses.prepare(client, client.id_token_encryption)
        return KnownClient(client, tuple(request.form.get("resource", "").split()))

    return authenticate


SERVER: Final = Server()

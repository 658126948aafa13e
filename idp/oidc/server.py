"""Authlib's part, and all of it: the grammar of the authorization code grant, over our rules and our rows.

docs/decisions/0002-what-authlib-keeps.md says what is whose. Our own checks come first everywhere; what Authlib
refuses after them it refuses as a second reader.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode

from idp import keyring, settings
from idp.accounts import grants
from idp.accounts.grants import GrantedApplication
from idp.audit import Event, record
from idp.oidc import access_tokens, claims, codes, credentials, persons, registered
from idp.oidc.asked import ID_TOKEN_TYPE
from idp.oidc.codes import ClaimedCode
from idp.oidc.credentials import Presented
from idp.oidc.parameters import Parameters
from idp.oidc.persons import Person
from idp.oidc.refusals import Code, RefusedToClient
from idp.oidc.registered import RegisteredClient
from idp.secret_values import random_token


def _above_debug(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


# Authlib's debug lines of this grant repeat the access token, and no level may bring that out.
logging.getLogger(AuthorizationCodeGrant.__module__).addFilter(_above_debug)


@dataclass(frozen=True, slots=True)
class Holder:
    """The person for whom tokens are made, with what may be used."""

    person: Person
    granted: tuple[GrantedApplication, ...]


class ReadRequest(OAuth2Request):
    """A request that we read and checked; Authlib never sees Flask's.

    Authlib writes down here what it finds: `client`, `authorization_code`, `user`.
    """

    payload: Any
    client: Any
    authorization_code: Any
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

    def __init__(self, client: RegisteredClient) -> None:
        self.registered = client

    def get_client_id(self) -> str:
        return self.registered.client_id

    def get_default_redirect_uri(self) -> str:
        return ""  # there is none: `redirect_uri` is never completed

    def get_allowed_scope(self, scope: Collection[str] | str) -> str:
        words = scope.split() if isinstance(scope, str) else scope
        return " ".join(word for word in words if word in self.registered.scopes)

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.registered.redirect_uris

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == self.registered.auth_method

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class CodeGrant(AuthorizationCodeGrant):
    """The one grant there is (RFC 6749 section 4.1)."""

    request: Any

    def __init__(self, request: ReadRequest, server: AuthorizationServer) -> None:
        super().__init__(request, server)
        if request.presented is not None:
            self.TOKEN_ENDPOINT_AUTH_METHODS = [request.presented.method]

    def query_authorization_code(self, code: str, client: Any) -> ClaimedCode:
        """Claim it: from here on this request is the only one (Authlib would delete it after minting)."""
        sent = self.request.form
        return codes.claim(
            code,
            client_id=client.get_client_id(),
            redirect_uri=sent.get("redirect_uri", ""),
            verifier=sent.get("code_verifier"),
        )

    def delete_authorization_code(self, authorization_code: ClaimedCode) -> None:
        """Claimed already."""

    def authenticate_user(self, authorization_code: ClaimedCode) -> Holder:
        """Whose code it is; nobody's, once the session ended, the account was blocked, or its grant withdrawn."""
        person = persons.of_session(authorization_code.session_id)
        if person is None:
            _refuse(authorization_code, "the session ended, or account or relation is blocked")
        client: RegisteredClient = self.request.client.registered
        names = claims.wanted_in_id_token(
            client, authorization_code.scope.split(), authorization_code.claims.get("id_token", ())
        )
        needed = claims.need_grants(client, names)
        granted = grants.of_account(person.account_id) if needed else ()
        if client.application_id is not None and not any(
            each.id == client.application_id for each in granted
        ):
            _refuse(authorization_code, "the grant for the application was withdrawn")
        return Holder(person, granted)


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
            request.authorization_code,
            holder.person,
            holder.granted,
            access_token=token["access_token"],
        )
        return keyring.current().sign(content, alg=client.id_token_alg, typ=ID_TOKEN_TYPE)


class Server(AuthorizationServer):
    """Authlib's server, without a framework around it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_grant(CodeGrant, [S256Challenge(), IdToken()])
        generator: Any = _bearer_token  # any function will do; the stubs want a class
        self.register_token_generator("default", generator)
        for method in ("client_secret_basic", "client_secret_post", "private_key_jwt", "none"):
            self.register_client_auth_method(method, _authenticated(method))

    def query_client(self, client_id: str) -> Any:
        found = registered.load(client_id)
        return None if found is None else KnownClient(found)

    def save_token(self, token: Mapping[str, Any], request: Any) -> None:
        access_tokens.save(token["access_token"], code=request.authorization_code)

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


def redeemed(parameters: Parameters, presented: Presented) -> tuple[dict[str, Any], ClaimedCode]:
    """The answer to a token request (RFC 6749 section 4.1.4) and the code that it redeemed; else `RefusedToClient`."""
    request = ReadRequest("/oauth2/token", parameters, presented=presented)
    try:
        grant: Any = SERVER.get_token_grant(request)
        grant.validate_token_request()
        _status, body, _headers = grant.create_token_response()
    except OAuth2Error as error:
        raise RefusedToClient(Code(str(error.error)), f"Authlib refused: {error.error}") from error
    return body, request.authorization_code


def _refuse(code: ClaimedCode, why: str) -> NoReturn:
    """A claimed code gives nothing; why is for whoever investigates."""
    record(
        Event.TOKEN_REFUSED,
        succeeded=False,
        actor="client",
        reference=code.reference,
        account_id=code.account_id,
        client_id=code.client_id,
        session_id=code.session_id,
        reason=why,
    )
    raise RefusedToClient(Code.INVALID_GRANT, why, reference=code.reference)


def _bearer_token(*, scope: str, **_facts: Any) -> dict[str, Any]:
    """An opaque bearer token (RFC 6750); its row says what it is for."""
    return {
        "access_token": random_token(),
        "token_type": "Bearer",
        "expires_in": settings.current().access_token_seconds,
        "scope": scope,
    }


def _authenticated(method: str) -> Callable[[Any, Any], KnownClient | None]:
    def authenticate(_query_client: Any, request: ReadRequest) -> KnownClient | None:
        given = request.presented
        if given is None or given.method != method:
            return None
        return KnownClient(credentials.authenticate(given))

    return authenticate


SERVER: Final = Server()

"""Authlib's Flask client, told to trust less: one per application, all with the same provider."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping
from typing import Any

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskIntegration, FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from relying_party_demo.configuration import Application
from relying_party_demo.discovery import Provider
from relying_party_demo.id_token import LEEWAY_SECONDS, claims_class, claims_options
from relying_party_demo.outgoing import TIMEOUT_SECONDS, read_bounded
from relying_party_demo.problems import ProviderUnreachable, SignInProblem

ASSERTION_SECONDS = 60

# Authlib writes each code verifier to its debug log.
logging.getLogger("authlib.integrations.base_client.sync_app").setLevel(logging.INFO)


class BoundedSession(OAuth2Session):
    """Calls with the limits of `outgoing.py`."""

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        kwargs |= {"timeout": TIMEOUT_SECONDS, "allow_redirects": False, "stream": True}
        response: requests.Response = super().request(method, url, **kwargs)
        return read_bounded(response)


class ClientAssertion(PrivateKeyJWT):
    """A client assertion that lives a minute and names the issuer as its only audience.

    Authlib's own lives an hour and names the token endpoint; RFC 7523 section 3 leaves both free,
    and careful providers take minutes only.
    """

    def __init__(self, key: RSAKey | ECKey, audience: str) -> None:
        super().__init__(audience)
        self._key = key
        self._audience = audience
        self._header = {"alg": str(key.get("alg") or _usual_algorithm(key)), "typ": "JWT"}
        if key.get("kid"):
            self._header["kid"] = str(key.get("kid"))

    def sign(self, auth: Any, token_endpoint: str) -> str:
        now = int(time.time())
        claims = {
            "iss": auth.client_id,
            "sub": auth.client_id,
            "aud": self._audience,
            "jti": secrets.token_urlsafe(24),
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
        }
        return jwt.encode(self._header, claims, self._key, algorithms=[self._header["alg"]])


class ApplicationClient(FlaskOAuth2App):
    """One application's client at the provider."""

    client_cls = BoundedSession

    def __init__(self, application: Application, provider: Provider, verify: str | bool) -> None:
        self.provider = provider
        assertions = []
        if application.auth_method == "private_key_jwt":
            assertions.append(ClientAssertion(application.signing_key(), provider.issuer))
        super().__init__(
            FlaskIntegration(application.id),
            application.id,
            client_id=application.client_id,
            client_secret=application.client_secret,
            client_auth_methods=assertions,
            client_kwargs={
                "scope": application.scope,
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": application.auth_method,
                "verify": verify,
                "trust_env": False,
                "leeway": 0,
            },
        )

    def load_server_metadata(self) -> dict[str, Any]:
        """Hand Authlib only what was checked: it takes session options from this dictionary."""
        metadata = self.provider.metadata()
        return {
            "issuer": metadata.issuer,
            "authorization_endpoint": metadata.authorization_endpoint,
            "token_endpoint": metadata.token_endpoint,
            "userinfo_endpoint": metadata.userinfo_endpoint,
            "end_session_endpoint": metadata.end_session_endpoint,
            "id_token_signing_alg_values_supported": list(metadata.signing_algorithms),
        }

    def fetch_jwk_set(self, force: bool = False) -> dict[str, Any]:
        return self.provider.keys(fresh=force)

    def redeem(self, code: str, *, redirect_uri: str, code_verifier: str) -> dict[str, Any]:
        """Exchange the authorization code; raise `SignInProblem` when the provider refuses."""
        try:
            token = self.fetch_access_token(  # type: ignore[no-untyped-call]
                redirect_uri=redirect_uri, code=code, code_verifier=code_verifier
            )
        except OAuthError as problem:
            raise SignInProblem(problem.error or "", why="token endpoint refused") from problem
        except requests.RequestException as problem:
            raise ProviderUnreachable(why=f"token endpoint: {type(problem).__name__}") from problem
        except ValueError as problem:
            raise SignInProblem("provider_misbehaves", why="token answer is no JSON") from problem
        if not isinstance(token.get("id_token"), str) or not isinstance(
            token.get("access_token"), str
        ):
            raise SignInProblem("provider_misbehaves", why="token answer without tokens")
        return dict(token)

    def verified_claims(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        """Return the claims of the ID Token once everything in it was verified.

        OpenID Connect Core section 3.1.3.7; raises `SignInProblem` with code `invalid_id_token`.
        """
        options = claims_options(self.provider.issuer, str(self.client_id))
        try:
            believer = claims_class(token["access_token"])
            claims = self.parse_id_token(token, nonce, options, believer, LEEWAY_SECONDS)
        except (JoseError, LookupError, TypeError, ValueError) as problem:
            # Which check failed; `str` of a claim error would hold no value either.
            reason = getattr(problem, "claim", None) or type(problem).__name__
            raise SignInProblem("invalid_id_token", why=f"ID Token: {reason}") from problem
        return dict(claims or {})

    def person(self, token: dict[str, Any], subject: str) -> dict[str, Any]:
        """Ask UserInfo who this is; empty when the provider has none.

        An answer about somebody else is refused (OpenID Connect Core section 5.3.2).
        """
        if self.provider.metadata().userinfo_endpoint is None:
            return {}
        try:
            userinfo = self.userinfo(token=token)
        except OAuthError as problem:
            raise SignInProblem("provider_misbehaves", why="access token unusable") from problem
        except requests.JSONDecodeError as problem:
            raise SignInProblem("provider_misbehaves", why="UserInfo is no JSON") from problem
        except requests.RequestException as problem:
            raise ProviderUnreachable(why=f"UserInfo: {type(problem).__name__}") from problem
        if userinfo.get("sub") != subject:
            raise SignInProblem("invalid_userinfo", why="UserInfo of another subject")
        return dict(userinfo)

    def stands(self, access_token: str, claims: Mapping[str, Any]) -> bool:
        """Ask UserInfo whether a token still counts for the person it was given for."""
        metadata = self.provider.metadata()
        if metadata.userinfo_endpoint is None:
            return False
        try:
            bearer = {"access_token": access_token, "token_type": "Bearer"}
            answer = self.get(metadata.userinfo_endpoint, token=bearer)  # type: ignore[no-untyped-call]
            subject = answer.json().get("sub") if answer.status_code == 200 else None
        except (requests.RequestException, ValueError, AttributeError) as problem:
            raise ProviderUnreachable(why=f"UserInfo: {type(problem).__name__}") from problem
        if answer.status_code >= 500:
            raise ProviderUnreachable(why=f"UserInfo: status {answer.status_code}")
        return subject is not None and subject == claims["sub"]


def _usual_algorithm(key: RSAKey | ECKey) -> str:
    if isinstance(key, RSAKey):
        return "PS256"
    return {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[key.curve_name]

"""Relying parties for tests: registered at a house, they ask, redeem and verify as an application does, over HTTP only.

anna = provider.person()
shop = provider.application()
answer = shop.ask(provider.browser(anna))          # the parameters that came back to the redirect_uri
tokens = shop.redeem(answer["code"]).get_json()
claims = shop.verified(tokens["id_token"])
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from werkzeug.test import TestResponse

from idp import clock, keyring
from idp.accounts import directory, sessions
from idp.assurance import REGISTRABLE, Assurance, Level, Proof, Strength, password_proof
from idp.audit import Event
from idp.database import db
from idp.keyring.source import FileSource
from idp.models import Application, AuditEvent
from idp.oidc import clients
from idp.secret_values import RootSecret
from tests.support.journeys import ISSUER, ROOT_SECRET, House, Person, Visitor, add_person, grant
from tests.support.pages import Page
from tests.support.run import Run

CALLBACK: Final = "http://localhost:8401/callback"
AFTERWARDS: Final = "http://localhost:8401/uitgelogd"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TOKEN: Final = f"{ISSUER}/oauth2/token"
LOW: Final = "http://eidas.europa.eu/LoA/low"
SUBSTANTIAL: Final = "http://eidas.europa.eu/LoA/substantial"
HIGH: Final = "http://eidas.europa.eu/LoA/high"
ALL_SCOPES: Final = ("openid", "profile", "email", "address", "phone", "applicaties")

_CLIENT_KEYS: Final[dict[str, RSAKey | ECKey | OKPKey]] = {}

ClientKey = RSAKey | ECKey | OKPKey


def client_key(kind: str = "EC", *, name: str = "one") -> ClientKey:
    """A client's key pair; made once per process, because RSA is slow to make."""
    wanted = f"{kind}-{name}"
    if wanted not in _CLIENT_KEYS:
        makers = {
            "EC": lambda: ECKey.generate_key("P-256", {"kid": wanted}),
            "RSA": lambda: RSAKey.generate_key(2048, {"kid": wanted}),
            "OKP": lambda: OKPKey.generate_key("Ed25519", {"kid": wanted}),
        }
        _CLIENT_KEYS[wanted] = makers[kind]()
    return _CLIENT_KEYS[wanted]


def public(*keys: ClientKey) -> dict[str, Any]:
    """The key set that a client registers."""
    return {"keys": [key.as_dict(private=False) for key in keys]}


def challenge_of(verifier: str) -> str:
    """S256 (RFC 7636 section 4.2), written out once more on this side."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass
class RelyingParty:
    """One registered client, with what it keeps to itself."""

    house: House
    client_id: str
    method: str
    secret: str | None = None
    key: ClientKey | None = None
    redirect_uri: str = CALLBACK
    scope: str = "openid"
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def request(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; `None` leaves one out."""
        usual: dict[str, str | None] = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": self.scope,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def address(self, **changes: str | None) -> str:
        """The address that starts an authorization request."""
        return f"/oauth2/authorize?{urlencode(self.request(**changes), quote_via=quote)}"

    def visit(self, browser: Visitor, **changes: str | None) -> Page:
        """Send a browser with a request; the page or the address where it ends."""
        return browser.get(self.address(**changes))

    def ask(self, browser: Visitor, **changes: str | None) -> dict[str, str]:
        """The same, for a request that is answered at once: the parameters of the answer."""
        return self.answer(self.visit(browser, **changes))

    def answer(self, page: Page) -> dict[str, str]:
        """What came back to our redirect address, and nowhere else; `iss` and our `state` with it."""
        assert page.left_for is not None, f"no answer yet: {page}"
        came_to, _, query = page.left_for.partition("?")
        assert came_to == self.redirect_uri.partition("?")[0]
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True)
        assert len(pairs) == len(dict(pairs)), f"a parameter stands twice in {query}"
        assert dict(pairs).get("iss") == ISSUER
        return dict(pairs)

    def push(self, *, headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        """Bring the request ourselves (RFC 9126), authenticated the registered way."""
        return self.send("/oauth2/par", self.request() | changes, headers)

    def handle(self, **changes: str | None) -> str:
        """The `request_uri` of a request that was pushed."""
        return str(self.push(**changes).get_json()["request_uri"])

    def by_handle(self, handle: str, **beside: str) -> str:
        """The address that opens a pushed request."""
        return f"/oauth2/authorize?{urlencode({'client_id': self.client_id, 'request_uri': handle} | beside)}"

    def redeem(
        self, code: str | None, *, headers: dict[str, str] | None = None, **changes: str | None
    ) -> TestResponse:
        """The token request, authenticated the registered way unless `headers` say otherwise."""
        usual: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.send("/oauth2/token", usual | changes, headers)

    def refresh(self, token: str | None, **changes: str | None) -> TestResponse:
        """The token request that uses a refresh token."""
        usual = {"grant_type": "refresh_token", "refresh_token": token}
        return self.send("/oauth2/token", usual | changes)

    def own_token(self, **changes: str | None) -> TestResponse:
        """The token request of a client for itself."""
        return self.send("/oauth2/token", {"grant_type": "client_credentials"} | changes)

    def revoke(self, token: str | None, **changes: str | None) -> TestResponse:
        """Give a token back."""
        return self.send("/oauth2/revoke", {"token": token} | changes)

    def introspect(self, token: str | None, **changes: str | None) -> TestResponse:
        """Ask about a token."""
        return self.send("/oauth2/introspect", {"token": token} | changes)

    def send(
        self, path: str, fields: Mapping[str, str | None], headers: dict[str, str] | None = None
    ) -> TestResponse:
        """Post a form, authenticated the registered way where fields and headers do not say otherwise."""
        whole = self.credentials() | dict(fields)
        return self.house.app.test_client().post(
            path,
            base_url=ISSUER,
            data={name: value for name, value in whole.items() if value is not None},
            headers=self.header() if headers is None else headers,
        )

    def credentials(self) -> dict[str, str | None]:
        """What goes into the body to say who we are."""
        if self.method == "client_secret_post":
            return {"client_id": self.client_id, "client_secret": self.secret}
        if self.method == "private_key_jwt":
            return {"client_assertion_type": ASSERTION, "client_assertion": self.assertion()}
        return {"client_id": self.client_id} if self.method == "none" else {}

    def header(self) -> dict[str, str]:
        """What goes into the header."""
        if self.method != "client_secret_basic":
            return {}
        return basic(self.client_id, self.secret or "")

    def assertion(
        self,
        *,
        alg: str | None = None,
        header: dict[str, Any] | None = None,
        key: Any = None,
        **changes: Any,
    ) -> str:
        """A client assertion (RFC 7523); a claim that is `None` is left out."""
        now = clock.now().timestamp()
        claims: dict[str, Any] = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": ISSUER,
            "jti": secrets.token_urlsafe(16),
            "iat": int(now),
            "exp": int(now) + 60,
        }
        sent = {name: value for name, value in (claims | changes).items() if value is not None}
        signer = key or self.key
        chosen = alg or {"EC": "ES256", "RSA": "RS256", "OKP": "Ed25519"}[signer.key_type]
        top = {"alg": chosen, **({"kid": signer.kid} if signer.kid else {}), **(header or {})}
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # of EdDSA
            return jwt.encode(top, sent, signer, [chosen])

    def tokens(self, browser: Visitor, **changes: str | None) -> dict[str, Any]:
        """Ask and redeem: the body of the token response."""
        response = self.redeem(self.ask(browser, **changes)["code"])
        assert response.status_code == 200, response.get_json()
        body: dict[str, Any] = response.get_json()
        return body

    def verified(self, id_token: str) -> dict[str, Any]:
        """The claims, after the signature holds against the published keys."""
        header, _ = unverified(id_token)
        [key] = [key for key in Provider(self.house).keys()["keys"] if key["kid"] == header["kid"]]
        assert (header["alg"], "sig") == (key["alg"], key["use"])
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):  # of EdDSA
            token = jwt.decode(id_token, KeySet.import_key_set({"keys": [key]}), [key["alg"]])
        return token.claims

    def userinfo(self, access_token: str) -> TestResponse:
        """What UserInfo says to that token."""
        return self.house.app.test_client().get(
            "/oauth2/userinfo",
            base_url=ISSUER,
            headers={"Authorization": f"Bearer {access_token}"},
        )


@dataclass
class Provider:
    """The house as applications know it: with keys, applications and people who may use them."""

    house: House

    @classmethod
    def of(cls, house: House, run: Run) -> Provider:
        """The house with signing keys, which are made once per run."""
        made = run.folder / "signing-keys"
        run.once("signing-keys", lambda: _make_keys(made))
        folder: Path = house.app.config["IDP"].key_folder
        shutil.copytree(made, folder, dirs_exist_ok=True)
        return cls(house)

    def application(
        self,
        application_id: str | None = "wmo",
        *,
        profile: str = "basic",
        auth_method: str = "client_secret_basic",
        redirect_uri: str = CALLBACK,
        scopes: tuple[str, ...] = ALL_SCOPES,
        scope: str = "openid",
        key: ClientKey | None = None,
        client_id: str | None = None,
        **said: Any,
    ) -> RelyingParty:
        """A registered client, of an application that is made when needed; `None` for a client without one."""
        if auth_method == "private_key_jwt" and key is None:
            key = client_key()
        said.setdefault("post_logout_redirect_uris", [AFTERWARDS])
        if isinstance(said.get("level"), Level):
            said["level"] = Assurance(said["level"])
        with self.house.inside():
            if application_id and db.session.get(Application, application_id) is None:
                row = {"name": application_id.title(), "address": "http://localhost:8401/inloggen"}
                level = said.get("level", REGISTRABLE["substantieel"]).number
                db.session.add(Application(id=application_id, level=level, **row))
                db.session.flush()
            client, secret = clients.add(
                name=f"Client of {application_id}",
                profile=profile,
                auth_method=auth_method,
                redirect_uris=[redirect_uri] if redirect_uri else [],
                scopes=scopes,
                jwks=public(key) if key else None,
                application_id=application_id,
                client_id=client_id,
                actor="test",
                **said,
            )
            found = client.client_id
        return RelyingParty(
            self.house,
            found,
            auth_method,
            secret=secret.reveal() if secret else None,
            key=key,
            redirect_uri=redirect_uri,
            scope=scope,
        )

    def nlgov(self, application_id: str | None = "wmo", **said: Any) -> RelyingParty:
        """A client of the NL GOV profile."""
        return self.application(
            application_id, profile="nlgov", auth_method="private_key_jwt", **said
        )

    def machine(self, application_id: str | None = None, **said: Any) -> RelyingParty:
        """A client for which nobody signs in: it acts for itself, or is an API."""
        usual = {"grant_types": ("client_credentials",), "post_logout_redirect_uris": ()}
        return self.application(application_id, redirect_uri="", scopes=(), **(usual | said))

    def person(
        self,
        username: str = "j.devries",
        *applications: str,
        level: Level = Level.SUBSTANTIEEL,
        **more: Any,
    ) -> Person:
        """Somebody who may use the applications that are named, or `wmo` when it exists."""
        person = add_person(self.house, username, level=level, **more)
        with self.house.inside():
            known = db.session.get(Application, "wmo") is not None
        for application_id in applications or (("wmo",) if known else ()):
            grant(self.house, person, application_id)
        return person

    def browser(
        self, person: Person | None = None, *, steps: int = 2, ago: timedelta = timedelta(0)
    ) -> Visitor:
        """A browser, in which that person signed in (some time ago) with one or two steps."""
        browser = self.house.browser()
        if person is not None:
            self.sign_in(browser, person, steps=steps, at=clock.now() - ago)
        return browser

    def sign_in(self, browser: Visitor, person: Person, *, steps: int = 2, at: datetime) -> str:
        """Open a session as `finish` does, without walking there; returns its id."""
        proofs = [password_proof(at)]
        if steps > 1:
            proofs.append(Proof(kind="totp", strength=Strength.POSSESSION, at=at, amr=("otp",)))
        with self.house.inside():
            session_id, cookie = sessions.open_session(
                person.id, proofs, device="Test", reference="TEST-TEST"
            )
        browser.plant("__Host-idp_session", cookie)
        return session_id

    def block(self, person: Person) -> None:
        """Block the account, as the desk does."""
        with self.house.inside():
            account = directory.get(person.id)
            assert account is not None
            directory.block_account(account, actor="test")

    def events(self, event: Event) -> list[AuditEvent]:
        """What the audit trail says happened, oldest first."""
        with self.house.app.app_context():
            rows = db.session.query(AuditEvent).filter_by(event=event.value).order_by(AuditEvent.id)
            return list(rows)

    def keys(self) -> dict[str, Any]:
        """The published keys."""
        answer = self.house.app.test_client().get("/oauth2/jwks", base_url=ISSUER)
        published: dict[str, Any] = answer.get_json()
        return published


def _make_keys(folder: Path) -> None:
    source = FileSource(folder, RootSecret.from_text(ROOT_SECRET))
    long_ago = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    for alg in keyring.ALGORITHMS:
        source.create(alg, now=long_ago, active_from=long_ago)


def basic(client_id: str, secret: str) -> dict[str, str]:
    """A Basic header, each half form-encoded (RFC 6749 section 2.3.1)."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT, read without belief."""
    parts = token.split(".")
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in parts[:2])
    return header, claims


def host_of(address: str | None) -> str:
    """The host and port of an address."""
    return urlsplit(address or "").netloc

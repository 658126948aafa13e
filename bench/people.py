"""Who signs in here, and into what: accounts with an authenticator app, an application, its clients."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
import pyotp

from bench.browser import FORM, Browser, Line, Page
from bench.errors import BenchError
from idp import keyring, migrations
from idp.accounts import directory, grants, passwords
from idp.assurance import REGISTRABLE, Level
from idp.cli.work import at_work
from idp.database import db
from idp.mfa import seeding
from idp.models import Account
from idp.oidc import clients
from idp.servicedesk import applications
from idp.settings import Settings

RELATION: Final = "90000001"
PASSWORD: Final = "een lange zin voor de meting"
CALLBACK: Final = "http://localhost:1/callback"
ACTOR: Final = "bench"
FOR_ITSELF: Final = "machine"
#: Every client by its name, with what it says in its registration that the others do not.
CLIENTS: Final[dict[str, dict[str, Any]]] = {
    "RS256": {"id_token_alg": "RS256"},
    "ES256": {"id_token_alg": "ES256"},
    "refreshing": {"id_token_alg": "ES256", "grant_types": ("authorization_code", "refresh_token")},
    FOR_ITSELF: {"grant_types": ("client_credentials",), "scopes": ()},
}


@dataclass(frozen=True, slots=True)
class Person:
    """One account."""

    username: str
    totp_secret: str

    def sign_in(self, browser: Browser, path: str) -> Page:
        """Walk from the address where it starts to the address where it ends: password, then authenticator app."""
        page = browser.open(path)
        _expect(page, "login")
        page = browser.post(
            page, relatienummer=RELATION, gebruikersnaam=self.username, wachtwoord=PASSWORD
        )
        _expect(page, "second-factor")
        return browser.post(page, code=pyotp.TOTP(self.totp_secret).now())


@dataclass(frozen=True, slots=True)
class Code:
    """A code that came back, and the verifier that belongs to it."""

    value: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One authorization request with PKCE (RFC 7636): where the browser goes, and what proves that we sent it."""

    client_id: str
    verifier: str

    @property
    def path(self) -> str:
        """The local address."""
        challenge = hashlib.sha256(self.verifier.encode()).digest()
        return "/oauth2/authorize?" + urlencode(
            {
                "response_type": "code",
                "client_id": self.client_id,
                "redirect_uri": CALLBACK,
                "scope": "openid profile applicaties",
                "state": secrets.token_urlsafe(16),
                "nonce": secrets.token_urlsafe(16),
                "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            }
        )

    def code_in(self, page: Page) -> Code:
        """The code in the answer that the browser brought."""
        given = parse_qs(urlsplit(page.address).query)
        if not page.address.startswith(CALLBACK) or "code" not in given:
            raise BenchError(f"no code came back, but {page.name} {given.get('error', '')}")
        return Code(given["code"][0], self.verifier)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an application holds; no refresh token where it is not registered for them."""

    access: str
    refresh: str


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """An application's OAuth side, with a connection of its own to the provider."""

    client_id: str
    secret: str
    line: Line

    def asks(self) -> Ask:
        """A new request."""
        return Ask(self.client_id, secrets.token_urlsafe(32))

    def exchange(self, code: Code) -> Tokens:
        """Redeem a code."""
        return self._tokens(
            grant_type="authorization_code",
            code=code.value,
            redirect_uri=CALLBACK,
            code_verifier=code.verifier,
        )

    def refresh(self, tokens: Tokens) -> Tokens:
        """Renew them; the refresh token is spent, and another comes back."""
        return self._tokens(grant_type="refresh_token", refresh_token=tokens.refresh)

    def for_itself(self) -> Tokens:
        """Client credentials: a token for nobody."""
        return self._tokens(grant_type="client_credentials")

    def introspect(self, tokens: Tokens) -> None:
        """Ask whether the access token still counts."""
        if not self._post("/oauth2/introspect", token=tokens.access).get("active"):
            raise BenchError("introspection says that the token does not count")

    def userinfo(self, tokens: Tokens) -> None:
        """Ask who it was."""
        headers = {"Authorization": f"Bearer {tokens.access}"}
        answer = self.line.send("GET", "/oauth2/userinfo", headers, b"")
        if answer.status != 200:
            raise BenchError(f"UserInfo failed: {answer.status} {answer.body[:200]!r}")

    def _tokens(self, **form: str) -> Tokens:
        answer = self._post("/oauth2/token", **form)
        return Tokens(answer["access_token"], answer.get("refresh_token", ""))

    def _post(self, path: str, **form: str) -> dict[str, Any]:
        basic = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        headers = {"Authorization": f"Basic {basic}", "Content-Type": FORM}
        answer = self.line.send("POST", path, headers, urlencode(form).encode())
        if answer.status != 200:
            raise BenchError(f"{path} failed: {answer.status} {answer.body[:200]!r}")
        found: dict[str, Any] = orjson.loads(answer.body)
        return found


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody in one provider; each person signs in once, because a code of the app works once."""

    people: list[Person]
    secrets: dict[str, str]
    """Client secrets by the client's name: a key of `CLIENTS`."""
    password_hash: str

    def relying_party(self, name: str, line: Line) -> RelyingParty:
        """The client of that name."""
        return RelyingParty(_client_id(name), self.secrets[name], line)


def engage(settings: Settings, count: int) -> Cast:
    """Put `count` people, an application and its clients into a provider; makes tables and keys if there are none."""
    migrations.upgrade(settings.database_url)
    with at_work(settings):
        if not keyring.listing():
            keyring.rotate(actor=ACTOR)
        application = applications.add(
            settings,
            identifier="bench",
            name="Meting",
            address="http://localhost:1/inloggen",
            description="",
            level=REGISTRABLE["substantieel"],
            position=None,
            actor=ACTOR,
        )
        relation = directory.add_relation(
            number=RELATION, name="Gemeente Voorbeeld", kind="gemeente", actor=ACTOR
        )
        model = Account()  # never stored
        passwords.set_password(model, PASSWORD, temporary=False)
        people = []
        for number in range(count):
            account = _account(relation.id, f"persoon{number}", model)
            person = Person(account.username, pyotp.random_base32(32))
            seeding.add_totp(account, person.totp_secret)
            grants.grant(
                account, application, roles=("inzien",), starts_at=None, ends_at=None, actor=ACTOR
            )
            people.append(person)
        registered = {name: _client(name, **said) for name, said in CLIENTS.items()}
        return Cast(people, registered, model.password_hash)


def _account(relation_id: str, username: str, model: Account) -> Account:
    """An account that shares its hash with the others: a thousand hashes would take longer than the run."""
    account = Account(
        relation_id=relation_id,
        username=username,
        username_key=username,
        name="Pietje Persoon",
        enrolment_level=int(Level.SUBSTANTIEEL),
        password_hash=model.password_hash,
        password_scheme=model.password_scheme,
        password_is_temporary=False,
    )
    db.session.add(account)
    db.session.flush()
    return account


def _client(name: str, **said: Any) -> str:
    for_people = {
        "redirect_uris": (CALLBACK,),
        "scopes": ("openid", "profile", "applicaties"),
        "application_id": "bench",
    }
    _, secret = clients.add(
        client_id=_client_id(name),
        name=f"Meting {name}",
        profile="basic",
        auth_method="client_secret_basic",
        sector=f"{name.lower()}.voorbeeld",
        actor=ACTOR,
        **({} if name == FOR_ITSELF else for_people) | said,
    )
    assert secret is not None, "client_secret_basic has one"
    return secret.reveal()


def _client_id(name: str) -> str:
    return f"bench-{name.lower()}"


def _expect(page: Page, name: str) -> None:
    if page.name != name:
        raise BenchError(f"expected the page {name}, got {page.name}")

"""What the operator wrote for this demo: read once, typed, refused early."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

AUTH_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
LEVELS = ("laag", "substantieel", "phr", "hoog")
#: First parts of addresses that mean something else than an application.
RESERVED = {
    *("inloggen", "callback", "uitloggen", "uitgelogd", "afgemeld", "health", "static"),
    *("laag", "substantieel", "phr", "vers", "api", "gegevens"),
}

Made = TypeVar("Made")


class ConfigurationError(Exception):
    """One sentence: what is wrong with the configuration, and where."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """One application of the demo: a client at the provider and a page here."""

    id: str
    """First part of its address here, and its id in the claim `applicaties`."""
    name: str
    description: str = ""
    client_id: str
    auth_method: str
    client_secret: str | None = None
    private_jwks: dict[str, Any] | None = None
    scope: str = "openid profile applicaties"
    level: str | None = None
    """The level a sign-in must have reached; None asks nothing."""
    at_laag: str | None = None
    """The id of its other client, registered at laag, with which its pages at that level sign in."""

    def __post_init__(self) -> None:
        where = f"application {self.id!r}"
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", self.id) or self.id in RESERVED:
            raise ConfigurationError(f"{where}: this id cannot be part of an address")
        if self.auth_method not in AUTH_METHODS:
            raise ConfigurationError(f"{where}: auth_method is one of {', '.join(AUTH_METHODS)}")
        if self.auth_method.startswith("client_secret") and not self.client_secret:
            raise ConfigurationError(f"{where}: {self.auth_method} needs a client_secret")
        if self.auth_method == "private_key_jwt":
            self.signing_key()
        if self.level is not None and self.level not in LEVELS:
            raise ConfigurationError(f"{where}: level is one of {', '.join(LEVELS)}, or null")
        if "openid" not in self.scope.split():
            raise ConfigurationError(f"{where}: scope must hold openid")

    def signing_key(self) -> RSAKey | ECKey:
        """Parse the key for `private_key_jwt`; an RSA key takes some 30 ms, so do it once."""
        try:
            key = KeySet.import_key_set(self.private_jwks or {}).keys[0]  # type: ignore[arg-type]
        except (JoseError, LookupError, TypeError, ValueError):
            key = None
        if isinstance(key, RSAKey | ECKey) and key.is_private:
            return key
        raise ConfigurationError(
            f"application {self.id!r}: private_jwks must hold a private RSA or EC key"
        )


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The whole demo."""

    issuer: str
    """The provider, exactly as it names itself in `iss`."""
    address: str
    """Public origin of this demo, without a slash at the end."""
    bind: str
    """`host:port` to listen on."""
    session_secret: str
    ca_bundle: str | None = None
    """File with extra trust for calls to the provider."""
    applications: tuple[Application, ...]

    def __post_init__(self) -> None:
        _demand_web_address("issuer", self.issuer)
        _demand_web_address("address", self.address)
        if urlsplit(self.address).path:
            raise ConfigurationError("address must be an origin, without a path or final slash")
        if not re.fullmatch(r"\S+:\d{1,5}", self.bind):
            raise ConfigurationError("bind must look like 127.0.0.1:8401")
        if len(self.session_secret) < 32:
            raise ConfigurationError("session_secret must have at least 32 characters")
        if self.ca_bundle is not None and not Path(self.ca_bundle).is_file():
            raise ConfigurationError("ca_bundle names a file that is not there")
        if not self.applications:
            raise ConfigurationError("applications must hold at least one application")
        if len({one.id for one in self.applications}) < len(self.applications):
            raise ConfigurationError("applications: two of them have the same id")

    @property
    def verify(self) -> str | bool:
        """What outgoing TLS calls trust, as `requests` wants it."""
        return self.ca_bundle or True


def load(path: Path) -> Configuration:
    """Read the file; raise `ConfigurationError` with one sentence for the operator."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigurationError(f"cannot read {path}: {problem.strerror}") from problem
    except ValueError as problem:
        raise ConfigurationError(f"{path} is not JSON") from problem
    return parse(document)


def parse(document: object) -> Configuration:
    """Turn the decoded JSON into a `Configuration`."""
    if not isinstance(document, dict):
        raise ConfigurationError("the configuration must be a JSON object")
    applications = document.get("applications")
    if not isinstance(applications, list) or not all(isinstance(x, dict) for x in applications):
        raise ConfigurationError("applications must be a list of objects")
    made = tuple(_make(Application, given, "application") for given in applications)
    return _make(Configuration, {**document, "applications": made}, "configuration")


def _make(kind: type[Made], given: Mapping[str, Any], where: str) -> Made:
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    if strangers := given.keys() - known.keys():
        raise ConfigurationError(f"{where}: unknown name {', '.join(sorted(strangers))}")
    required = {name for name, field in known.items() if field.default is MISSING}
    if missing := required - given.keys():
        raise ConfigurationError(f"{where}: missing {', '.join(sorted(missing))}")
    for name, value in given.items():
        optional = name not in required and value is None
        expected = {"private_jwks": dict, "applications": tuple}.get(name, str)
        if not optional and not isinstance(value, expected):
            raise ConfigurationError(f"{where}: {name} has the wrong type")
    return kind(**given)


def _demand_web_address(name: str, address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise ConfigurationError(f"{name} must be a web address")
    if parts.query or parts.fragment:
        raise ConfigurationError(f"{name} must be without a query and a fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigurationError(f"{name} must be https, unless it is on this machine")


def is_loopback(host: str) -> bool:
    """Whether the host name can only be this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

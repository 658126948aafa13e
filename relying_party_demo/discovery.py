"""The provider as it describes itself (OpenID Connect Discovery 1.0), fetched when first needed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from relying_party_demo.outgoing import get_json
from relying_party_demo.problems import SignInProblem

METADATA_SECONDS = 3600
KEYS_SECONDS = 600
#: How young the keys have to be before a key that is not among them is looked for again: anybody can name one.
NEW_KEYS_SECONDS = 60
#: Signatures that anybody can check with a public key; "none" and HS256 never, whatever is offered.
SIGNING_ALGORITHMS = tuple(
    f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)
)


@dataclass(frozen=True, kw_only=True)
class ProviderMetadata:
    """The part of the provider's metadata that this demo uses, checked."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    signing_algorithms: tuple[str, ...]
    names_itself_in_answers: bool
    """RFC 9207 section 3: every authorization response holds `iss`."""


class Provider:
    """One provider. Remembers what it fetched; a provider that is not there yet is asked again."""

    def __init__(self, issuer: str, *, verify: str | bool) -> None:
        self.issuer = issuer
        self._verify = verify
        self._metadata: tuple[float, ProviderMetadata] | None = None
        self._keys: tuple[float, dict[str, Any]] | None = None

    def metadata(self) -> ProviderMetadata:
        """Return the metadata; raise `ProviderUnreachable` or `SignInProblem` when there is none."""
        if self._metadata is None or time.monotonic() - self._metadata[0] > METADATA_SECONDS:
            address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
            checked = check_metadata(get_json(address, self._verify), self.issuer)
            self._metadata = (time.monotonic(), checked)
        return self._metadata[1]

    def origins(self) -> list[str]:
        """Return the origins where signing out can lead, as far as known; fetches nothing."""
        addresses = [self.issuer]
        if self._metadata and self._metadata[1].end_session_endpoint:
            addresses.append(self._metadata[1].end_session_endpoint)
        return sorted({"{0.scheme}://{0.netloc}".format(urlsplit(x)) for x in addresses})

    def keys(self, *, fresh: bool = False) -> dict[str, Any]:
        """Return the provider's JWK Set; `fresh` fetches it again, for a key just taken in use."""
        if fresh or self._keys is None or time.monotonic() - self._keys[0] > KEYS_SECONDS:
            fetched = get_json(self.metadata().jwks_uri, self._verify)
            self._keys = (time.monotonic(), fetched)
        return self._keys[1]

    def newer_keys(self) -> dict[str, Any]:
        """Return the keys as they are now, or as they were less than a minute ago."""
        old = self._keys is None or time.monotonic() - self._keys[0] > NEW_KEYS_SECONDS
        return self.keys(fresh=old)


def check_metadata(document: dict[str, Any], issuer: str) -> ProviderMetadata:
    """Check what the provider says about itself (OpenID Connect Discovery section 4.3)."""
    if document.get("issuer") != issuer:
        raise SignInProblem("provider_misbehaves", why="metadata of another issuer")
    offered = document.get("id_token_signing_alg_values_supported")
    algorithms = tuple(x for x in SIGNING_ALGORITHMS if isinstance(offered, list) and x in offered)
    if not algorithms:
        raise SignInProblem("provider_misbehaves", why="no usable signing algorithm")

    def endpoint(name: str) -> str | None:
        address = document.get(name)
        if address is None:
            return None
        scheme = urlsplit(address).scheme if isinstance(address, str) else ""
        if scheme != "https" and scheme != urlsplit(issuer).scheme:
            raise SignInProblem("provider_misbehaves", why=f"metadata: {name} is not safe")
        return str(address)

    def required(name: str) -> str:
        address = endpoint(name)
        if address is None:
            raise SignInProblem("provider_misbehaves", why=f"metadata: no {name}")
        return address

    return ProviderMetadata(
        issuer=issuer,
        authorization_endpoint=required("authorization_endpoint"),
        token_endpoint=required("token_endpoint"),
        jwks_uri=required("jwks_uri"),
        userinfo_endpoint=endpoint("userinfo_endpoint"),
        end_session_endpoint=endpoint("end_session_endpoint"),
        signing_algorithms=algorithms,
        names_itself_in_answers=(
            document.get("authorization_response_iss_parameter_supported") is True
        ),
    )

"""What an ID Token must hold before this demo believes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc.errors import InvalidClaimError, MissingClaimError

LEEWAY_SECONDS = 30

#: The `acr` on the wire, by the level of the configuration.
WIRE_VALUES = {
    "laag": "http://eidas.europa.eu/LoA/low",
    "substantieel": "http://eidas.europa.eu/LoA/substantial",
    "phr": "phr",
    "hoog": "http://eidas.europa.eu/LoA/high",
}
#: Which levels are good enough when one is asked: itself and all that ask more of a person. `phr` says how somebody
#: signed in, not how the account was enrolled, so it is not good enough for substantieel.
GOOD_ENOUGH = {
    "laag": {"laag", "substantieel", "phr", "hoog"},
    "substantieel": {"substantieel", "hoog"},
    "phr": {"phr", "hoog"},
    "hoog": {"hoog"},
}


class VerifiedIDToken(CodeIDToken):
    """Authlib checks `exp`, `iat`, `nbf`, `nonce`, `azp` and the options; here is the rest."""

    def validate(self, now: int | Callable[[], int] | None = None, leeway: int = 0) -> None:
        super().validate(now, leeway)
        # OpenID Connect Core section 3.1.3.7, 3: no audience besides us is trusted.
        if self["aud"] not in (self.params["client_id"], [self.params["client_id"]]):
            raise InvalidClaimError("aud")

    def validate_nonce(self) -> None:
        if self.get("nonce") != self.params["nonce"]:
            raise InvalidClaimError("nonce")

    def validate_at_hash(self) -> None:
        """Demand `at_hash`: without it nothing ties the access token to this sign-in."""
        if not self.get("at_hash"):
            raise MissingClaimError("at_hash")
        super().validate_at_hash()


def claims_class(access_token: str) -> Callable[..., VerifiedIDToken]:
    """Return what Authlib may use as `claims_cls`.

    Authlib passes the access token on to its own class only, and without it checks no `at_hash`.
    """

    def make(claims: Any, header: Any, options: Any, params: dict[str, Any]) -> VerifiedIDToken:
        return VerifiedIDToken(claims, header, options, params | {"access_token": access_token})

    return make


def claims_options(issuer: str, client_id: str) -> dict[str, Any]:
    """Return a fresh table of what must be there; Authlib changes the one it gets."""
    return {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
        "iat": {"essential": True},
        "nonce": {"essential": True},
    }


def level_of(acr: object) -> str | None:
    """Return the level that an `acr` stands for, or None when we do not know it."""
    return next((level for level, wire in WIRE_VALUES.items() if wire == acr), None)

"""What a page of an application asks of a sign-in, beyond that there is one: a level, and how long ago."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from relying_party_demo.id_token import GOOD_ENOUGH, LEEWAY_SECONDS, WIRE_VALUES, level_of
from relying_party_demo.problems import SignInProblem


@dataclass(frozen=True, kw_only=True)
class Asks:
    """The wishes of one page. A wish is not a promise: the ID Token is held against them."""

    level: str | None = None
    """The least level; None asks nothing."""
    max_age: int | None = None
    """Seconds since the oldest step that counts."""
    essential: bool = False
    """Whether the provider need not come back with less: it tells the person, who can do something about it there."""

    def wishes(self) -> dict[str, str]:
        """Return the parameters of an authorization request (OpenID Connect Core section 3.1.2.1)."""
        said = {}
        if self.level is not None:
            said["acr_values"] = WIRE_VALUES[self.level]
        if self.max_age is not None:
            said["max_age"] = str(self.max_age)
        return said

    def claims(self) -> dict[str, Any]:
        """Return what goes into the `claims` parameter (OpenID Connect Core section 5.5.1.1)."""
        if self.level is None or not self.essential:
            return {}
        return {"id_token": {"acr": {"essential": True, "values": [WIRE_VALUES[self.level]]}}}

    def level_met(self, claims: Mapping[str, Any]) -> bool:
        """Whether these claims reach the level."""
        return self.level is None or level_of(claims.get("acr")) in GOOD_ENOUGH[self.level]

    def age_met(self, claims: Mapping[str, Any]) -> bool:
        """Whether the sign-in that these claims tell of is young enough now."""
        if self.max_age is None:
            return True
        at = claims.get("auth_time")
        return isinstance(at, int) and at >= time.time() - self.max_age - LEEWAY_SECONDS

    def met(self, claims: Mapping[str, Any]) -> bool:
        """Whether these claims are all that is asked."""
        return self.level_met(claims) and self.age_met(claims)

    def demand(self, claims: Mapping[str, Any]) -> None:
        """Refuse a sign-in that is less than was asked (OpenID Connect Core section 3.1.3.7, 12 and 13)."""
        if not self.level_met(claims):
            raise SignInProblem("level_too_low", why=f"wanted {self.level}")
        if not self.age_met(claims):
            raise SignInProblem("sign_in_too_old", why=f"wanted at most {self.max_age} seconds")


#: The pages of every application that ask something of their own, by the last part of their address.
DOORS: Final[Mapping[str, Asks]] = {
    "laag": Asks(level="laag"),
    "substantieel": Asks(level="substantieel"),
    "phr": Asks(level="phr", essential=True),
    "vers": Asks(level="substantieel", max_age=300),
}


def asks_of(target: str, otherwise: str | None) -> Asks:
    """Return what the page at this path asks: its own wishes, or the application's level."""
    last = target.partition("?")[0].rstrip("/").rpartition("/")[2]
    return DOORS.get(last, Asks(level=otherwise))

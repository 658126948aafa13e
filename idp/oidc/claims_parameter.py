"""The `claims` request parameter (OpenID Connect Core section 5.5), reduced to what we can answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from idp.oidc.claims import ON_REQUEST

LONGEST: Final = 8192


@dataclass(frozen=True, slots=True)
class ClaimsRequest:
    """Which claims are wanted where. Unknown ones are left out: they never are an error (section 5.5.1)."""

    id_token: tuple[str, ...] = ()
    userinfo: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()
    acr_is_essential: bool = False
    subject: str | None = None
    """The only `sub` that will do (section 5.5.1, example of `sub`)."""

    def to_json(self) -> dict[str, list[str]]:
        """What code and token have to remember."""
        return {"id_token": list(self.id_token), "userinfo": list(self.userinfo)}


def parsed(text: str | None) -> ClaimsRequest:
    """Read the parameter; `ValueError` when it is not an object of objects or too long."""
    if text is None:
        return ClaimsRequest()
    if len(text) > LONGEST:
        raise ValueError("too long")
    wanted = orjson.loads(text)
    if not isinstance(wanted, dict):
        raise ValueError("no object")
    id_token, userinfo = _member(wanted, "id_token"), _member(wanted, "userinfo")
    acr = id_token.get("acr") or {}
    acr_values = _values(acr)
    subject = (id_token.get("sub") or {}).get("value")
    return ClaimsRequest(
        id_token=tuple(name for name in id_token if name in ON_REQUEST),
        userinfo=tuple(name for name in userinfo if name in ON_REQUEST),
        acr_values=acr_values,
        acr_is_essential=acr.get("essential") is True and bool(acr_values),
        subject=subject if isinstance(subject, str) else None,
    )


def _member(wanted: Mapping[str, Any], name: str) -> dict[str, dict[str, Any] | None]:
    member = wanted.get(name)
    if member is None:
        return {}
    if not isinstance(member, dict) or not all(
        each is None or isinstance(each, dict) for each in member.values()
    ):
        raise ValueError(f"{name} holds something else than claims")
    return member


def _values(claim: Mapping[str, Any]) -> tuple[str, ...]:
    values = claim.get("values", [claim["value"]] if "value" in claim else [])
    if not isinstance(values, list):
        raise ValueError("values is no list")
    return tuple(value for value in values if isinstance(value, str))

"""An authorization request and what it means: all from its parameters, so that a kept one means the same later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from idp import settings
from idp.assurance import PHISHING_RESISTANT, Assurance
from idp.errors import Refusal
from idp.keyring import Unverifiable
from idp.keyring import current as keyring
from idp.oidc import acr, claims_parameter, registered
from idp.oidc.claims_parameter import ClaimsRequest
from idp.oidc.parameters import Parameters
from idp.oidc.registered import RegisteredClient

ID_TOKEN_TYPE: Final = "JWT"
#: Prompts after which only a new sign-in counts; with `select_account` it may be another account's.
_ANEW: Final = frozenset({"login", "select_account"})


@dataclass
class Asked:
    """One request. Its properties may only be used once the check that guards them has held (see `checks`)."""

    parameters: Parameters
    at: datetime
    """When it first came."""
    reference: str
    pushed: str | None = None
    """Digest of the handle under which it was pushed (RFC 9126)."""
    wrong: Refusal | None = None
    """Why the request could not be had in the form in which it came; then `parameters` are those beside it."""

    @cached_property
    def found(self) -> RegisteredClient | None:
        """The client it names, when there is one."""
        client_id = self.parameters.get("client_id")
        return registered.load(client_id) if client_id else None

    @property
    def client(self) -> RegisteredClient:
        """The client, once it is known to exist."""
        assert self.found is not None
        return self.found

    @property
    def redirect_uri(self) -> str:
        """Where the answer goes, once it is known to be registered."""
        return self.parameters.sent["redirect_uri"]

    @property
    def response_mode(self) -> str:
        """How it goes there; `query` unless the client may have and asks another one."""
        mode = self.parameters.get("response_mode")
        return mode if mode in self.client.profile.response_modes else "query"

    @property
    def scope(self) -> tuple[str, ...]:
        """The scopes we know; others are ignored (OpenID Connect Core section 3.1.2.1)."""
        return tuple(
            word for word in self.parameters.words("scope") if word in self.client.profile.scopes
        )

    @property
    def resources(self) -> tuple[str, ...]:
        """The APIs it asks tokens for (RFC 8707); none when it leaves that open."""
        return self.parameters.words("resource")

    @property
    def prompts(self) -> frozenset[str]:
        """The values of `prompt`."""
        return frozenset(self.parameters.words("prompt"))

    @property
    def silent(self) -> bool:
        """Whether nothing may be shown (`prompt=none`)."""
        return "none" in self.prompts

    @property
    def not_before(self) -> datetime | None:
        """The moment that counting proofs must not precede.

        Measured from when the request came, so that a slow sign-in does not outlive its own `max_age`.
        """
        if self.prompts & _ANEW:
            return self.at
        max_age = self.parameters.get("max_age")
        return None if max_age is None else self.at - timedelta(seconds=int(max_age))

    @cached_property
    def claims(self) -> ClaimsRequest:
        """The `claims` parameter; `ValueError` when it cannot be read."""
        return claims_parameter.parsed(self.parameters.get("claims"))

    @cached_property
    def hint(self) -> dict[str, Any] | None:
        """The claims of `id_token_hint`; `Unverifiable` when it is not an ID Token of ours for this client."""
        token = self.parameters.get("id_token_hint")
        if token is None:
            return None
        claims = keyring().verify(token, typ=ID_TOKEN_TYPE)
        if (
            claims.get("iss") != settings.current().issuer
            or claims.get("aud") != self.client.client_id
        ):
            raise Unverifiable("another issuer or another client")
        return claims

    @property
    def expected_subject(self) -> str | None:
        """The only `sub` that will do, by `id_token_hint` or by the `claims` parameter."""
        if self.hint is not None:
            return str(self.hint.get("sub"))
        return self.claims.subject

    @property
    def acr_values(self) -> tuple[str, ...]:
        """The values that were asked for, in order of preference; the `claims` parameter goes first."""
        return self.claims.acr_values or self.parameters.words("acr_values")

    @cached_property
    def known_acr(self) -> tuple[Assurance, ...]:
        """What those of them stand for that can be reached here at all."""
        if not self.acr_values:
            return ()
        offered = acr.offered()
        return tuple(offered[value] for value in self.acr_values if value in offered)

    @property
    def acr_is_binding(self) -> bool:
        """Whether failing to reach an asked level is an error (OpenID Connect Core section 5.5.1.1; NL GOV always)."""
        return bool(self.acr_values) and (
            self.claims.acr_is_essential or self.client.profile.acr_is_binding
        )

    @property
    def acceptable(self) -> tuple[Assurance, ...]:
        """Everything that will do, in order of preference: each asked value on top of what the client always needs."""
        always = self.client.requires
        asked = tuple(always | value for value in self.known_acr)
        return asked if asked and self.acr_is_binding else (*asked, always)

    def stated(self, attained: Assurance) -> tuple[Assurance, str]:
        """What to state, and its `acr`, when this was attained and will do.

        A value of the kind that was asked for: `phr` when that comes first of what was reached (or when the client is
        registered at it and asks nothing), else the level. The level is the real one, unless essential values were
        given: then the highest of those.
        """
        reached = [value for value in self.known_acr if attained.covers(value)]
        if not self.known_acr and self.client.requires.phishing_resistant:
            reached = [acr.PHR]
        if reached and reached[0].phishing_resistant:
            return acr.PHR, PHISHING_RESISTANT
        level = attained.level
        if self.claims.acr_is_essential:
            level = max(value.level for value in reached if not value.phishing_resistant)
        return Assurance(level), acr.of_level(level)

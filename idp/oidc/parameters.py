"""The parameters of a protocol request, read once: repeated ones are noticed, empty ones are absent."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from werkzeug.datastructures import MultiDict

#: What the authorization endpoint knows; anything else is ignored (RFC 6749 section 3.1).
AUTHORIZATION: Final = (
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "acr_values",
    "claims",
    "login_hint",
    "id_token_hint",
    "ui_locales",
    "claims_locales",
    "resource",
    "request",
    "request_uri",
    "registration",
)
#: How a client says who it is, at every endpoint that it posts to.
_CREDENTIALS: Final = ("client_id", "client_secret", "client_assertion", "client_assertion_type")
#: What may be pushed (RFC 9126 section 2.1).
PUSHED: Final = tuple(dict.fromkeys((*AUTHORIZATION, *_CREDENTIALS)))
TOKEN: Final = (
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "resource",
    *_CREDENTIALS,
)
#: What may be sent more than once (RFC 8707 section 2); read as one list, because no address has a space.
SEVERAL: Final = frozenset({"resource"})
#: Revocation and introspection (RFC 7009 section 2.1, RFC 7662 section 2.1).
OF_A_TOKEN: Final = ("token", "token_type_hint", *_CREDENTIALS)
LOGOUT: Final = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")


@dataclass(frozen=True, slots=True)
class Parameters:
    """What was sent, as far as we know its names."""

    sent: Mapping[str, str]
    repeated: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, source: MultiDict[str, str], known: Iterable[str]) -> Parameters:
        """Read the known parameters; an empty value counts as none (RFC 6749 section 3.1)."""
        sent: dict[str, str] = {}
        repeated: set[str] = set()
        for name in known:
            if name not in source:
                continue
            values = source.getlist(name)
            if name in SEVERAL:
                values = [" ".join(filter(None, values))]
            if len(values) > 1:
                repeated.add(name)
            if values[0]:
                sent[name] = values[0]
        return cls(sent, frozenset(repeated))

    def get(self, name: str) -> str | None:
        """The value, or `None` when it is absent, empty or sent more than once."""
        return None if name in self.repeated else self.sent.get(name)

    def words(self, name: str) -> tuple[str, ...]:
        """A list separated by spaces; each word once, in its order."""
        return tuple(dict.fromkeys(word for word in (self.get(name) or "").split(" ") if word))

    def unreadable(self) -> list[str]:
        """Names of the values that hold characters which no parameter has: controls and halves of pairs."""
        return [name for name, value in self.sent.items() if not is_clean(value)]


def is_clean(value: str) -> bool:
    """Whether a text has no control characters and no lone surrogates; any other Unicode is fine."""
    return value.isprintable() or not any(
        unicodedata.category(char) in {"Cc", "Cs"} for char in value
    )

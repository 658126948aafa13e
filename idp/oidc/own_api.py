"""The one API that this provider is itself: which scopes its clients may have, and the audience of their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from idp import settings

#: Where it stands, below the issuer.
PATH: Final = "/api/beheer/v1"
#: What each scope opens; only a client with the grant `client_credentials` can have them (docs/beheer-api.md).
SCOPES: Final[Mapping[str, str]] = {
    "beheer:lezen": "Search; see relations, accounts, applications and who may use them; explain a reference code.",
    "beheer:accounts": "Add and correct relations and accounts; block them; end sessions.",
    "beheer:hulp": "Unblock, remove methods, ask for a code by letter; what takes two waits for a colleague.",
    "beheer:brieven": "See which letters wait; make batches for the print house, fetch them once, say that they went.",
    "beheer:applicaties": "Add, change and remove applications; say who looks after them; grants by kind of relation.",
    "beheer:koppelingen": "Register, change and end clients through which people sign in; give them another secret.",
    "beheer:toegang": "Give an account an application, and take it away.",
    "beheer:logboek": "Read the audit trail, and who had access on a date.",
}


def address() -> str:
    """Its identifier, as `aud` of a token and as `resource` of a request (RFC 8707 section 2)."""
    return f"{settings.current().issuer}{PATH}"

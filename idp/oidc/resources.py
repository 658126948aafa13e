"""Which APIs an access token is for: what was asked with `resource` (RFC 8707), within what the client registered.

At the authorization endpoint a client names the APIs of a sign-in, at the token endpoint those that this token is for.
Nothing named stands for everything registered at the first, and for the usual API at the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NoReturn

from idp.oidc.refusals import Code, refuse
from idp.oidc.registered import RegisteredClient

#: What the audit trail and the client are told.
UNREGISTERED: Final = "a resource is not registered for this client"
WIDER: Final = "a resource that the sign-in did not ask for"


def are_registered(client: RegisteredClient, asked: Sequence[str]) -> bool:
    """Whether the client may have tokens for all of them (section 2: else `invalid_target`)."""
    return set(asked) <= set(client.audiences)


def of_a_token(
    client: RegisteredClient, granted: Sequence[str], asked: Sequence[str], **facts: Any
) -> tuple[str, ...]:
    """The APIs of a new token; `RefusedToClient` for one that the sign-in or the registration does not cover.

    `granted` is what the sign-in asked for and `asked` what the token request does, either perhaps nothing.
    """
    wanted = tuple(asked) or tuple(granted) or client.audiences[:1]
    if not are_registered(client, wanted):
        _refuse(UNREGISTERED, client, facts)
    if granted and not set(wanted) <= set(granted):
        _refuse(WIDER, client, facts)
    return wanted


def _refuse(why: str, client: RegisteredClient, facts: dict[str, Any]) -> NoReturn:
    refuse(Code.INVALID_TARGET, why, says=why, **{"client_id": client.client_id, **facts})

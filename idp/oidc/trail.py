"""What events about a client tell beside what was done: whose hands its codes and its proof could be in."""

from __future__ import annotations

from typing import Any

from idp.models import Client
from idp.oidc.addresses import mark
from idp.oidc.registered import key_set


def told_of(client: Client) -> dict[str, Any]:
    """Where codes can go now, the keys that prove who it is, and the application, as the auditor's log finds it."""
    told: dict[str, Any] = {
        "returns": [mark(each) for each in client.redirect_uris],
        "keys": sorted(marks_of_keys(client)),
    }
    return told if client.application_id is None else told | {"application": client.application_id}


def marks_of_keys(client: Client) -> set[str]:
    """A mark of each key, the same under whatever name it stands there (RFC 7638), or of the address of all."""
    if client.jwks_uri is not None:
        return {mark(client.jwks_uri)}
    keys = key_set(client.jwks).signing if client.jwks else ()
    return {mark(key.thumbprint()) for key in keys}

"""Sectors of applications that register themselves (OpenID Connect Core section 8.1): by host, or proven by a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

import orjson

from idp import outward
from idp.database import db
from idp.oidc import metadata
from idp.oidc.addresses import host_of, is_loopback
from idp.secret_values import new_id

#: Begins the sector of an application on people's own machines: their loopback address is everybody's.
_NATIVE: Final = "native:"


def of(
    redirect_uris: Iterable[str],
    uri: str | None,
    *,
    subject_type: str,
    native: bool,
    now: str | None = None,
) -> str | None:
    """The sector of these addresses; `None` when they have several hosts and nothing says that they belong together.

    `RefusedToClient` when what says so does not hold; ask before anything is written, because it has to be fetched.
    With a `sector_identifier_uri` it is that one's host, once the list there holds every redirect address: so nobody
    joins the sector of others without them (section 5 of OpenID Connect Registration). A native application has one of
    its own, because the host it returns to is every machine; `now` is the one that it has already.
    """
    hosts = {host_of(address) for address in redirect_uris}
    if uri is not None:
        _prove(uri, set(redirect_uris))
        return host_of(uri)
    if native and all(is_loopback(urlsplit(f"//{host}").hostname or "") for host in hosts):
        return now if now and now.startswith(_NATIVE) else f"{_NATIVE}{new_id()}"
    if len(hosts) <= 1:
        return min(hosts, default=None)
    # nobody proved that they belong together, so this is never the sector of one of them
    return None if subject_type == "pairwise" else " ".join(sorted(hosts))[:200]


def listed(uri: str) -> set[str]:
    """The addresses in the list; `CannotReach` when there is none. Not in a database transaction."""
    try:
        found = orjson.loads(outward.get(uri, accept="application/json"))
    except orjson.JSONDecodeError as wrong:
        raise outward.CannotReach("it did not answer with JSON") from wrong
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise outward.CannotReach("it did not answer with a list of addresses")
    return set(found)


def _prove(uri: str, redirect_uris: set[str]) -> None:
    if "#" in uri:
        metadata.turn_down("sector_identifier_uri", "sector_identifier_uri must have no fragment")
    db.session.commit()  # nothing but a budget was written; a call never waits inside a transaction
    try:
        with outward.turn():
            missing = redirect_uris - listed(uri)
    except outward.CannotReach:
        metadata.turn_down(
            "sector_identifier_uri", "sector_identifier_uri has no list that we can read"
        )
    if missing:
        metadata.turn_down(
            "sector_identifier_uri", "the list under sector_identifier_uri lacks a redirect_uri"
        )

"""The keys of a client, by value or fetched from its `jwks_uri`: the one place that says which count now.

What was fetched is kept by the process for as long as its server says, within limits; `IDP_CA_BUNDLE` and
`IDP_OUTWARD_NETWORKS` are about these calls.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

import orjson
from flask import current_app

from idp import clock, outward
from idp.database import db
from idp.logs import LOG
from idp.oidc.registered import ClientKey, KeySet, RegisteredClient, key_set

#: How long a set counts as fresh: what its server says, between these; the middle one when it says nothing.
SHORTEST: Final = timedelta(minutes=5)
USUAL: Final = timedelta(hours=1)
LONGEST: Final = timedelta(hours=24)
#: A key that we do not have sets a new look off, but not more often than this: a stranger can name any key.
LOOKS_AGAIN: Final = timedelta(minutes=1)
#: After a failure nobody is called for so long.
FAILS_FOR: Final = timedelta(seconds=30)
#: How long past its time a set serves when no newer one can be had.
SERVES_ON: Final = timedelta(hours=24)
#: Clients whose sets one process keeps; the one that was not used for longest goes.
MOST_CLIENTS: Final = 1_000

Use = Literal["sig", "enc"]


class NoKeys(Exception):
    """The client's keys cannot be had: why, in words for the operator and for whoever runs the client."""


@dataclass(slots=True)
class _Fetched:
    """What one process knows of one address."""

    uri: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: KeySet | None = None
    fresh_until: datetime | None = None
    tried_at: datetime | None = None
    failed: str | None = None
    """Why the last try brought nothing."""


def of(
    client: RegisteredClient, *, use: Use = "sig", anew: bool = False, fetch: bool = True
) -> tuple[ClientKey, ...]:
    """The client's public keys for signatures or for encryption; `NoKeys` when they cannot be fetched.

    `anew`: none of those that this gave fits, so look again, if the last look is long enough ago. A call outwards ends
    the present database transaction, so ask before anything is claimed; without `fetch` only what is at hand counts.
    """
    known = client.keys if client.jwks_uri is None else _fetched(client, anew=anew, fetch=fetch)
    return known.signing if use == "sig" else known.encrypting


def has_any(client: RegisteredClient) -> bool:
    """Whether it registered keys at all; calls nobody."""
    return client.jwks_uri is not None or bool(client.keys.signing)


def read(uri: str) -> tuple[KeySet, timedelta]:
    """Fetch a set now, and for how long it may be kept; `NoKeys` says why not. Not in a database transaction."""
    try:
        answer = outward.fetch(uri, accept="application/jwk-set+json, application/json")
        said = orjson.loads(answer.body)
        if not isinstance(said, dict):
            raise ValueError("a key set is an object with a list of keys under `keys`")
        keys = key_set(said, strangers=True)
    except outward.CannotReach as wrong:
        raise NoKeys(f"the jwks_uri brought nothing: {wrong.why}") from wrong
    except orjson.JSONDecodeError as wrong:
        raise NoKeys("the jwks_uri did not answer with JSON") from wrong
    except ValueError as wrong:
        raise NoKeys(f"the keys under the jwks_uri cannot be used: {wrong}") from wrong
    lasts = USUAL if answer.max_age is None else timedelta(seconds=answer.max_age)
    return keys, min(max(lasts, SHORTEST), LONGEST)


def _fetched(client: RegisteredClient, *, anew: bool, fetch: bool) -> KeySet:
    known = _known(client)
    if fetch and (_is_due(known, anew) or (anew and known.lock.locked())):
        db.session.commit()  # reads, or a spent assertion, which stays so; a call never waits inside a transaction
        try:
            _wait_for_a_look(known, client.client_id, anew)
        except outward.CannotReach as wrong:
            LOG.warning("the keys of client %s: %s", client.client_id, wrong.why)
    if known.keys is None:
        raise NoKeys(known.failed or "the keys under the jwks_uri were never fetched")
    assert known.fresh_until is not None
    if clock.now() >= known.fresh_until + SERVES_ON:
        raise NoKeys(known.failed or "the keys under the jwks_uri are too old")
    return known.keys


def _wait_for_a_look(known: _Fetched, client_id: str, anew: bool) -> None:
    """Look, or wait for who does, but not in a crowd; whoever can do with the keys at hand waits for nobody."""
    if known.keys is not None and known.lock.locked() and not anew:
        return
    with outward.turn(), known.lock:  # whoever waited here finds what the first one brought
        if _is_due(known, anew):
            _look(known, client_id)


def _is_due(known: _Fetched, anew: bool) -> bool:
    now = clock.now()
    if known.tried_at is not None:
        if known.failed is not None and now < known.tried_at + FAILS_FOR:
            return False
        if anew:
            return now >= known.tried_at + LOOKS_AGAIN
    return known.fresh_until is None or now >= known.fresh_until


def _look(known: _Fetched, client_id: str) -> None:
    known.tried_at = clock.now()
    try:
        known.keys, lasts = read(known.uri)
    except NoKeys as wrong:
        known.failed = str(wrong)
        LOG.warning("the keys of client %s: %s", client_id, known.failed)
        return
    known.failed = None
    known.fresh_until = known.tried_at + lasts


def _known(client: RegisteredClient) -> _Fetched:
    kept: OrderedDict[str, _Fetched] = current_app.extensions.setdefault(
        "idp-client-keys", OrderedDict()
    )
    assert client.jwks_uri is not None
    with _LIST:
        known = kept.get(client.client_id)
        if known is None or known.uri != client.jwks_uri:
            known = kept[client.client_id] = _Fetched(client.jwks_uri)
        kept.move_to_end(client.client_id)
        while len(kept) > MOST_CLIENTS:
            kept.popitem(last=False)
    return known


_LIST: Final = threading.Lock()

"""Request objects by reference (RFC 9101 section 5.2; OpenID Connect Core section 6.2): registered addresses, fetched.

An address that the client did not register beforehand is never called. What comes counts exactly as if it had come by
value: signed by the client, perhaps encrypted to us around that.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import Final

from idp import outward, throttle
from idp.database import db
from idp.flows.front_door import network, origin
from idp.oidc import request_objects
from idp.oidc.asked import Asked
from idp.oidc.refusals import Code, RefusedToClient
from idp.oidc.registered import RegisteredClient
from idp.secret_values import same

#: SHA-256 in base64url, as a fragment carries it; any other fragment is only a part of the name.
_DIGEST: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ACCEPT: Final = "application/oauth-authz-req+jwt, application/jwt, */*;q=0.5"


def opened(beside: Asked) -> Asked:
    """The request that lies under the address; with `wrong` when there is none that counts."""
    uri = beside.parameters.sent["request_uri"]
    if not _is_registered(uri, beside.client):
        return _unusable(beside, "this request_uri is not registered for the client")
    counter = throttle.key("request-uri", beside.client.client_id, network(origin()))
    too_often = throttle.spend(counter, throttle.REQUESTS_FETCHED) is not None
    db.session.commit()  # nothing else was written; a call never waits inside a transaction
    if too_often:
        return _unusable(beside, "too many requests under a request_uri")
    where, _, fragment = uri.partition("#")
    try:
        with outward.turn():
            body = outward.get(where, accept=_ACCEPT)
    except outward.CannotReach as wrong:
        why = f"the request_uri cannot be fetched: {wrong.why}"
        return _unusable(beside, why, says="the request_uri cannot be fetched")
    if _DIGEST.fullmatch(fragment) and not same(fragment, _digest_of(body)):
        return _unusable(beside, "under the request_uri lies something else than its fragment says")
    try:
        token = body.decode("ascii").strip()
    except UnicodeDecodeError:
        return _unusable(beside, "under the request_uri lies no request object")
    return request_objects.opened(beside, token)


def _is_registered(uri: str, client: RegisteredClient) -> bool:
    """Literally; where the registration has no fragment, the request may add one."""
    return uri in client.request_uris or uri.partition("#")[0] in client.request_uris


def _digest_of(body: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()


def _unusable(beside: Asked, why: str, *, says: str | None = None) -> Asked:
    return replace(beside, wrong=RefusedToClient(Code.INVALID_REQUEST_URI, why, says=says or why))

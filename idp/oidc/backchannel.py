"""Telling an application that a session ended (OpenID Connect Back-Channel Logout 1.0), when its turn comes.

Every try makes a new token, with a new `jti`: an application that handled the message, but whose answer got lost, takes
the next one as a new and harmless request, while the same `jti` would look like a replay to it (section 2.6).
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from idp import clock, outward, settings
from idp.audit import Event
from idp.database import db
from idp.deliveries import Due, Kind, NotDelivered
from idp.keyring import NoActiveKey
from idp.keyring import current as keyring
from idp.oidc import registered, subjects
from idp.oidc.registered import RegisteredClient

TYPE: Final = "logout+jwt"
EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
SECONDS: Final = 120
"""How long a token counts (section 4 recommends at most two minutes)."""
#: Nine tries in almost eight hours, as long as a session lasts by default: by then most applications end theirs.
PAUSES: Final = tuple(
    timedelta(seconds=each) for each in (10, 60, 300, 900, 1800, 3600, 7200, 14400)
)


def send(due: Due) -> None:
    """One try; `NotDelivered` unless the application says that it did as it was told (section 2.8)."""
    client = registered.load(due.client_id or "")
    if client is None or client.backchannel_logout_uri is None:
        raise NotDelivered("the client has no backchannel_logout_uri any more")
    try:
        token = keyring().sign(claims(client, due), alg=client.id_token_alg, typ=TYPE)
    except NoActiveKey as wrong:
        raise NotDelivered(str(wrong)) from wrong
    db.session.rollback()  # nothing stays open while we wait for others
    try:
        answer = outward.post_form(client.backchannel_logout_uri, {"logout_token": token})
    except outward.CannotReach as why:
        raise NotDelivered(str(why)) from why
    # the specification says 200, and that frameworks may make 204 of it
    if answer.status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
        raise NotDelivered(f"it answered {answer.status}")


def claims(client: RegisteredClient, due: Due) -> dict[str, Any]:
    """Section 2.4: whom (`sub`, as this client knows the person) and which session (`sid`); never a `nonce`."""
    now = clock.epoch(clock.now())
    return {
        "iss": settings.current().issuer,
        "aud": client.client_id,
        "iat": now,
        "exp": now + SECONDS,
        "jti": f"{due.id}.{due.tries}",
        "sub": subjects.of_account(client, due.account_id or ""),
        "sid": due.facts["sid"],
        "events": {EVENT: {}},
    }


KIND: Final = Kind(
    send=send, pauses=PAUSES, delivered=Event.LOGOUT_TOLD, given_up=Event.LOGOUT_NOT_TOLD
)

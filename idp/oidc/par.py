"""The pushed authorization request endpoint (RFC 9126): an application brings its request itself, before its person."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil

from flask import Response

from idp import clock, throttle
from idp.audit import Event, record
from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows.front_door import network, origin
from idp.oidc import answers, calls, checks, parameters, requests_pushed
from idp.oidc.asked import Asked
from idp.oidc.parameters import Parameters
from idp.oidc.received import received
from idp.oidc.refusals import Code, RefusedToClient
from idp.oidc.registered import RegisteredClient
from idp.secret_values import new_reference


def push() -> Response:
    """Check a request as the authorization endpoint does, and give a handle for it (sections 2.1 to 2.3)."""
    client = None
    try:
        sent = calls.read(parameters.PUSHED)
        no_handle_is_pushed(sent)
        client = calls.by_whom(sent)
        _within_its_budget(client)
        handle = requests_pushed.new_handle()
        asked = _checked(sent, client, handle)
    except RefusedToClient as refusal:
        if refusal.reference is None:  # failed credentials are written down already
            refusal.reference = new_reference()
            record(
                Event.AUTHORIZATION_REFUSED,
                succeeded=False,
                actor="client",
                reference=refusal.reference,
                client_id=None if client is None else client.client_id,
                reason=refusal.why,
                error=refusal.code.value,
            )
        return calls.refused(refusal)
    requests_pushed.keep(asked)
    record(
        Event.REQUEST_PUSHED,
        actor="client",
        reference=asked.reference,
        client_id=client.client_id,
    )
    db.session.commit()
    lasts = int(requests_pushed.LIFETIME.total_seconds())
    return answers.json({"request_uri": handle, "expires_in": lasts}, status=HTTPStatus.CREATED)


def no_handle_is_pushed(sent: Parameters) -> None:
    """RFC 9126 section 2.1: `request_uri` is what this endpoint gives, never what it takes."""
    if sent.get("request_uri") is not None:
        why = "request_uri cannot be pushed"
        raise RefusedToClient(Code.INVALID_REQUEST, why, says=why)


def _within_its_budget(client: RegisteredClient) -> None:
    """A flood is refused; counted per network too, since a public client is whoever names it."""
    counter = throttle.key("push", client.client_id, network(origin()))
    until = throttle.spend(counter, throttle.PUSHES)
    if until is not None:
        raise RefusedToClient(
            Code.INVALID_REQUEST,
            "too many pushed requests",
            says="too many pushed requests",
            status=HTTPStatus.TOO_MANY_REQUESTS,
            retry_after=max(1, ceil((until - clock.now()).total_seconds())),
        )


def _checked(sent: Parameters, client: RegisteredClient, handle: str) -> Asked:
    """The request of this client and no other; credentials are not part of it, and are not kept."""
    own = {name: sent.sent[name] for name in parameters.AUTHORIZATION if name in sent.sent}
    asked = received(
        Parameters(own | {"client_id": client.client_id}),
        at=clock.now(),
        reference=new_reference(),
        pushed=requests_pushed.digest_of(handle),
    )
    try:
        for check in checks.WHEN_PUSHED:
            check(asked)
    except RefusedOnOurPage as refused:  # there is no page here; the reasons are fixed sentences
        raise RefusedToClient(Code.INVALID_REQUEST, refused.why, says=refused.why) from refused
    return asked

"""Revocation (RFC 7009): a client gives back a token of its own."""

from __future__ import annotations

from flask import Response

from idp.audit import Event, record
from idp.database import db
from idp.oidc import access_tokens, answers, calls, refresh_tokens
from idp.oidc.refusals import RefusedToClient


def revoke() -> Response:
    """End a token at once: an access token alone, a refresh token with everything that came of its sign-in.

    200 too for a token that is unknown, ended, or another client's, which stays as it is (section 2.2).
    """
    try:
        client, token = calls.about_a_token()
        if client.is_public and not client.profile.public_may_revoke:
            calls.credentials_are_needed(client)
    except RefusedToClient as refusal:
        return calls.refused(refusal)
    ended = access_tokens.revoke(token, client.client_id)
    ended = ended or refresh_tokens.revoke(token, client.client_id)
    if ended is not None:
        record(Event.TOKEN_REVOKED, actor="client", **ended)
    db.session.commit()
    return answers.nothing()

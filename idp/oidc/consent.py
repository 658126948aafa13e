"""Consent: for clients that are not the body's own, the person says first what they may know (Core section 3.1.2.4).

The body's own applications need none: giving somebody an application is the decision, and it is the body's.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Response

from idp import pages
from idp.accounts import consents
from idp.accounts.sessions import LiveSession
from idp.oidc import claims, requests_kept
from idp.oidc.asked import Asked
from idp.oidc.decide import Ask, Give
from idp.oidc.requests_kept import Kept

#: Below the address of the kept request.
_ANSWER: Final = "toestemming"


def asked_first(asked: Asked, session: LiveSession, give: Give) -> Ask | None:
    """What the person has to agree to before this is given; `None` when nothing is left to ask.

    `prompt=consent` asks again, whatever was agreed before (section 3.1.2.1).
    """
    client = asked.client
    if not client.is_third_party:
        return None
    requested = (*asked.claims.id_token, *asked.claims.userinfo)
    kinds = claims.kinds(client, asked.scope, requested, asked.resources)
    agreed = consents.covers(session.account_id, client.client_id, kinds)
    return None if agreed and "consent" not in asked.prompts else Ask(kinds, give)


def page(asked: Asked, session: LiveSession, ask: Ask, kept: Kept) -> Response:
    """Who asks, what it gets to know, and until when."""
    pages.csrf_scope(_scope(kept, session))
    return pages.show(
        "consent",
        form_action=asked.client.form_action(asked.redirect_uri),
        application=asked.client.shown_name,
        public=asked.client.is_public,
        self_registered=asked.client.is_self_registered,
        kinds=ask.kinds,
        host=urlsplit(asked.redirect_uri).netloc,
        answer_here=f"{requests_kept.address(kept)}/{_ANSWER}",
        here=requests_kept.address(kept),
    )


def is_ours(kept: Kept, session: LiveSession) -> bool:
    """Whether the answer comes from that page, of this request and this session."""
    return pages.csrf_holds(_scope(kept, session))


def _scope(kept: Kept, session: LiveSession) -> str:
    return f"consent:{kept.id}:{session.id}"

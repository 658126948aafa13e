"""Where codes go, and what redeems them: whoever has both can read along with everybody who signs in there.

So of a client that is at work no one colleague has both halves: who registered it, or saw a secret that still works,
leaves the return addresses to a colleague, and the other way around. In the first day after registering everything can
be corrected; nobody signs in there yet. The trail tells who had what.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from idp import clock
from idp.audit import Event
from idp.database import db
from idp.models import AuditEvent, Client, names_application
from idp.oidc import clients
from idp.servicedesk.sensitive import LATELY
from idp.servicedesk.unfit import Unfit

RETURNS: Final = frozenset({"redirect_uris"})
PROOF: Final = frozenset({"auth_method", "jwks", "jwks_uri"})
#: How long after registering one colleague may still correct everything.
STILL_NEW: Final = timedelta(days=1)
#: Events of one client that are looked at, the newest first.
_MOST: Final = 200
_EVENTS: Final = (Event.CLIENT_ADDED, Event.CLIENT_UPDATED, Event.CLIENT_SECRET_ROTATED)


@dataclass(frozen=True, slots=True)
class Halves:
    """Who has which half of a client, as the trail names them."""

    still_new: bool
    returns: frozenset[str]
    proof: frozenset[str]


def refuse_both(
    client: Client, changed: Collection[str], *, actor: str, field: str = "bewijs"
) -> None:
    """`Unfit` where this change, of these members of a registration, would give one colleague both halves.

    `field` is where the form asks for what redeems codes, if it has one.
    """
    returns, proof = bool(RETURNS & set(changed)), bool(PROOF & set(changed))
    if not (returns or proof):
        return
    halves = halves_of(client)
    if halves.still_new:
        return
    if returns and (proof or client.auth_method == "none"):
        raise Unfit(
            "terugkeeradressen",
            "where codes go and what redeems them are not changed at once",
            "Wie de koppeling is en waar gebruikers heen gaan wijzigt u niet tegelijk. Bewijst zij niets (een app op "
            "toestellen), dan wijzigt de technisch beheerder de adressen.",
        )
    if returns and actor in halves.proof:
        raise Unfit(
            "terugkeeradressen",
            "who knows what redeems codes does not say where they go",
            "U kent het geheim van deze koppeling, of legde haar sleutels vast. Laat een collega de "
            "terugkeeradressen wijzigen.",
        )
    if proof and actor in halves.returns:
        raise Unfit(
            field,
            "who says where codes go does not know what redeems them",
            "U legde vast waar gebruikers na het inloggen heen gaan. Laat een collega het geheim of de sleutels "
            "wijzigen.",
        )


def halves_of(client: Client) -> Halves:
    """Who has which half now. A secret that was replaced counts as long as it works."""
    events = db.session.scalars(
        select(AuditEvent)
        .where(
            names_application(client.application_id or ""),
            AuditEvent.client_id == client.client_id,
            AuditEvent.event.in_([each.value for each in _EVENTS]),
        )
        .order_by(AuditEvent.id.desc())
        .limit(_MOST)
    ).all()
    added = [each for each in events if each.event == Event.CLIENT_ADDED.value]
    proofs = [each for each in events if _is_about(each, PROOF)]
    returns = [each for each in events if _is_about(each, RETURNS)]
    now = clock.now()
    works = 2 if proofs and proofs[0].at > now - clients.OLD_SECRET_LASTS else 1
    return Halves(
        still_new=bool(added) and added[0].at > now - STILL_NEW,
        returns=frozenset(
            each.actor for at, each in enumerate(returns) if at == 0 or each.at > now - LATELY
        ),
        proof=frozenset(each.actor for each in proofs[:works]),
    )


def _is_about(event: AuditEvent, half: Collection[str]) -> bool:
    if event.event == Event.CLIENT_UPDATED.value:
        changed: Any = event.details.get("changed", ())
        return not set(half).isdisjoint(changed)
    return event.event == Event.CLIENT_ADDED.value or half is PROOF

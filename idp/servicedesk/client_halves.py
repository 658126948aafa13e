"""Where codes go, and what redeems them: whoever has both can read along with everybody who signs in there.

So of a client that is at work no one colleague gets the other half: who saw a secret that still works, or wrote its
keys, leaves the return addresses to a colleague, and who brought one of those leaves the proof to a colleague for as
long as it stands there. In the first day after registering everything can be corrected; nobody signs in there yet.
The trail tells who had what.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, select, true

from idp import clock
from idp.audit import Event
from idp.database import db
from idp.models import AuditEvent, Client, names_application
from idp.oidc import addresses
from idp.oidc.trail import marks_of_keys
from idp.servicedesk.sensitive import LATELY
from idp.servicedesk.unfit import Unfit

RETURNS: Final = frozenset({"redirect_uris"})
_KEYS: Final = frozenset({"jwks", "jwks_uri"})
PROOF: Final = _KEYS | {"auth_method"}
#: How long after registering one colleague may still correct everything.
STILL_NEW: Final = timedelta(days=1)
#: Events of one client that are looked at, the newest first; where there are more, whoever is in them has both halves.
_MOST: Final = 1000
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
            "wijzigen. Kan geen collega dat, dan doet de technisch beheerder het.",
        )


def halves_of(client: Client) -> Halves:
    """Who has which half now: what still works, or still stands there, counts for who brought it or saw it."""
    events = _events(client, names_application(client.application_id or ""))
    if _was_elsewhere(events):
        events = _events(client, true())
    added = [each for each in events if each.event == Event.CLIENT_ADDED.value]
    pushed_out = {each.actor for each in events} if len(events) == _MOST else set()
    return Halves(
        still_new=bool(added) and added[0].at > clock.now() - STILL_NEW,
        returns=_who_says_where_codes_go(client, events) | pushed_out,
        proof=_who_knows_a_secret(client, events) | _who_has_a_key(client, events) | pushed_out,
    )


def _was_elsewhere(events: Sequence[AuditEvent]) -> bool:
    """Whether what happened to it stands in part under another application."""
    known = any(each.event == Event.CLIENT_ADDED.value for each in events)
    return not known or any("application_id" in _changed(each) for each in events)


def _events(client: Client, where: ColumnElement[bool]) -> Sequence[AuditEvent]:
    """About the registration of one client, the newest first."""
    return db.session.scalars(
        select(AuditEvent)
        .where(
            where,
            AuditEvent.client_id == client.client_id,
            AuditEvent.event.in_([each.value for each in _EVENTS]),
        )
        .order_by(AuditEvent.id.desc())
        .limit(_MOST)
    ).all()


def _who_says_where_codes_go(client: Client, events: Sequence[AuditEvent]) -> frozenset[str]:
    """Who wrote the addresses last, or lately, and who brought one that is still there."""
    since = clock.now() - LATELY
    writers = [each for each in events if _wrote(each, RETURNS)]
    lately = {each.actor for at, each in enumerate(writers) if at == 0 or each.at > since}
    there = {addresses.mark(each) for each in client.redirect_uris}
    return _who_brought(there, "returns", RETURNS, events) | lately


def _who_has_a_key(client: Client, events: Sequence[AuditEvent]) -> frozenset[str]:
    """Who brought a key that is still there, whether or not the client proves with it who it is now."""
    there = marks_of_keys(client)
    return _who_brought(there, "keys", _KEYS, events) if there else frozenset()


def _who_brought(
    there: Collection[str], told: str, members: Collection[str], events: Sequence[AuditEvent]
) -> frozenset[str]:
    """By the marks that events tell. Those of an earlier release tell none: then who wrote these members counts."""
    found: set[str] = set()
    before: set[str] = set()
    for each in reversed(events):
        now = set(each.details.get(told, before))
        brought = not (now - before).isdisjoint(there)  # also what was taken away, and came back
        if _wrote(each, members) and (brought or told not in each.details):
            found.add(each.actor)
        before = now
    return frozenset(found)


def _who_knows_a_secret(client: Client, events: Sequence[AuditEvent]) -> frozenset[str]:
    """Who saw one that works: back to where the oldest of those was made, the former one beside a new one included.

    Another method may have made a secret too, or kept the one that there was.
    """
    now = clock.now().timestamp()
    work = sum(each["until"] is None or each["until"] > now for each in client.secrets)
    if not work:
        return frozenset()
    saw = [each for each in events if _made_a_secret(each) or "auth_method" in _changed(each)]
    oldest = [each for each in saw if _made_a_secret(each)][:work][-1:]
    return frozenset(each.actor for each in saw if not oldest or each.id >= oldest[0].id)


def _made_a_secret(event: AuditEvent) -> bool:
    return event.event != Event.CLIENT_UPDATED.value


def _wrote(event: AuditEvent, members: Collection[str]) -> bool:
    """Whether it said what these members of the registration are; who registered it said what they all are."""
    return event.event == Event.CLIENT_ADDED.value or not _changed(event).isdisjoint(members)


def _changed(event: AuditEvent) -> set[str]:
    return set(event.details.get("changed", ()))

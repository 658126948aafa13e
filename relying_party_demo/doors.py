"""Pages that ask more or less than the application itself, and let in who has it."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response

from relying_party_demo.asks import DOORS
from relying_party_demo.demo import home, show, the_demo
from relying_party_demo.id_token import level_of
from relying_party_demo.pages import person
from relying_party_demo.wording import DOOR_COPY, LEVELS, Moment

doors = Blueprint("doors", __name__)


def door(door: str, application_id: str | None = None) -> Response:
    """Show the page to who meets what it asks, and the way in to everybody else."""
    demo = the_demo()
    application, here = demo.application(application_id), home(application_id) + door
    signed_in = demo.visit().signed_in.get(application.id)
    open_to = signed_in is not None and DOORS[door].met(signed_in.claims)
    if door == "laag" and application.at_laag and not open_to:
        application_id = application.at_laag
        application = demo.application(application_id)
        signed_in = demo.visit().signed_in.get(application.id)
        open_to = signed_in is not None and DOORS[door].met(signed_in.claims)
    claims = signed_in.claims if signed_in else {}
    level = level_of(claims.get("acr"))
    return show(
        "door_open" if open_to else "door_closed",
        application=application,
        home_path=home(application_id),
        door=DOOR_COPY[door],
        claims=claims,
        person=person(signed_in) if signed_in else None,
        csrf_token=signed_in.csrf_token if signed_in else None,
        level=LEVELS.get(level) if level else None,
        signed_in_at=Moment.of(claims.get("auth_time")),
        way_in=f"{home(application_id)}inloggen?{urlencode({'target_link_uri': demo.url(here)})}",
    )


for name in DOORS:
    # by name, because `/<application_id>/` would take an address with a variable first
    for address in (f"/{name}", f"/<application_id>/{name}"):
        doors.add_url_rule(address, view_func=door, defaults={"door": name})

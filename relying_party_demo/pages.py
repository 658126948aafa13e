"""The page of an application: who is signed in, or how to."""

from __future__ import annotations

import json

from flask import Blueprint, Response

from relying_party_demo.asks import Asks
from relying_party_demo.demo import Demo, home, show, the_demo
from relying_party_demo.id_token import level_of
from relying_party_demo.visits import SignedIn, Visit
from relying_party_demo.wording import LEVELS, Moment

pages = Blueprint("pages", __name__)


@pages.get("/health")
def health() -> Response:
    """Say that this process answers; the provider may be away."""
    return Response("ok", mimetype="text/plain")


@pages.get("/")
@pages.get("/<application_id>/")
def page(application_id: str | None = None) -> Response:
    """Show what this application knows about the person, or its front door."""
    demo = the_demo()
    application = demo.application(application_id)
    visit = demo.visit()
    signed_in = visit.signed_in.get(application.id)
    here = home(application_id)
    if signed_in is None or not Asks(level=application.level).met(signed_in.claims):
        every = demo.configuration.applications
        second = {x.at_laag for x in every}  # the same application once more, at another level
        others = [x for x in every if x is not application and x.id not in second]
        return show("start", application=application, home_path=here, others=others, levels=LEVELS)
    claims = signed_in.claims
    level = level_of(claims.get("acr"))
    return show(
        "signed_in",
        application=application,
        home_path=here,
        csrf_token=signed_in.csrf_token,
        claims=claims,
        person=person(signed_in),
        level=LEVELS.get(level) if level else None,
        signed_in_at=Moment.of(claims.get("auth_time")),
        roles=texts(claims.get("rollen")),
        menu=menu(demo, visit, claims.get("applicaties"), application.id),
        raw=[("ID Token", pretty(claims)), ("UserInfo", pretty(signed_in.userinfo))],
    )


def person(signed_in: SignedIn) -> dict[str, str]:
    """Return name and user name: from UserInfo, else from the ID Token."""
    known = {**signed_in.claims, **signed_in.userinfo}
    wanted = ("name", "preferred_username")
    return {name: str(known[name]) for name in wanted if isinstance(known.get(name), str)}


def menu(demo: Demo, visit: Visit, given: object, current: str) -> list[dict[str, object]]:
    """Turn the claim `applicaties` into lines, in the provider's order.

    An application that this demo does not host has no address. One where the person is not signed
    in yet is opened by signing in, which asks nothing as long as the session at the provider lasts.
    """
    hosted = {application.id for application in demo.configuration.applications}
    lines: list[dict[str, object]] = []
    for entry in given if isinstance(given, list) else []:
        if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
            continue
        name = entry["id"]
        address = f"/{name}/" if name in visit.signed_in else f"/{name}/inloggen"
        lines.append(
            {
                "name": str(entry.get("naam") or name),
                "address": address if name in hosted else None,
                "current": name == current,
                "roles": texts(entry.get("rollen")),
            }
        )
    return lines


def texts(given: object) -> list[str]:
    """Return the texts of a list from outside, and nothing else that may be in it."""
    return [x for x in given if isinstance(x, str)] if isinstance(given, list) else []


def pretty(claims: dict[str, object]) -> str:
    """Return claims as people read JSON."""
    return json.dumps(claims, indent=2, ensure_ascii=False)

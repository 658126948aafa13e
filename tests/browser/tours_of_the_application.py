"""Tours past the demo application: its front door, its pages that each ask something else, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tests.browser import walks
from tests.browser.people import People
from tests.browser.visitor import Visitor


def application(visitor: Visitor, people: People) -> Iterator[str]:
    """The pages of the demo relying party."""
    visitor.open(visitor.demo.relying_party)
    visitor.is_at("start")
    yield "applicatie"
    visitor.press("inloggen")
    walks.sign_in(visitor, people.make(totp=True), "totp")
    visitor.is_at("signed_in")
    yield "applicatie-ingelogd"
    visitor.press("uitloggen")
    visitor.is_at("signed_out")
    yield "applicatie-uitgelogd"
    visitor.open(f"{visitor.demo.relying_party}/callback?state=onbekend")
    visitor.is_at("problem", "unknown_state")
    yield "applicatie-fout"


def of_others(visitor: Visitor, people: People) -> Iterator[str]:
    """An application of somebody else asks first; *Beveiliging* shows it, and takes it back."""
    client_id, asking = people.application_of_others("Zorgplanner Voorbeeld")
    _, asking_by_itself = people.application_of_others("Rekenhulp Voorbeeld", public=True)
    visitor.open(asking)
    walks.sign_in(visitor, people.make(totp=True), "totp")
    visitor.is_at("consent")
    yield "toestemming"
    visitor.press("volgende")
    visitor.is_at("problem", "unknown_state")
    visitor.open("/mijn/beveiliging")
    visitor.is_at("security")
    yield "beveiliging-toestemming"
    visitor.press(f"intrekken-{client_id}")
    visitor.is_at("security")
    yield "beveiliging-ingetrokken"
    visitor.open(asking_by_itself)
    visitor.is_at("consent")
    yield "toestemming-publiek"
    visitor.press("weigeren")
    visitor.is_at("problem", "unknown_state")


def levels(visitor: Visitor, people: People) -> Iterator[str]:
    """The application's pages that each ask something else, and a sign-in that is asked once more."""
    person, somebody_else = people.make(totp=True), people.make(totp=True)
    application = visitor.demo.relying_party
    visitor.open(f"{application}/laag")
    visitor.is_at("door_closed")
    yield "applicatie-dicht"
    visitor.press("inloggen")
    visitor.sign_in(person)
    visitor.is_at("door_open")
    yield "applicatie-open"
    visitor.open(f"{application}/substantieel")
    visitor.is_at("door_closed")
    yield "applicatie-verder-inloggen"
    visitor.open(f"{application}/gegevens")
    visitor.is_at("api")
    yield "applicatie-api"
    visitor.press("inloggen")
    walks.take_the_step(visitor, person, "totp")
    visitor.press("ophalen")
    visitor.is_at("api")
    yield "applicatie-api-antwoord"
    people.signed_in_before(person, timedelta(minutes=9))
    visitor.open(f"{application}/inloggen?target_link_uri={application}/vers")
    visitor.is_at("login")
    yield "inloggen-opnieuw"
    visitor.sign_in(somebody_else)
    visitor.is_at("login", "other-account")
    yield "inloggen-ander-account"

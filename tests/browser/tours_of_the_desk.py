"""Tours past the pages of the Servicedesk's desk: a call for help, what takes two, an organisation, the colleagues."""

from __future__ import annotations

from collections.abc import Iterator
from secrets import token_hex

from tests.browser import walks
from tests.browser.people import People, Person
from tests.browser.visitor import Visitor

DESK = "/servicedesk/"


def at_work(visitor: Visitor, people: People, role: str = "beheerder") -> Person:
    """A colleague with that role, signed in and at the desk."""
    colleague = people.make(totp=True, applications={}, desk_role=role)
    walks.sign_in_here(visitor, colleague, "totp")
    visitor.click("#servicedesk-openen")
    visitor.is_at("desk")
    return colleague


def why(visitor: Visitor, *, check: str = "called-back", **chosen: str) -> None:
    """Fill in what every form asks: why, how the caller was checked, and what else is to choose."""
    for field, value in {"reden": "caller", "controle": check, **chosen}.items():
        visitor.page.select_option(f"#{field}", value)


def find(visitor: Visitor, person: Person) -> None:
    """From the search to somebody's account, by the relatienummer that a caller says."""
    visitor.open(DESK)
    visitor.press("volgende", zoek=person.relatienummer)
    visitor.follow(person.relation_name)
    visitor.is_at("desk-relation")
    visitor.follow(person.name)
    visitor.is_at("desk-account")


def helping(visitor: Visitor, people: People) -> Iterator[str]:
    """A caller: found, looked at, given what was missing; each with its errors."""
    at_work(visitor, people)
    yield "servicedesk"
    visitor.press("volgende", zoek="niemand-die-zo-heet")
    yield "servicedesk-niets-gevonden"
    person = people.make(totp=True, sms=True, code=True)
    visitor.press("volgende", zoek=person.relatienummer)
    yield "servicedesk-gevonden"
    visitor.follow(person.relation_name)
    visitor.is_at("desk-relation")
    yield "servicedesk-organisatie"
    visitor.follow(person.name)
    visitor.is_at("desk-account")
    yield "servicedesk-account"
    visitor.click("#actie-startwachtwoord")
    visitor.is_at("desk-form")
    yield "servicedesk-startwachtwoord"
    why(visitor, kanaal="telephone", check="questions")
    visitor.click("#volgende")
    visitor.is_at("desk-form")
    yield "servicedesk-startwachtwoord-fout"
    why(visitor, kanaal="telephone")
    visitor.click("#volgende")
    visitor.is_at("desk-supplied")
    yield "servicedesk-doorgeven"
    visitor.click("#klaar")
    visitor.click("#actie-gegevens")
    yield "servicedesk-gegevens"
    visitor.open(visitor.url.replace("gegevens", "methode-verwijderen"))
    yield "servicedesk-methode"
    visitor.click("#annuleren")
    visitor.follow("Alles bekijken")
    visitor.is_at("desk-log-of-account")
    yield "servicedesk-logboek"
    visitor.open(f"{DESK}handleiding")
    visitor.is_at("desk-manual")
    yield "servicedesk-handleiding"
    visitor.open(f"{DESK}kenmerk/0000-0000")
    visitor.is_at("desk-reference")
    yield "servicedesk-kenmerk-onbekend"


def blocked_and_asked(visitor: Visitor, people: People) -> Iterator[str]:
    """A blocked account, what takes two, an organisation that gets an account, and who works here."""
    at_work(visitor, people)
    person = people.make(totp=True, blocked=True)
    find(visitor, person)
    yield "servicedesk-geblokkeerd"
    visitor.click("#actie-deblokkeren")
    why(visitor)
    visitor.click("#volgende")
    visitor.is_at("desk-account")
    yield "servicedesk-gedeblokkeerd"
    account = visitor.url.partition("?")[0]
    visitor.click("#actie-methoden-wissen")
    yield "servicedesk-methoden-wissen"
    why(visitor)
    visitor.click("#volgende")
    visitor.is_at("desk-account")
    yield "servicedesk-gevraagd"
    visitor.open(f"{DESK}verzoeken")
    visitor.is_at("desk-requests")
    yield "servicedesk-verzoeken"
    visitor.follow("Alle methoden wissen")
    visitor.is_at("desk-request")
    yield "servicedesk-verzoek"
    visitor.open(f"{account}/blokkeren")
    people.correct_name(person, "Iemand Anders")
    why(visitor)
    visitor.click("#volgende")
    visitor.is_at("desk-form")
    yield "servicedesk-intussen-gewijzigd"
    visitor.click("#annuleren")
    visitor.follow(person.relation_name)
    visitor.click("#actie-account-toevoegen")
    why(visitor)
    visitor.press("volgende", naam="Joris de Vries")
    yield "servicedesk-account-toevoegen"
    visitor.click("#annuleren")
    visitor.click("#actie-gegevens")
    visitor.is_at("desk-form")
    yield "servicedesk-organisatie-gegevens"
    visitor.open(f"{DESK}relaties/nieuw")
    why(visitor)
    visitor.press("volgende", relatienummer="geen", naam="Zorggroep Nieuw", soort="zorgaanbieder")
    yield "servicedesk-organisatie-toevoegen"
    visitor.open(f"{DESK}collegas")
    visitor.is_at("desk-colleagues")
    yield "servicedesk-collegas"
    visitor.press("volgende", gebruikersnaam="niemand")
    yield "servicedesk-collegas-fout"
    visitor.click("a[href^='/servicedesk/collegas/']")
    visitor.is_at("desk-form")
    yield "servicedesk-rol"


def who_may_only_look(visitor: Visitor, people: People) -> Iterator[str]:
    """The auditor's view of an account, and a page that is not for that role."""
    at_work(visitor, people, "auditor")
    find(visitor, people.make(totp=True))
    yield "servicedesk-meekijken"
    visitor.open(f"{DESK}collegas")
    visitor.is_at("desk-refused")
    yield "servicedesk-andere-rol"
    visitor.open("/mijn/applicaties")
    visitor.is_at("portal")
    yield "portaal-van-een-collega"


def applications(visitor: Visitor, people: People) -> Iterator[str]:
    """Applications and who may use them, and letters."""
    at_work(visitor, people)
    people.make(totp=True)
    for address, page, name in (
        ("applicaties", "desk-applications", "applicaties"),
        ("applicaties/nieuw", "desk-application-form", "applicatie-nieuw"),
        ("applicaties/wmo-berichten", "desk-application", "applicatie"),
        ("applicaties/wmo-berichten/wijzigen", "desk-application-form", "applicatie-wijzigen"),
        ("applicaties/wmo-berichten/koppelingen/nieuw", "desk-client-form", "koppeling-nieuw"),
        ("applicaties/wmo-berichten/toegang", "desk-access", "toegang"),
        ("applicaties/wmo-berichten/toegang/soort", "desk-access-of-kind", "toegang-per-soort"),
        ("applicaties/wmo-berichten/verwijderen", "desk-application-removal", "applicatie-weg"),
        ("brieven", "desk-letters", "brieven"),
    ):
        visitor.open(DESK + address)
        visitor.is_at(page)
        yield f"servicedesk-{name}"


def clients_of_an_application(visitor: Visitor, people: People) -> Iterator[str]:
    """A client: looked at, changed, another secret, its end, and a new one with its secret."""
    at_work(visitor, people)
    there = f"{DESK}applicaties/wmo-berichten/koppelingen"
    for address, page, name in (
        ("wmo-berichten", "desk-client", "koppeling"),
        ("wmo-berichten/wijzigen", "desk-client-form", "koppeling-wijzigen"),
        ("wmo-berichten/geheim", "desk-client-renewal", "koppeling-nieuw-geheim"),
        ("wmo-berichten/verwijderen", "desk-client-removal", "koppeling-weg"),
    ):
        visitor.open(f"{there}/{address}")
        visitor.is_at(page)
        yield f"servicedesk-{name}"
    visitor.open(f"{there}/nieuw")
    why(visitor)
    visitor.click("#volgende")
    visitor.is_at("desk-client-form")
    yield "servicedesk-koppeling-nieuw-fout"
    why(visitor, profiel="basic", bewijs="client_secret_basic")
    long = f"een-lange-naam-{token_hex(16)}"  # as long ids are, without a place to break
    visitor.press(
        "volgende", terugkeeradressen="https://wmo.voorbeeld.nl/terug", client_id=long, naam=long
    )
    visitor.is_at("desk-client-secret")
    yield "servicedesk-koppeling-geheim"
    for address, page in (
        (f"{there}/{long}", "desk-client"),
        (there.removesuffix("/koppelingen"), "desk-application"),
    ):
        visitor.open(address)
        visitor.is_at(page)
        yield f"servicedesk-koppeling-lang-{page}"


def the_log(visitor: Visitor, people: People) -> Iterator[str]:
    """What an auditor asks the trail."""
    at_work(visitor, people, "auditor")
    visitor.open(f"{DESK}logboek")
    visitor.is_at("desk-log")
    yield "servicedesk-logboek-van-alles"
    visitor.open(f"{DESK}logboek/toegang?applicatie=wmo-berichten")
    visitor.is_at("desk-had-access")
    yield "servicedesk-wie-had-toegang"


TOURS = (
    helping,
    blocked_and_asked,
    who_may_only_look,
    applications,
    clients_of_an_application,
    the_log,
)

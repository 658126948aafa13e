"""The house as journeys and attacks meet it: opened over a test's database, with people in it, and a browser.

    house = open_house(database_url, tmp_path)
    anna = add_person(house, totp=True)
    browser = house.browser()
    assert sign_in(house, browser, anna).name == "portal"

Time stands still (`idp.clock.standing_at`) in most tests; codes are true ones: from pyotp and from the demo phone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyotp

from idp import clock
from idp.accounts import activation_codes, directory, grants, passwords, recovery_codes
from idp.assurance import Level
from idp.database import db
from idp.errors import WrongInput
from idp.mfa import seeding
from idp.models import Account, Application, Relation
from tests.support.house import (
    ISSUER,
    NOW,
    ROOT_SECRET,
    Answer,
    House,
    Visitor,
    deployed,
    house_of_this_worker,
    open_house,
    settings_for,
)
from tests.support.pages import Browser, Page

#: Made in `tests.support.house`, and wanted wherever people are.
__all__ = [
    "ISSUER",
    "NOW",
    "ROOT_SECRET",
    "Answer",
    "House",
    "Visitor",
    "deployed",
    "house_of_this_worker",
    "open_house",
    "settings_for",
]

RELATION: Final = "10023456"
USERNAME: Final = "j.devries"
PASSWORD: Final = "vier losse woorden fietsen"
NEW_PASSWORD: Final = "nieuwe lantaarn kwartel roeispaan"
PHONE: Final = "06 12345678"
LANDLINE: Final = "020 1234567"
#: Of a password that nobody knows, and cheap: an account is made with it before it gets a password of its own.
_ANY_HASH: Final = "$2b$04$abcdefghijklmnopqrstuuM3V1dX7Q3kXkQ4Q7Qe0g0y0x0w0v0u0"
_HASHES: Final[dict[str, str]] = {}


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with an account, and what they know and have."""

    id: str
    relation: str
    username: str
    password: str
    code: str | None
    totp: str | None
    phone: str | None
    landline: str | None


# --- people ----------------------------------------------------------------------------------------------------------


def add_person(
    house: House,
    username: str = USERNAME,
    *,
    relation: str = RELATION,
    password: str | None = PASSWORD,
    totp: bool = False,
    phone: str | None = None,
    landline: str | None = None,
    code: bool = False,
    replaces_methods: bool = False,
    level: Level = Level.SUBSTANTIEEL,
) -> Person:
    """An account under a relation that is made when needed. `password=None` leaves the generated start password."""
    secret = pyotp.random_base32(32) if totp else None
    with house.inside():
        account, start = directory.add_account(
            relation=_relation(relation),
            username=username,
            name=username.title(),
            level=level,
            imported_hash=None if password is None else _ANY_HASH,
            actor="test",
        )
        if password is not None:
            give_password(account, password)
        known = start.reveal() if start else password or ""
        if secret:
            seeding.add_totp(account, secret)
        if phone:
            seeding.add_sms(account, phone)
        if landline:
            seeding.add_voice(account, landline)
        issued = None
        if code:
            _row, readable = activation_codes.issue(
                account, channel="letter", actor="test", replaces_methods=replaces_methods
            )
            issued = readable.reveal()
        account_id = account.id
    return Person(
        id=account_id,
        relation=relation,
        username=username,
        password=known,
        code=issued,
        totp=secret,
        phone=phone,
        landline=landline,
    )


def give_password(account: Account, password: str) -> None:
    """A lasting password, whose hash is computed once per process: the root secret is the same in all tests."""
    passwords_hash = _HASHES.get(password)
    if passwords_hash is None:
        passwords.set_password(account, password, temporary=False)
        _HASHES[password] = account.password_hash
        return
    account.password_hash, account.password_scheme = passwords_hash, passwords.OURS
    account.password_is_temporary = False


def _relation(number: str) -> Relation:
    try:
        return directory.find_relation(number)
    except WrongInput:
        return directory.add_relation(
            number=number, name=f"Gemeente Voorbeeld {number[-2:]}", kind="gemeente", actor="test"
        )


def account_of(person: Person) -> Account:
    """The person's row, inside the application."""
    account = directory.get(person.id)
    assert account is not None
    return account


def block_and_open_again(house: House, person: Person, whose: str) -> None:
    """Block somebody's `account` or whole `relation`, and take that back."""
    with house.inside():
        account = account_of(person)
        if whose == "account":
            directory.block_account(account, actor="test")
            directory.unblock_account(account, actor="test")
        else:
            directory.block_relation(account.relation, actor="test")
            directory.unblock_relation(account.relation, actor="test")


def issue_code(house: House, person: Person, *, replaces_methods: bool = False) -> str:
    """A new activation code, in the readable form of the letter."""
    with house.inside():
        _row, readable = activation_codes.issue(
            account_of(person), channel="letter", actor="test", replaces_methods=replaces_methods
        )
        return readable.reveal()


def add_recovery_codes(house: House, person: Person) -> list[str]:
    """A set of recovery codes, in the readable form of the page; for a house that lets people have them."""
    with house.inside():
        return [code.reveal() for code in recovery_codes.make(account_of(person))]


def to_the_recovery_code(browser: Visitor, person: Person) -> Page:
    """On the page that takes a recovery code, by what the page of the second step offers."""
    page = identify(browser, person)
    return browser.get(page.at("herstelcode").attributes["href"])


def add_application(house: House, name: str, *, position: int = 0) -> str:
    """An application with an address of its own; its id."""
    application_id = name.lower().replace(" ", "-")
    with house.inside():
        db.session.add(
            Application(
                id=application_id,
                name=name,
                address=f"https://{application_id}.example/inloggen",
                level=int(Level.SUBSTANTIEEL),
                position=position,
            )
        )
    return application_id


def grant(
    house: House,
    person: Person,
    application_id: str,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> None:
    """Give somebody an application."""
    with house.inside():
        application = db.session.get_one(Application, application_id)
        grants.grant(
            account_of(person),
            application,
            roles=("inzien",),
            starts_at=starts_at,
            ends_at=ends_at,
            actor="test",
        )


# --- the walk --------------------------------------------------------------------------------------------------------


def totp_code(secret: str | None) -> str:
    """What the app on the phone shows now."""
    assert secret is not None, "this person has no authenticator app"
    return pyotp.TOTP(secret).at(clock.now())


def wrong_code(right: str) -> str:
    """Another code of six digits than the right one."""
    return f"{(int(right) + 1) % 1_000_000:06}"


def identify(
    browser: Browser, person: Person, *, at: str | None = "/", password: str | None = None
) -> Page:
    """The three fields, on the page at `at` or on the one that shows."""
    if at is not None:
        browser.get(at)
    return browser.submit(
        "volgende",
        relatienummer=person.relation,
        gebruikersnaam=person.username,
        wachtwoord=person.password if password is None else password,
    )


def sign_in(house: House, browser: Browser, person: Person, *, at: str | None = "/") -> Page:
    """Both steps, the authenticator app before the text message."""
    page = identify(browser, person, at=at)
    return second_step(house, browser, person, page)


def second_step(house: House, browser: Browser, person: Person, page: Page) -> Page:
    """The second step, by app where the person has one."""
    if page.name == "choose-method":
        browser.submit("volgende", methode="totp" if person.totp else "sms")
    if person.totp:
        return browser.submit("volgende", code=totp_code(person.totp))
    browser.submit("volgende")
    return browser.submit("volgende", code=house.newest_code())


def to_the_methods(browser: Browser, person: Person, *, at: str = "/2fa") -> Page:
    """First set-up up to the choice of methods."""
    identify(browser, person, at=at)
    browser.submit("volgende")
    assert person.code is not None
    return browser.submit("volgende", activatiecode=person.code)


def set_up_totp(browser: Browser) -> tuple[str, Page]:
    """On the page that sets up an app: scan the secret, fill in its first code."""
    secret = browser.page.text("totp-geheim")
    return secret, browser.submit("volgende", code=totp_code(secret))


def set_up_sms(house: House, browser: Browser, number: str = PHONE) -> Page:
    """On the page that sets up texts (or calls): the number, then the code that arrives there."""
    browser.submit("volgende", telefoonnummer=number)
    return browser.submit("volgende", code=house.newest_code())

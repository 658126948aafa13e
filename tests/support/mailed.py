"""A house that mails, and what came with the mail: links and codes as somebody reads them there."""

from __future__ import annotations

import re
from typing import Any

from idp.accounts import directory
from idp.cli.deliver import sender_of
from tests.support.journeys import House, Person, Visitor, account_of
from tests.support.mail_server import MailServer
from tests.support.pages import Page

ADDRESS = "j.devries@voorbeeld.nl"
_LINK = re.compile(r"http://localhost:8400/wachtwoord-vergeten/link\?code=[A-Za-z0-9_-]{43}")
_CODE = re.compile(r"^(\d{6})\r?$", re.MULTILINE)


def with_confirmed_address(house: House, person: Person, address: str = ADDRESS) -> Person:
    """The person, whose address the operator knows to be theirs."""
    with house.inside():
        directory.update_account(
            account_of(person), email=address, email_confirmed=True, actor="test"
        )
    return person


def arrived(house: House, post: MailServer) -> list[str]:
    """The bodies of what arrives when everything that is due is sent; each is read once."""
    sender_of(house.app).deliver_due()
    bodies = [str(message.get_content()) for _to, message in post.mails]
    post.mails.clear()
    return bodies


def links(bodies: list[str]) -> list[str]:
    """The links to a new password in these mails."""
    return [found[0] for body in bodies if (found := _LINK.search(body))]


def codes(bodies: list[str]) -> list[str]:
    """The codes that confirm an address."""
    return [found[1] for body in bodies if (found := _CODE.search(body))]


def ask_for_a_link(browser: Visitor, person: Person, **other: Any) -> Page:
    """On the page of a forgotten password: fill in whose it is."""
    browser.get("/wachtwoord-vergeten")
    fields = {"relatienummer": person.relation, "gebruikersnaam": person.username} | other
    return browser.submit("volgende", **fields)


def a_link(house: House, post: MailServer, person: Person) -> str:
    """One that was asked for and arrived."""
    ask_for_a_link(house.browser(), person)
    (found,) = links(arrived(house, post))
    return found

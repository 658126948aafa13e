"""The pages about mail, with the mails that the demo's phone shows, in both browsers."""

from __future__ import annotations

import urllib.request

from tests.browser import walks
from tests.browser.any_visitor import AnyVisitor
from tests.browser.conftest import IN_BOTH_BROWSERS
from tests.browser.people import People
from tests.browser.tours_of_ones_own import own_mail


@IN_BOTH_BROWSERS
def test_an_address_is_confirmed_by_mail_and_its_link_and_the_second_step_bring_a_new_password(
    visitor: AnyVisitor, people: People
) -> None:
    seen = list(own_mail(visitor, people))
    assert seen[-1] == "inloggen-met-nieuw-wachtwoord"
    assert visitor.hook("page") == "portal"


def test_mails_stand_apart_from_the_texts_that_scripts_read(
    visitor: AnyVisitor, people: People
) -> None:
    person = people.make(sms=True)
    people.write_down_mail_address(person)
    walks.sign_in_here(visitor, person, "sms")
    visitor.open(visitor.demo.outbox)
    assert visitor.count(f'#mails [data-to="{person.mailadres}"]')
    assert not visitor.count(f'#mails [data-to="{person.telefoonnummer}"]')
    with urllib.request.urlopen(f"{visitor.demo.outbox}?format=json", timeout=10) as answer:
        told = answer.read().decode()
    assert person.telefoonnummer in told
    assert person.mailadres not in told
    assert '"channel":"mail"' not in told.replace(" ", "")

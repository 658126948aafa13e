"""A link that was mailed before a block opens nothing after it: who read along meanwhile has nothing left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from idp.accounts import directory
from idp.clock import Standing
from tests.support.journeys import House, account_of, add_person, open_house
from tests.support.mail_server import MailServer, mail_server
from tests.support.mailed import a_link, with_confirmed_address


@pytest.fixture
def post() -> Iterator[MailServer]:
    """The mail server of the house."""
    with mail_server() as opened:
        yield opened


@pytest.fixture
def house(time: Standing, database_url: str, tmp_path: Path, post: MailServer) -> House:
    """A house whose body lets people replace a forgotten password themselves."""
    return open_house(database_url, tmp_path, password_by_mail=True, **post.settings)


@pytest.mark.parametrize("whose", ["account", "relation"])
def test_a_link_that_was_mailed_before_a_block_works_no_more_after_it(
    house: House, post: MailServer, whose: str
) -> None:
    anna = with_confirmed_address(house, add_person(house, totp=True))
    ben = with_confirmed_address(
        house, add_person(house, "ben", relation="10999999", totp=True), "ben@voorbeeld.nl"
    )
    link, of_another = a_link(house, post, anna), a_link(house, post, ben)
    with house.inside():
        account = account_of(anna)
        if whose == "account":
            directory.block_account(account, actor="test")
            directory.unblock_account(account, actor="test")
        else:
            directory.block_relation(account.relation, actor="test")
            directory.unblock_relation(account.relation, actor="test")
    assert house.browser().get(link).error == "password-link-over"
    assert house.browser().get(of_another).name == "password-link"

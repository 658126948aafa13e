"""Telling applications of a sign-out, when those applications, our own processes or an attacker misbehave."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Event

import pytest

from idp import clock, deliveries
from idp.accounts import logouts
from idp.audit import Event as Audited
from idp.cli.deliver import sender_of
from idp.database import connection, db
from idp.deliveries import Due, Kind, Sender, queue
from idp.deliveries.sender import AT_ONCE, OF_ONE_PARTY
from idp.models import Client, Delivery
from idp.oidc.backchannel import PAUSES
from idp.settings import Settings
from tests.cli.processes import running
from tests.protocol.registering import newcomer
from tests.protocol.relying_party import Provider, unverified
from tests.protocol.test_logout import sign_out
from tests.support.journeys import ISSUER, House, open_house
from tests.support.receiver import PATIENCE, Receiver, receiver
from tests.support.run import Run

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ROUNDS = 20


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    return Provider.of(house, run)


@pytest.fixture
def heard() -> Iterator[Receiver]:
    with receiver() as opened:
        yield opened


def somebody_signs_out(provider: Provider, *receivers: Receiver | str) -> list[str]:
    """Of one application for each receiver or address, in the portal; the client ids."""
    told = [each if isinstance(each, str) else each.address for each in receivers]
    shops = [provider.application(None, backchannel_logout_uri=each) for each in told]
    browser = provider.browser(provider.person(f"p{len(provider.events(Audited.SESSION_ENDED))}"))
    for shop in shops:
        shop.tokens(browser)
    sign_out(browser)
    browser.submit("uitloggen")
    return [shop.client_id for shop in shops]


def rows(house: House) -> list[Delivery]:
    with house.app.app_context():
        return list(db.session.query(Delivery))


def test_of_many_senders_one_gets_a_row(house: House) -> None:
    line = Barrier(4)

    def claims() -> bool:
        with house.app.app_context():
            line.wait(PATIENCE)
            return queue.claim([logouts.KIND], []) is not None

    with ThreadPoolExecutor(4) as threads:
        for _ in range(ROUNDS):
            with house.inside():
                deliveries.put(logouts.KIND, lane="een-client", facts={"sid": "s"}, why="a test")
            won = [threads.submit(claims) for _ in range(4)]
            assert sum(each.result(PATIENCE) for each in won) == 1


@ONE
def test_who_lost_its_claim_writes_nothing(house: House, time: clock.Standing) -> None:
    with house.inside():
        deliveries.put(logouts.KIND, lane="een-client", facts={"sid": "s"}, why="a test")
    with house.app.app_context():
        slow = queue.claim([logouts.KIND], [])
        assert slow is not None
        assert queue.claim([logouts.KIND], []) is None, "while the claim lasts"
        time.move(queue.LEASE)
        quick = queue.claim([logouts.KIND], [])
        assert quick is not None
        assert (slow.tries, quick.tries) == (1, 2)
        assert queue.finish(slow, "delivered", None) is False
        assert queue.postpone(slow, clock.now(), "no") is False
        assert queue.finish(quick, "delivered", None) is True
        assert queue.finish(quick, "delivered", None) is False
        db.session.commit()


@ONE
def test_one_application_that_hangs_does_not_hold_up_the_others(
    provider: Provider, house: House, heard: Receiver
) -> None:
    with receiver() as dead:
        dead.opened.clear()
        hanging, _quick = somebody_signs_out(provider, dead, heard)
        sender = sender_of(house.app)
        sender.start()
        try:
            dead.wait_for_one()
            heard.wait_for_one()
            with house.inside():  # more for the dead one, behind which nothing may queue up
                for _ in range(3):
                    deliveries.put(
                        logouts.KIND,
                        lane=hanging,
                        client_id=hanging,
                        account_id="somebody",
                        facts={"sid": "s"},
                        why="a test",
                    )
            somebody_signs_out(provider, heard)
            heard.wait_for_one()
            assert len(dead.posts) == 1, "one at a time for each application"
        finally:
            dead.opened.set()
            sender.stop()


@ONE
def test_many_addresses_of_one_party_that_hang_do_not_hold_up_the_others(
    provider: Provider, house: House, heard: Receiver
) -> None:
    with receiver() as dead:
        dead.opened.clear()
        elsewhere = heard.address.replace("127.0.0.1", "localhost")
        somebody_signs_out(provider, *[dead.address] * (AT_ONCE + 2), elsewhere)
        sender = sender_of(house.app)
        sender.start()
        try:
            heard.wait_for_one()
            for _ in range(OF_ONE_PARTY):
                dead.wait_for_one()
            assert len(dead.posts) == OF_ONE_PARTY
        finally:
            dead.opened.set()
            sender.stop()


@ONE
def test_one_kind_that_hangs_does_not_hold_up_another(house: House) -> None:
    hang, told = Event(), Event()

    def wait(_due: Due) -> None:
        hang.wait(PATIENCE)

    waits = Kind(
        send=wait,
        pauses=(),
        delivered=Audited.LOGOUT_TOLD,
        given_up=Audited.LOGOUT_NOT_TOLD,
    )
    quick = replace(waits, send=lambda _due: told.set())
    with house.inside():
        for number in range(AT_ONCE + 2):
            deliveries.put("hangs", lane=f"{number}", facts={}, why="a test")
        deliveries.put("quick", lane="een ander", facts={}, why="a test")
    sender = Sender(house.app, {"hangs": waits, "quick": quick})
    sender.start()
    try:
        assert told.wait(PATIENCE)
    finally:
        hang.set()
        sender.stop()


@ONE
def test_hosts_that_were_registered_with_one_token_are_one_party(
    time: clock.Standing, database_url: str, tmp_path: Path, run: Run
) -> None:
    provider = Provider.of(open_house(database_url, tmp_path, dynamic_registration=True), run)
    new = newcomer(provider.house, most=3, is_third_party=False)
    browser = provider.browser(provider.person("party"))
    for host in ("127.0.0.1", "localhost"):
        new.register(backchannel_logout_uri=f"http://{host}:9/afgemeld")
        new.party().tokens(browser)
    sign_out(browser)
    browser.submit("uitloggen")
    parties = [row.party for row in rows(provider.house)]
    assert len(parties) == 2
    assert len(set(parties)) == 1


@ONE
@pytest.mark.parametrize("status", [301, 307, 400, 404, 500, 503])
def test_an_answer_that_is_no_success_is_tried_again_and_no_redirect_is_followed(
    provider: Provider, house: House, heard: Receiver, status: int
) -> None:
    heard.status = status
    heard.location = heard.address.replace("/afgemeld", "/elders")
    somebody_signs_out(provider, heard)
    sender_of(house.app).deliver_due()
    assert [post.path for post in heard.posts] == ["/afgemeld"]
    [row] = rows(house)
    assert (row.result, row.problem) == (None, f"it answered {status}")
    assert row.due_at == clock.now() + PAUSES[0]


@ONE
def test_nobody_listening_is_a_failed_try(
    provider: Provider, house: House, heard: Receiver
) -> None:
    with receiver() as gone:
        pass
    somebody_signs_out(provider, gone, heard)
    sender_of(house.app).deliver_due()
    assert {row.problem for row in rows(house)} == {"nothing listens there", None}
    assert len(heard.posts) == 1


@ONE
@pytest.mark.parametrize("place", ["10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0"])
def test_an_address_inside_our_own_network_is_never_called(
    provider: Provider, house: House, heard: Receiver, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """What the name stands for decides, at the moment of the call. (A connection to there would fail this test.)"""
    somebody_signs_out(provider, heard)
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, heard.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_asked, **_how: found)
    sender_of(house.app).deliver_due()
    [row] = rows(house)
    assert row.problem is not None
    assert "not on a public network" in row.problem
    assert heard.posts == []


@ONE
def test_a_client_that_is_gone_is_given_up_without_a_call(
    provider: Provider, house: House, heard: Receiver, time: clock.Standing
) -> None:
    [client_id] = somebody_signs_out(provider, heard)
    with house.inside():
        db.session.get_one(Client, client_id).removed_at = clock.now()
    house.app.extensions.pop("idp-clients", None)
    for pause in (timedelta(0), *PAUSES):
        time.move(pause)
        sender_of(house.app).deliver_due()
    [row] = rows(house)
    assert (row.result, heard.posts) == ("given-up", [])


def test_no_transaction_is_open_while_we_wait_for_an_application(
    provider: Provider, house: House, heard: Receiver
) -> None:
    """Nor a lock: others write meanwhile."""
    heard.opened.clear()
    somebody_signs_out(provider, heard)
    sender = sender_of(house.app)
    with ThreadPoolExecutor(1) as thread:
        delivered = thread.submit(sender.deliver_due)
        heard.wait_for_one()
        with house.inside():
            connection().execute(Delivery.__table__.update().values(why="others write"))
        heard.opened.set()
        assert delivered.result(PATIENCE) == 1
    [row] = rows(house)
    assert (row.result, row.why) == ("delivered", "others write")


def test_a_process_that_is_killed_half_way_is_followed_by_another(
    provider: Provider, house: House, heard: Receiver, tmp_path: Path
) -> None:
    heard.opened.clear()
    somebody_signs_out(provider, heard)
    here: Settings = house.app.config["IDP"]
    assert here.secret_file is not None
    environment = {
        "IDP_ISSUER": ISSUER,
        "IDP_DATABASE_URL": here.database_url,
        "IDP_KEYS": here.keys,
        "IDP_SECRET_FILE": str(here.secret_file),
        "IDP_DEMO": "1",
    }
    here.secret_file.chmod(0o600)
    with running("deliver", folder=tmp_path, environment=environment) as killed:
        first = heard.wait_for_one()
        assert killed.ends(signal.SIGKILL) == -signal.SIGKILL
    heard.opened.set()
    [row] = rows(house)
    assert (row.tries, row.result) == (1, None)
    assert row.due_at is not None
    with clock.standing_at(max(datetime.now(UTC), row.due_at)):
        assert sender_of(house.app).deliver_due() == 1
    assert len(heard.posts) == 2
    jtis = {unverified(post.token)[1]["jti"] for post in (first, heard.posts[-1])}
    assert len(jtis) == 2
    assert rows(house)[0].result == "delivered"

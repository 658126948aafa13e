"""The same promises where counters lie in Redis (`IDP_REDIS_URL`), in a server of our own; and while it is away."""

from __future__ import annotations

import socket
import subprocess
import time as stopwatch
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from idp import throttle
from idp.clock import Standing, standing_at
from idp.database import db
from idp.models import ThrottleCounter
from idp.settings import SettingsError, load
from idp.throttle import SIGN_IN, Budget, in_redis
from idp.throttle.in_redis import LEFT_ALONE, InRedis
from tests.browser.demo_of_a_run import watched
from tests.support import machine
from tests.support.house import NOW, House, open_house
from tests.support.journeys import add_person, identify, sign_in
from tests.support.run import Run
from tests.unit import test_throttle as promises

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: Everything that is promised of counters, but where they lie.
PROMISES = (
    promises.test_tries_are_refused_to_the_second_and_a_refused_try_is_not_counted,
    promises.test_the_whole_run_up_to_the_stop_as_the_clock_goes,
    promises.test_failures_are_forgotten_thirty_days_after_the_last,
    promises.test_success_forgives_one_counter_only,
    promises.test_a_budget_is_used_up_and_opens_again_after_its_window,
)


class Server:
    """A Redis of one test."""

    def __init__(self, folder: Path, run: Run) -> None:
        self.socket = folder / "redis.sock"
        self._command = [
            str(machine.redis_server()), "--port", "0", "--unixsocket", str(self.socket), "--save", "",
            "--dir", str(folder), "--logfile", str(folder / "redis.log"),
        ]  # fmt: skip
        self._run = run
        self.start()

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        """The watch stops it when the run ends, however that ends."""
        subprocess.Popen(watched(self._run.lifeline, self._command)).returncode = 0
        deadline = stopwatch.monotonic() + 20
        while not InRedis(self.url).answers():
            assert stopwatch.monotonic() < deadline, "Redis did not start"
            stopwatch.sleep(0.02)

    def stop(self) -> None:
        redis.Redis.from_url(self.url).shutdown(nosave=True)


@pytest.fixture
def server(tmp_path: Path, run: Run) -> Iterator[Server]:
    """A Redis that knows nothing yet."""
    here = Server(tmp_path, run)
    yield here
    if InRedis(here.url).answers():
        here.stop()


@pytest.fixture
def house(server: Server, database_url: str, tmp_path: Path) -> House:
    """A house whose counters lie there."""
    return open_house(database_url, tmp_path, redis_url=server.url)


@pytest.fixture
def time(house: House) -> Iterator[Standing]:
    """A clock that stands still, inside that house."""
    with standing_at(NOW) as standing, house.app.app_context():
        yield standing


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise.__name__)
def test_redis_keeps_the_same_promise(promise: Callable[[Standing], None], time: Standing) -> None:
    promise(time)
    stops = db.session.query(ThrottleCounter.count).all()
    assert all(row.count == SIGN_IN.stop for row in stops), "the rows keep nothing but a stop"


def test_neither_an_absence_of_redis_nor_its_forgetting_lifts_a_stop(
    time: Standing, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_redis, "LEFT_ALONE", 0.0)
    for _ in range(SIGN_IN.stop):
        assert throttle.attempt("a", SIGN_IN) is None
        time.move(SIGN_IN.longest_wait)
    for turn in (server.stop, server.start):
        turn()
        for _ in range(3):
            assert throttle.attempt("a", SIGN_IN) is not None
            time.move(SIGN_IN.longest_wait)
    throttle.forgive("a")
    assert throttle.attempt("a", SIGN_IN) is None


def test_of_many_at_once_as_many_get_through_as_one_after_another(
    time: Standing, house: House, server: Server
) -> None:
    """Two nodes, as many threads as they like."""
    nodes = [InRedis(server.url), InRedis(server.url)]

    def one(number: int) -> bool:
        with house.app.app_context():
            return nodes[number % 2].count_try("a", SIGN_IN, NOW).until is None

    with ThreadPoolExecutor(16) as crowd:
        assert sum(crowd.map(one, range(200))) == SIGN_IN.free
    with ThreadPoolExecutor(16) as crowd:
        used = [
            use.count
            for use in crowd.map(
                lambda number: nodes[number % 2].use("b", timedelta(hours=1), 1, NOW), range(100)
            )
        ]
    assert sorted(used) == list(range(1, 101))


def test_several_budgets_are_used_and_seen_in_one_round(time: Standing) -> None:
    budgets = {"a": Budget(2, timedelta(hours=1)), "b": Budget(3, timedelta(minutes=1))}
    throttle.spend_all(budgets)
    assert throttle.spent_any(budgets) is None
    throttle.spend_all(budgets)
    assert throttle.spent_any(budgets) == NOW + timedelta(hours=1)
    assert [throttle.count_of(name) for name in ("a", "b", "c")] == [2, 2, 0]


def test_a_try_is_given_back_unless_others_came_since(time: Standing) -> None:
    taken = [throttle.count_try("a", SIGN_IN).failures for _ in range(2)]
    throttle.give_back("a", taken[0])
    assert throttle.count_of("a") == 2
    throttle.give_back("a", taken[1])
    assert throttle.count_of("a") == 1


def test_while_redis_is_away_the_database_counts_and_afterwards_redis_again(
    time: Standing, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_redis, "LEFT_ALONE", 0.0)
    throttle.attempt("a", SIGN_IN)
    server.stop()
    for _ in range(5):
        assert throttle.attempt("a", SIGN_IN) is None
    assert throttle.attempt("a", SIGN_IN) is not None
    assert db.session.query(ThrottleCounter).count() == 1
    server.start()
    assert throttle.attempt("a", SIGN_IN) is not None, "a wait goes on"
    time.move(timedelta(seconds=31))
    assert throttle.attempt("a", SIGN_IN) is None
    assert redis.Redis.from_url(server.url).hget("idp:throttle:a", "count") == b"6"
    throttle.forgive("a")
    assert db.session.query(ThrottleCounter).count() == 0, "who is forgiven waits nowhere"


def test_a_redis_that_says_nothing_holds_nobody_up_twice(
    time: Standing, house: House, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen(1)
        store = InRedis(f"unix://{tmp_path / 'silent.sock'}")
        begun = stopwatch.monotonic()
        for _ in range(50):
            store.use("a", timedelta(hours=1), 1, NOW)
        assert stopwatch.monotonic() - begun < LEFT_ALONE


def test_wrong_passwords_make_wait_and_a_right_one_forgives(house: House) -> None:
    with standing_at(NOW) as moment:
        anna, browser = add_person(house, totp=True), house.browser()
        for _ in range(5):
            assert identify(browser, anna, password="het oude").error == "login-failed"
        assert identify(browser, anna).error == "throttled"
        moment.move(timedelta(seconds=31))
        assert sign_in(house, browser, anna).name == "portal"
        moment.move(timedelta(seconds=31))
        stranger = house.browser()
        assert identify(stranger, anna, password="het oude").error == "login-failed"
        assert sign_in(house, stranger, anna).name == "portal"


@pytest.mark.parametrize("url", ["redis://elders.example:6379", "http://localhost", "localhost"])
def test_an_address_that_others_could_read_along_with_is_refused(
    url: str, house: House, tmp_path: Path
) -> None:
    known = house.app.config["IDP"]
    given = {"IDP_ISSUER": known.issuer, "IDP_SECRET_FILE": str(known.secret_file)}
    with pytest.raises(SettingsError, match="IDP_REDIS_URL"):
        load(given | {"IDP_DEMO": "1", "IDP_SMS_GATEWAY": "outbox", "IDP_REDIS_URL": url})

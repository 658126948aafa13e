"""Failures in a row make the next try wait longer and longer; budgets are used up and open again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from idp import throttle
from idp.clock import Standing, standing_at
from idp.database import db
from idp.models import ThrottleCounter
from idp.throttle import SECOND_STEP, SIGN_IN, Budget, FailurePolicy
from tests.support.journeys import NOW, house_of_this_worker
from tests.support.run import Run

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
FOREVER = timedelta(days=30)


@pytest.fixture
def time(database_url: str, run: Run) -> Iterator[Standing]:
    """A clock that stands still, inside a house over each database."""
    with standing_at(NOW) as standing, house_of_this_worker(database_url, run).app.app_context():
        yield standing


#: After so many failures in a row → seconds to wait (RATE-02 and RATE-03 of the checklist).
WAITS_OF_SIGN_IN = {
    0: 0,
    1: 0,
    4: 0,
    5: 30,
    6: 60,
    7: 120,
    8: 240,
    9: 480,
    10: 900,
    11: 900,
    49: 900,
}
WAITS_OF_SECOND_STEP = {0: 0, 1: 0, 9: 0, 10: 900, 11: 900, 49: 900}


@pytest.mark.parametrize(
    ("policy", "failures", "seconds"),
    [
        *((SIGN_IN, *each) for each in WAITS_OF_SIGN_IN.items()),
        *((SECOND_STEP, *each) for each in WAITS_OF_SECOND_STEP.items()),
    ],
)
def test_the_table_of_waits(policy: FailurePolicy, failures: int, seconds: int) -> None:
    assert policy.wait_after(failures) == (timedelta(seconds=seconds) if seconds else None)


@pytest.mark.parametrize("policy", [SIGN_IN, SECOND_STEP])
@pytest.mark.parametrize("failures", [50, 51, 100, 10_000])
def test_after_fifty_failures_waiting_no_longer_helps(policy: FailurePolicy, failures: int) -> None:
    assert policy.wait_after(failures) == policy.stopped_for >= 3650 * DAY


@pytest.mark.parametrize("policy", [SIGN_IN, SECOND_STEP])
def test_no_policy_lets_more_tries_through_than_the_hundred_of_nist(policy: FailurePolicy) -> None:
    assert policy.free <= policy.stop <= 100
    waits = [policy.wait_after(failures) or timedelta() for failures in range(120)]
    assert waits == sorted(waits)


def test_tries_are_refused_to_the_second_and_a_refused_try_is_not_counted(time: Standing) -> None:
    for _ in range(5):
        assert throttle.attempt("a", SIGN_IN) is None
    until = NOW + timedelta(seconds=30)
    for _ in range(20):
        assert throttle.attempt("a", SIGN_IN) == until
    time.move(timedelta(seconds=29))
    assert throttle.attempt("a", SIGN_IN) == until
    time.move(SECOND)
    assert throttle.attempt("a", SIGN_IN) is None  # the sixth
    assert throttle.attempt("a", SIGN_IN) == time.moment + MINUTE


def test_the_whole_run_up_to_the_stop_as_the_clock_goes(time: Standing) -> None:
    waited = []
    for _ in range(49):
        assert throttle.attempt("a", SIGN_IN) is None
        if (until := throttle.waits_until("a")) is not None:
            waited.append((until - time.moment).total_seconds())
            time.moment = until
    assert waited == [30, 60, 120, 240, 480, *[900] * 40]
    assert throttle.attempt("a", SIGN_IN) is None  # the fiftieth
    for _ in range(9):
        time.move(400 * DAY)
        assert throttle.attempt("a", SIGN_IN) is not None
    assert throttle.forgive("a") == 50
    assert throttle.attempt("a", SIGN_IN) is None


def test_failures_are_forgotten_thirty_days_after_the_last(time: Standing) -> None:
    for _ in range(4):
        throttle.attempt("a", SIGN_IN)
        time.move(29 * DAY)
    assert throttle.attempt("a", SIGN_IN) is None
    assert throttle.waits_until("a") is not None  # five, though months apart
    time.move(30 * DAY)
    assert throttle.attempt("a", SIGN_IN) is None
    assert throttle.waits_until("a") is None


def test_success_forgives_one_counter_only(time: Standing) -> None:
    for counter in ("a", "b"):
        for _ in range(5):
            throttle.attempt(counter, SIGN_IN)
    throttle.forgive("a")
    assert throttle.attempt("a", SIGN_IN) is None
    assert throttle.attempt("b", SIGN_IN) is not None


def test_a_budget_is_used_up_and_opens_again_after_its_window(time: Standing) -> None:
    budget = Budget(times=3, window=timedelta(hours=1))
    assert throttle.spent("a", budget) is None
    for minutes in (0, 10, 20):
        time.moment = NOW + minutes * MINUTE
        assert throttle.spent("a", budget) is None
        assert throttle.spend("a", budget) is None
    opens = NOW + timedelta(hours=1)
    for _ in range(5):
        assert throttle.spend("a", budget) == opens
    assert throttle.spent("a", budget) == opens
    time.moment = opens - timedelta(milliseconds=1)
    assert throttle.spend("a", budget) == opens
    time.moment = opens
    assert throttle.spent("a", budget) is None
    assert throttle.spend("a", budget) is None
    assert throttle.spent("a", budget) is None


def test_counters_lie_in_the_database_as_moments_and_tell_nobody_who_was_tried(
    time: Standing,
) -> None:
    name = throttle.key("sign-in", "10023456", "info")
    for _ in range(6):
        throttle.attempt(name, SIGN_IN)
        time.move(MINUTE)
    row = db.session.query(ThrottleCounter).one()
    assert (row.count, row.since, row.expires_at) == (6, NOW, NOW + 5 * MINUTE + FOREVER)
    assert len(row.key) == 64
    assert "info" not in row.key
    time.move(FOREVER)
    throttle.attempt(name, SIGN_IN)
    db.session.expire_all()
    assert (row.count, row.since, row.not_before) == (1, time.moment, None)


def test_two_names_are_two_counters_however_they_are_split(time: Standing) -> None:
    keys = {
        throttle.key("sign-in", "1", "2info"),
        throttle.key("sign-in", "12", "info"),
        throttle.key("sign-in", "12info"),
        throttle.key("second-step", "12", "info"),
    }
    assert len(keys) == 4

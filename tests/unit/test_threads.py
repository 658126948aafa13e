"""The server's threads: who ended last works next, and nothing that was taken is lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from idp.cli.threads import LastFirst


@pytest.fixture
def threads() -> Iterator[LastFirst]:
    pool = LastFirst(3)
    yield pool
    pool.shutdown()


def all_at_work(pool: LastFirst, count: int) -> tuple[list[threading.Event], list[int]]:
    """So many threads in the middle of something; who they are, and what ends each."""
    ends = [threading.Event() for _ in range(count)]
    begun: list[int] = []
    begins = threading.Barrier(2)

    def work(end: threading.Event) -> None:
        begun.append(threading.get_ident())
        begins.wait(10)
        end.wait(10)

    for end in ends:
        pool.submit(work, end)
        begins.wait(10)
    return ends, begun


def test_one_request_after_another_is_answered_by_one_thread(threads: LastFirst) -> None:
    who = {threads.submit(threading.get_ident).result(10) for _ in range(50)}
    assert len(who) == 1


def test_whoever_ended_last_works_next(threads: LastFirst) -> None:
    ends, begun = all_at_work(threads, 3)
    last = threads.submit(threading.get_ident)  # waits its turn
    ends[1].set()
    assert last.result(10) == begun[1], "the only one that is free"
    for other in (0, 2):
        ends[other].set()
    assert threads.submit(threading.get_ident).result(10) in begun


def test_there_are_never_more_than_so_many_and_the_rest_waits_its_turn(threads: LastFirst) -> None:
    ends, begun = all_at_work(threads, 3)
    order: list[int] = []
    waiting = [threads.submit(order.append, turn) for turn in range(5)]
    assert not any(each.done() for each in waiting)
    ends[0].set()
    for each in waiting:
        each.result(10)
    assert order == [0, 1, 2, 3, 4]
    assert len(set(begun)) == 3
    for end in ends:
        end.set()


def test_what_goes_wrong_is_told_to_whoever_asked_and_the_thread_lives_on(
    threads: LastFirst,
) -> None:
    who = threads.submit(threading.get_ident).result(10)
    with pytest.raises(ZeroDivisionError):
        threads.submit(lambda: 1 // 0).result(10)
    assert threads.submit(threading.get_ident).result(10) == who


def test_who_is_told_can_give_the_next_work_to_the_same_thread(threads: LastFirst) -> None:
    """As the server does: the connection whose request has just ended brings another one."""
    second: list[int] = []
    done = threading.Event()

    def again(_first: object) -> None:
        threads.submit(lambda: second.append(threading.get_ident())).add_done_callback(
            lambda _second: done.set()
        )

    first = threads.submit(threading.get_ident)
    first.add_done_callback(again)
    assert done.wait(10)
    assert second == [first.result()]


def test_the_end_waits_for_what_was_taken_and_takes_nothing_more() -> None:
    pool = LastFirst(1)
    ends, _begun = all_at_work(pool, 1)
    waiting = pool.submit(lambda: "done")
    threading.Timer(0.05, ends[0].set).start()
    pool.shutdown()
    assert waiting.result(0) == "done"
    with pytest.raises(RuntimeError):
        pool.submit(print)


def test_what_was_cancelled_is_not_done() -> None:
    pool = LastFirst(1)
    ends, _begun = all_at_work(pool, 1)
    done: list[str] = []
    waiting = pool.submit(done.append, "it")
    assert waiting.cancel()
    ends[0].set()
    pool.shutdown()
    assert not done


def test_it_can_take_more_until_everybody_is_at_work(threads: LastFirst) -> None:
    assert threads.can_take_more
    ends, _ = all_at_work(threads, 2)
    assert threads.can_take_more, "a third one has not begun yet"
    more, _ = all_at_work(threads, 1)
    assert not threads.can_take_more
    waits = threads.submit(int)
    more[0].set()
    waits.result(10)
    for end in ends:
        end.set()
    assert threads.submit(int).result(10) == 0
    assert threads.can_take_more

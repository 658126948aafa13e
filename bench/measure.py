"""The measurements: what operations cost the server, what the hash in them costs, how long failures take."""

from __future__ import annotations

import contextlib
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import argon2

from bench.browser import Browser, Line, Wire
from bench.errors import BenchError
from bench.people import FOR_ITSELF, PASSWORD, RELATION, Cast, Person, RelyingParty, Tokens
from bench.processes import Memory, cpu_seconds
from bench.provider import Provider

ALGORITHMS: Final = ("RS256", "ES256")
WARM_UP: Final = 8
HASHES: Final = 8
"""Argon2 hashes beside each batch of sign-ins."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Size:
    """How much to do. A batch gives one value per figure; the figure is the median of the batches."""

    batches: int
    sign_ins: int
    """Per batch."""
    exchanges: int
    """Per batch and algorithm; a code lives 60 seconds, so not too many."""
    failures: int
    """Per reason why a sign-in fails."""
    until_memory: int
    """Sign-ins before memory is looked at again."""

    @property
    def people(self) -> int:
        """Who signs in where CPU is measured: the warm-up, every batch, and whose session codes come from."""
        return WARM_UP + self.batches * self.sign_ins + len(ALGORITHMS) + 1


FULL: Final = Size(batches=5, sign_ins=30, exchanges=80, failures=150, until_memory=1000)
QUICK: Final = Size(batches=3, sign_ins=8, exchanges=30, failures=20, until_memory=100)


@dataclass(slots=True)
class Figures:
    """Milliseconds of the server's CPU per operation, by the operation's name, one value per batch."""

    batches: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, milliseconds: float) -> None:
        """One batch's value."""
        self.batches.setdefault(name, []).append(milliseconds)

    def medians(self) -> dict[str, float]:
        """The figures."""
        return {name: statistics.median(values) for name, values in self.batches.items()}


def cpu(provider: Provider, cast: Cast, size: Size, progress: Progress) -> Figures:
    """What complete sign-ins, exchanges, requests with a session and UserInfo cost this provider."""
    figures, people, issuer = Figures(), iter(cast.people), provider.settings.issuer
    party = cast.relying_party("RS256", Wire(issuer))
    progress("complete sign-ins")
    for _ in range(WARM_UP):
        complete_sign_in(issuer, Wire(issuer), party, next(people))
    for _ in range(size.batches):
        hashing = argon2_milliseconds(cast.password_hash)
        with spending(provider, size.sign_ins) as spent:
            for _ in range(size.sign_ins):
                complete_sign_in(issuer, Wire(issuer), party, next(people))
        figures.add("argon2", hashing)
        figures.add("sign-in", spent[0])
        figures.add("sign-in beside the hash", spent[0] - hashing)
    for alg in ALGORITHMS:
        progress(f"exchanges with {alg}")
        party, browser = cast.relying_party(alg, Wire(issuer)), Browser(issuer, Wire(issuer))
        ask = party.asks()
        ask.code_in(next(people).sign_in(browser, ask.path))
        for _ in range(size.batches):
            _exchanges(figures, provider, party, browser, alg, size.exchanges)
    progress("refreshing, introspection, client credentials")
    party, browser = cast.relying_party("refreshing", Wire(issuer)), Browser(issuer, Wire(issuer))
    ask = party.asks()
    tokens = party.exchange(ask.code_in(next(people).sign_in(browser, ask.path)))
    machine = cast.relying_party(FOR_ITSELF, Wire(issuer))
    for _ in range(size.batches):
        tokens = _later(figures, provider, party, tokens, machine, size.exchanges)
    return figures


def complete_sign_in(issuer: str, line: Line, party: RelyingParty, person: Person) -> None:
    """Authorize, password, authenticator app, code, token, UserInfo; in a browser that nobody knows yet."""
    ask = party.asks()
    code = ask.code_in(person.sign_in(Browser(issuer, line), ask.path))
    party.userinfo(party.exchange(code))


def _exchanges(
    figures: Figures,
    provider: Provider,
    party: RelyingParty,
    browser: Browser,
    alg: str,
    count: int,
) -> None:
    """One batch: codes through a session, then their exchanges, then UserInfo."""
    asks = [party.asks() for _ in range(count)]
    with spending(provider, count) as spent:
        codes = [ask.code_in(browser.open(ask.path)) for ask in asks]
    figures.add("authorize with a session", spent[0])
    with spending(provider, count) as spent:
        tokens = [party.exchange(code) for code in codes]
    figures.add(f"exchange {alg}", spent[0])
    with spending(provider, count) as spent:
        for token in tokens:
            party.userinfo(token)
    figures.add("userinfo", spent[0])


def _later(
    figures: Figures,
    provider: Provider,
    party: RelyingParty,
    tokens: Tokens,
    machine: RelyingParty,
    count: int,
) -> Tokens:
    """One batch of what applications do when the person is long gone; returns the newest tokens."""
    with spending(provider, count) as spent:
        for _ in range(count):
            tokens = party.refresh(tokens)
    figures.add("refresh", spent[0])
    with spending(provider, count) as spent:
        for _ in range(count):
            party.introspect(tokens)
    figures.add("introspection", spent[0])
    with spending(provider, count) as spent:
        for _ in range(count):
            machine.for_itself()
    figures.add("client credentials", spent[0])
    return tokens


@contextlib.contextmanager
def spending(provider: Provider, operations: int) -> Iterator[list[float]]:
    """Gives a list that afterwards holds what the server spent, in milliseconds per operation."""
    spent: list[float] = []
    pids = provider.pids
    before = cpu_seconds(pids)
    yield spent
    spent.append((cpu_seconds(pids) - before) * 1000 / operations)


def argon2_milliseconds(stored: str) -> float:
    """CPU of one Argon2 hash with the parameters of a stored one, in this process, now."""
    hasher = argon2.PasswordHasher.from_parameters(argon2.extract_parameters(stored))
    before = time.process_time()
    for _ in range(HASHES):
        hasher.hash(PASSWORD)
    return (time.process_time() - before) * 1000 / HASHES


def failing_sign_ins(provider: Provider, people: list[Person], count: int) -> dict[str, float]:
    """The median time, in milliseconds, that each reason for *login-failed* takes; they come in turns, mixed."""
    issuer = provider.settings.issuer
    browser = Browser(issuer, Wire(issuer))
    page = browser.open("/")
    tries = [("unknown relation", f"8{number:07}", "iemand") for number in range(count)]
    tries += [("unknown name", RELATION, f"niemand{number}") for number in range(count)]
    tries += [("wrong password", RELATION, person.username) for person in people[:count]]
    random.shuffle(tries)
    took: dict[str, list[float]] = {}
    for turn, (reason, number, username) in enumerate(tries):
        before = time.perf_counter()
        answer = browser.post(
            page,
            origin=f"203.{turn % 250}.113.7",  # no budget of strangers is spent
            relatienummer=number,
            gebruikersnaam=username,
            wachtwoord=f"dit is het niet {turn}",
        )
        took.setdefault(reason, []).append((time.perf_counter() - before) * 1000)
        if answer.name != "login (login-failed)":
            raise BenchError(f"a wrong sign-in ended at {answer.name}")
    return {reason: statistics.median(values) for reason, values in took.items()}


def memory_after(
    provider: Provider, cast: Cast, until: float, progress: Progress
) -> tuple[int, Memory]:
    """What the provider holds after everybody in the cast has signed in, and how many that were.

    On a slow machine fewer: nobody begins after `until`, a moment of `time.monotonic`.
    """
    issuer, signed_in = provider.settings.issuer, 0
    line = Wire(issuer)
    party = cast.relying_party("RS256", Wire(issuer))
    for person in cast.people:
        if time.monotonic() > until:
            break
        if signed_in % 100 == 0:
            progress(f"{signed_in} of {len(cast.people)} sign-ins, for memory")
        complete_sign_in(issuer, line, party, person)
        signed_in += 1
    return signed_in, provider.memory()

"""`python -m bench.scale`: search, evaluation, import and sign-in among 20,000 relations, 200,000 accounts and
2,000,000 grants, on SQLite and PostgreSQL. Prints the rows of docs/scale.md. `--tenth`: a tenth of everybody.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import select, text

from bench import crowd, postgresql, provider
from bench.browser import Wire
from bench.measure import argon2_milliseconds, complete_sign_in, spending
from bench.people import Cast, engage
from bench.provider import Provider
from idp.accounts import grants, passwords, verdicts
from idp.cli.work import at_work, settings_of
from idp.database import db
from idp.models import Account, Application
from idp.servicedesk.import_files import lines_of
from idp.servicedesk.import_kinds import Accounts, usual_level
from idp.servicedesk.importing import Keep, run
from idp.servicedesk.search import search

SEARCHES: Final = (
    "10010000", "1001", "a", "anna", "de vries", "j.10000", "zoe yilmaz", "10000017 anna", "zorggroep linde 17",
    "van der b", "%", "niemand-heet-zo",
)  # fmt: skip
BATCHES: Final = 6
SIGN_INS: Final = 10
LINES: Final = 100_000


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--tenth", action="store_true", help="a tenth of everybody")
    size = crowd.Size(2_000, 20_000, 200_000) if parser.parse_args().tenth else crowd.Size()
    print(f"{size.relations} relations, {size.accounts} accounts, {size.grants} grants")
    _on("SQLite", None, size)
    with postgresql.private_database() as url:
        if url is not None:
            _on("PostgreSQL", url, size)
    return 0


def _on(name: str, url: str | None, size: crowd.Size) -> None:
    with provider.own_folder() as folder:
        environment = provider.production(folder, url)
        settings = settings_of(environment)
        cast = engage(settings, 4 * BATCHES * SIGN_INS)
        small = _sign_ins(folder, environment, cast, 0)
        with at_work(settings):
            with _timed(name, "filled, s"):
                crowd.fill(size, passwords.hashed("bench"), passwords.OURS)
            if db.engine.dialect.name == "postgresql":
                db.session.execute(text("ANALYZE"))
                db.session.commit()
        with at_work(settings, keep=False):
            for asked in SEARCHES:
                _say(name, f"search {asked!r}", _each(partial(search, asked), 20))
            _evaluate(name)
        large = _sign_ins(folder, environment, cast, 1)
        _say(name, "sign-in beside the hash, CPU", f"{small:.1f} among few, {large:.1f} among all")
        with at_work(settings, keep=False):
            _import(name, folder, size)


def _sign_ins(folder: Path, environment: dict[str, str], cast: Cast, part: int) -> float:
    """Server CPU beside the hash, in milliseconds: the median of the batches."""
    with provider.served(folder, environment) as at_hand:
        return _of(at_hand, cast, part)


def _of(at_hand: Provider, cast: Cast, part: int) -> float:
    issuer = at_hand.settings.issuer
    party = cast.relying_party("RS256", Wire(issuer))
    people = iter(cast.people[part * 2 * BATCHES * SIGN_INS :])
    for _ in range(SIGN_INS):
        complete_sign_in(issuer, Wire(issuer), party, next(people))
    found = []
    for _ in range(BATCHES):
        hashing = argon2_milliseconds(cast.password_hash)
        with spending(at_hand, SIGN_INS) as spent:
            for _ in range(SIGN_INS):
                complete_sign_in(issuer, Wire(issuer), party, next(people))
        found.append(spent[0] - hashing)
    return statistics.median(found)


def _evaluate(name: str) -> None:
    chance = random.Random(7)
    accounts = db.session.scalars(select(Account).limit(2000)).all()
    applications = db.session.scalars(select(Application)).all()
    pairs = [(chance.choice(accounts), chance.choice(applications)) for _ in range(300)]
    turn = iter(pairs * 3)

    def whole() -> object:
        return verdicts.verdict(*next(turn))

    def short() -> object:
        account, application = next(turn)
        return grants.may_use(account.id, application.id)

    _say(name, "may use, and why (not)", _each(whole, 300))
    _say(name, "may use", _each(short, 300))
    turn = iter(pairs * 3)
    _say(name, "Uw applicaties", _each(lambda: grants.of_account(next(turn)[0].id), 300))


def _import(name: str, folder: Path, size: crowd.Size) -> None:
    file = folder / "mensen.csv"
    with file.open("w", encoding="utf-8") as target:
        target.write("relatienummer,gebruikersnaam,naam,email,niveau,wachtwoordhash\n")
        for number in range(LINES):
            relation = 10_000_000 + number % size.relations
            target.write(f"{relation},nieuw.{number},Nieuw {number},n{number}@voorbeeld.nl,,\n")
    kind = Accounts(usual_level())
    with _timed(name, f"import of {LINES} accounts, s"):
        outcome = run(
            kind,
            lines_of(file, kind.wanted, kind.further),
            actor="operator:bench",
            keep=Keep.LINES,
        )
    print(f"  {dict(outcome.counts)}")


def _each(what: Callable[[], object], times: int) -> str:
    """Milliseconds on the clock: median and longest, and the process's own CPU."""
    what()
    spent, began = [], time.process_time()
    for _ in range(times):
        before = time.perf_counter()
        what()
        spent.append((time.perf_counter() - before) * 1000)
    cpu = (time.process_time() - began) * 1000 / times
    return f"median {statistics.median(spent):.1f}, longest {max(spent):.1f}, own CPU {cpu:.1f}"


@contextlib.contextmanager
def _timed(name: str, what: str) -> Iterator[None]:
    before = time.perf_counter()
    yield
    _say(name, what, f"{time.perf_counter() - before:.0f}")


def _say(name: str, what: str, figures: str) -> None:
    print(f"{name:10}  {what:34}  {figures}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

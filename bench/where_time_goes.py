"""Profiles of the application alone, without a server and a socket: which functions the time goes to."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any, Final

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench import provider
from bench.browser import Answer, Browser
from bench.measure import WARM_UP, complete_sign_in
from bench.people import engage
from idp import create_app
from idp.cli.work import settings_of

SIGN_INS: Final = 30
EXCHANGES: Final = 300
LINES_SHOWN: Final = 25


class Straight:
    """A line into the application itself; its profiler, if any, sees the application and nothing around it."""

    def __init__(self, application: Callable[..., Any], issuer: str) -> None:
        self._application = application
        self._issuer = issuer
        self.profiler: cProfile.Profile | None = None

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """One request and its answer."""
        builder = EnvironBuilder(
            path, self._issuer, method=method, headers=Headers(headers), data=body
        )
        environ = builder.get_environ() | {"REMOTE_ADDR": "127.0.0.1"}
        if self.profiler is not None:
            self.profiler.enable()
        chunks, status, sent = run_wsgi_app(self._application, environ, buffered=True)
        if self.profiler is not None:
            self.profiler.disable()
        message = Message()
        for name, value in sent:
            message[name] = value
        return Answer(int(status.split()[0]), message, b"".join(chunks))


def profile(folder: Path, database_url: str | None) -> None:
    """Print where the time of complete sign-ins goes, and that of exchanges."""
    here = settings_of(provider.production(folder, database_url))
    cast = engage(here, WARM_UP + SIGN_INS + 1)
    people = iter(cast.people)
    line = Straight(create_app(here), here.issuer)
    party = cast.relying_party("RS256", line)
    for _ in range(WARM_UP):
        complete_sign_in(here.issuer, line, party, next(people))

    line.profiler = cProfile.Profile()
    for _ in range(SIGN_INS):
        complete_sign_in(here.issuer, line, party, next(people))
    _print(f"{SIGN_INS} complete sign-ins", line.profiler)

    line.profiler, browser, ask = None, Browser(here.issuer, line), party.asks()
    ask.code_in(next(people).sign_in(browser, ask.path))
    asks = [party.asks() for _ in range(EXCHANGES)]
    codes = [ask.code_in(browser.open(ask.path)) for ask in asks]
    line.profiler = cProfile.Profile()
    for code in codes:
        party.exchange(code)
    _print(f"{EXCHANGES} exchanges with RS256", line.profiler)


def _print(title: str, profiler: cProfile.Profile) -> None:
    for order in ("tottime", "cumulative"):
        print(f"\n{title}, by {order}")
        pstats.Stats(profiler).strip_dirs().sort_stats(order).print_stats(LINES_SHOWN)

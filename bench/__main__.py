"""`make bench`: measure, print the table, leave the figures in var/bench/.

QUICK=1 makes it short, for a first look. `--profile` prints where the time goes instead.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from datetime import UTC, datetime
from typing import Final

from bench import measure, postgresql, provider
from bench.errors import BenchError
from bench.people import engage
from bench.report import Report
from bench.where_time_goes import profile
from idp.cli.work import settings_of

#: When the last and longest measurement, of memory, stops where it stands.
MOST_SECONDS: Final = 230


def main() -> int:
    """Run; the exit code is 0 also when a figure is too high, because machines differ."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--profile", action="store_true", help="print where the time goes")
    options = parser.parse_args()
    size = measure.FULL if os.environ.get("QUICK", "0") in {"", "0"} else measure.QUICK
    try:
        if options.profile:
            with provider.own_folder() as folder:
                profile(folder, None)
        else:
            report = Report(datetime.now(UTC))
            try:
                run(report, size)
            finally:  # what was measured before something went wrong is worth reading too
                print(f"\n{report.table()}\n\n{report.save()}")
    except BenchError as problem:
        print(f"bench: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def run(report: Report, size: measure.Size) -> None:
    """All measurements, one after another, into the report."""
    began = time.monotonic()
    with provider.own_folder() as folder:
        environment = provider.production(folder, None)
        cast = engage(settings_of(environment), size.people + size.failures)
        with provider.served(folder, environment) as at_work:
            report.cpu["SQLite"] = measure.cpu(at_work, cast, size, _say("SQLite"))
            _say("SQLite")("failing sign-ins")
            rest = cast.people[size.people :]
            report.failures = measure.failing_sign_ins(at_work, rest, size.failures)
    with provider.own_folder() as folder, postgresql.private_database() as database_url:
        if database_url is not None:
            environment = provider.production(folder, database_url)
            cast = engage(settings_of(environment), size.people)
            with provider.served(folder, environment) as at_work:
                report.cpu["PostgreSQL"] = measure.cpu(at_work, cast, size, _say("PostgreSQL"))
    with provider.own_folder() as folder, provider.demonstrated(folder) as at_work:
        started = at_work.memory()
        cast = engage(at_work.settings, size.until_memory)
        signed_in, after = measure.memory_after(at_work, cast, began + MOST_SECONDS, _say("demo"))
        report.memory, report.sign_ins_before_memory = (started, after), signed_in


def _say(where: str) -> measure.Progress:
    def say(what: str) -> None:
        print(f"{where}: {what}", file=sys.stderr, flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main())

"""`idp import`: relations, accounts and grants by the hundred thousand."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import click

from idp.cli.answers import as_json as show_json
from idp.cli.answers import json_option, say
from idp.cli.work import at_work, operator
from idp.errors import WrongInput
from idp.servicedesk.import_files import harmless, lines_of
from idp.servicedesk.import_grants import Grants
from idp.servicedesk.import_kinds import Accounts, Relations, usual_level
from idp.servicedesk.importing import Keep, Kind, Outcome, Result, Told, run

KINDS = ("relations", "accounts", "grants")
#: Wrong lines that are shown where no report is asked for.
MOST_TOLD = 100
_PROGRESS_EVERY = 5000


@click.command("import")
@click.argument("what", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every line, change nothing.")
@click.option(
    "--per-line",
    is_flag=True,
    help="Keep the lines that are right; without it, all of them or none.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write what came of each line to this new CSV file.",
)
@json_option
def import_(
    what: str, file: Path, dry_run: bool, per_line: bool, report: Path | None, as_json: bool
) -> int:
    """Import WHAT from a FILE: CSV with a first line that names its fields, JSON Lines, or a JSON array of objects.

    Relations: relatienummer, naam, soort, perhaps adres. Accounts: relatienummer, gebruikersnaam, naam, email,
    niveau, wachtwoordhash, and perhaps further ones. Grants: relatienummer, gebruikersnaam, applicatie, perhaps
    rollen, van, tot. What is there already is not doubled: a file that was stopped half-way can be run again.
    """
    keep = Keep.NOTHING if dry_run else Keep.LINES if per_line else Keep.ALL
    with at_work(keep=False), _reporting(report) as told:
        kind = _kind(what)
        outcome = run(
            kind,
            lines_of(file, kind.wanted, kind.further),
            actor=operator(),
            keep=keep,
            report=told,
            progress=_tell_progress,
        )
    _answer(outcome, file, dry_run=dry_run, as_json=as_json)
    return int(dry_run and outcome.counts[Result.WRONG] > 0)


def _kind(what: str) -> Kind:
    if what == "relations":
        return Relations()
    return Accounts(usual_level()) if what == "accounts" else Grants()


def _answer(outcome: Outcome, file: Path, *, dry_run: bool, as_json: bool) -> None:
    added, there, wrong = (outcome.counts[each] for each in Result)
    if wrong and not outcome.kept and not dry_run:
        raise WrongInput(
            f"{file.name}: lines that cannot be used: {wrong} of {outcome.lines}; nothing changed"
        )
    if as_json:
        show_json({"dry_run": dry_run, "added": added, "there": there, "wrong": wrong})
    elif dry_run:
        say(f"Dry run, lines that can be added: {added}; there already: {there}; wrong: {wrong}.")
    else:
        say(f"Added {added}; there already: {there}; wrong: {wrong}.")


def _tell_progress(lines: int) -> None:
    if lines % _PROGRESS_EVERY == 0:
        click.echo(f"{lines} lines", err=True)


@contextmanager
def _reporting(file: Path | None) -> Iterator[Callable[[Told], None]]:
    """What takes each line's result: a file, or standard error for the first wrong ones."""
    if file is None:
        wrong = count(1)
        yield lambda told: _say_wrong(told, wrong) if told.result is Result.WRONG else None
        return
    try:
        target = file.open("x", encoding="utf-8", newline="")
    except OSError as trouble:
        raise WrongInput(f"{file} cannot be written, or exists already") from trouble
    with target:
        writer = csv.writer(target)
        writer.writerow(["line", "result", "why"])
        yield lambda told: writer.writerow([told.number, told.result.value, harmless(told.why)])


def _say_wrong(told: Told, so_many: Iterator[int]) -> None:
    if next(so_many) <= MOST_TOLD:
        click.echo(f"line {told.number}: {told.why}", err=True)

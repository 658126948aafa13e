"""`idp relation`: the organisations that do business with the body."""

from __future__ import annotations

from pathlib import Path

import click

from idp.accounts import directory
from idp.cli.answers import json_option, listing, many, say
from idp.cli.csv_files import WrongLines, read
from idp.cli.line import Verbs
from idp.cli.work import at_work, operator
from idp.errors import WrongInput
from idp.models import Relation
from idp.servicedesk.application_access import kinds


@click.group(cls=Verbs)
def relation() -> None:
    """Relations: organisations by relatienummer."""


@relation.command()
@click.argument("number", metavar="RELATIENUMMER")
@click.argument("name")
@click.option(
    "--kind",
    required=True,
    help="What kind of organisation it is, such as gemeente or zorgaanbieder.",
)
def add(number: str, name: str, kind: str) -> None:
    """Add a relation."""
    with at_work():
        known = kind.strip() in kinds()
        added = directory.add_relation(number=number, name=name, kind=kind, actor=operator())
        sentence = f"Added relation {added.number}, {added.name} ({added.kind})."
        note = None if known else f"Note: this is the first relation of the kind {added.kind}."
    say(sentence)
    if note:
        say(note)


@relation.command("list")
@click.option("--kind", help="Only relations of this kind.")
@json_option
def list_(kind: str | None, as_json: bool) -> None:
    """List relations."""
    with at_work(keep=False):
        rows = [
            {
                "relatienummer": each.number,
                "name": each.name,
                "kind": each.kind,
                "blocked_at": each.blocked_at,
                "created_at": each.created_at,
            }
            for each in directory.relations(kind)
        ]
    headings = {
        "relatienummer": "NUMBER",
        "name": "NAME",
        "kind": "KIND",
        "blocked_at": "BLOCKED SINCE",
    }
    listing(rows, headings, in_json=as_json, none="No relations.")


@relation.command()
@click.argument("number", metavar="RELATIENUMMER")
@click.argument("lines", metavar="LINE", nargs=-1)
def address(number: str, lines: tuple[str, ...]) -> None:
    """Write down where letters to a relation go, a LINE at a time and without its name; no LINE takes it away."""
    with at_work():
        found = directory.find_relation(number)
        directory.write_address(found, lines, actor=operator())
        sentence = (
            f"Letters to relation {found.number} go to {', '.join(found.address.splitlines())}."
            if found.address
            else f"No postal address is known of relation {found.number} any more."
        )
    say(sentence)


@relation.command()
@click.argument("number", metavar="RELATIENUMMER")
def block(number: str) -> None:
    """Block a relation: nobody of it signs in, and every session of its people ends now."""
    with at_work():
        found = directory.find_relation(number)
        ended = directory.block_relation(found, actor=operator())
        sentence = f"Blocked relation {found.number}, {found.name}; sessions ended: {ended}."
    say(sentence)


@relation.command()
@click.argument("number", metavar="RELATIENUMMER")
def unblock(number: str) -> None:
    """Let the people of a blocked relation sign in again."""
    with at_work():
        found = directory.find_relation(number)
        directory.unblock_relation(found, actor=operator())
        sentence = f"Unblocked relation {found.number}, {found.name}."
    say(sentence)


@relation.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every line, change nothing.")
def import_(file: Path, dry_run: bool) -> None:
    """Add the relations of a CSV file with the header relatienummer,naam,soort: all of them, or none."""
    with at_work(keep=not dry_run):
        count = _add_all(file)
    say(
        f"Dry run: {many(count, 'relation')} can be added; nothing changed."
        if dry_run
        else f"Added {many(count, 'relation')}."
    )


def _add_all(file: Path) -> int:
    wrong, actor = WrongLines(file), operator()
    added: list[Relation] = []
    for line, row in read(file, ("relatienummer", "naam", "soort")):
        try:
            added.append(
                directory.add_relation(
                    number=row["relatienummer"], name=row["naam"], kind=row["soort"], actor=actor
                )
            )
        except WrongInput as problem:
            wrong.add(line, problem.why)
    wrong.refuse_if_any()
    return len(added)

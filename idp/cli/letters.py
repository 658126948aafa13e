"""`idp letters`: activation codes by letter, in batches for the print house."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final, TextIO

import click

from idp import clock
from idp.accounts import directory
from idp.cli.answers import as_json as show_json
from idp.cli.answers import json_option, listing, many, say
from idp.cli.line import Verbs
from idp.cli.parameters import account_arguments
from idp.cli.private_files import write_private
from idp.cli.work import at_work, operator
from idp.errors import WrongInput
from idp.servicedesk import letters as asked_letters
from idp.servicedesk import print_batches

#: Characters in a file that says which letters of a batch were posted; each takes 33 at most.
_LONGEST_LIST: Final = 40 * print_batches.MOST_LETTERS


@click.group(cls=Verbs)
def letters() -> None:
    """Letters with activation codes."""


@letters.command()
@account_arguments
@click.option(
    "--replace-methods",
    is_flag=True,
    help="Existing methods go when the first new one is confirmed.",
)
def request(number: str, username: str, replace_methods: bool) -> None:
    """Ask for a letter; it goes with the next batch, and its code is made then."""
    with at_work():
        found = directory.find_account(number, username)
        asked_letters.request_letter(found, actor=operator(), replaces_methods=replace_methods)
        sentence = (
            f"A letter for {found.relation.number} {found.username} waits for the next batch."
        )
    say(sentence)


@letters.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the batches, youngest first, and say how many letters wait."""
    with at_work(keep=False):
        waits = asked_letters.waiting()
        rows = [
            {
                "batch": each.id,
                "made_at": each.made_at,
                "made_by": each.made_by,
                "letters": each.letters,
                "fetched_at": each.fetched_at,
                "fetched_by": each.fetched_by,
                "not_dispatched": len(asked_letters.undispatched(each.id)),
            }
            for each in asked_letters.batches()
        ]
    if as_json:
        show_json({"waiting": waits, "batches": rows})
        return
    say(f"Letters that wait for a batch: {waits}.")
    headings = {
        "batch": "BATCH",
        "made_at": "MADE",
        "letters": "LETTERS",
        "fetched_at": "FETCHED",
        "fetched_by": "BY",
        "not_dispatched": "NOT DISPATCHED",
    }
    listing(rows, headings, in_json=False, none="No batches.")


@letters.command()
@account_arguments
@json_option
def show(number: str, username: str, as_json: bool) -> None:
    """List the letters that were asked for an account, youngest first."""
    with at_work(keep=False):
        found = directory.find_account(number, username)
        rows = [
            {
                "letter": each.id,
                "standing": each.standing,
                "asked_at": each.asked_at,
                "asked_by": each.asked_by,
                "batch": each.batch_id,
                "page": each.page,
                "dispatched_at": each.dispatched_at,
            }
            for each in asked_letters.of_account(found.id)
        ]
    headings = {
        "letter": "LETTER",
        "standing": "STANDING",
        "asked_at": "ASKED",
        "batch": "BATCH",
        "page": "PAGE",
        "dispatched_at": "DISPATCHED",
    }
    listing(rows, headings, in_json=as_json, none="No letters.")


@letters.command()
@click.option(
    "--certificate",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The print house's certificate; IDP_PRINT_CERTIFICATE when left out.",
)
@click.option(
    "--most",
    type=click.IntRange(1, print_batches.MOST_LETTERS),
    default=print_batches.MOST_LETTERS,
    show_default=True,
    help="At most so many letters.",
)
def batch(certificate: Path | None, most: int) -> None:
    """Make a batch of the letters that wait: their codes begin to count, and only the print house can read them."""
    with at_work() as settings:
        file = certificate or settings.print_certificate
        if file is None:
            raise WrongInput(
                "name the print house's certificate: --certificate or IDP_PRINT_CERTIFICATE"
            )
        made = print_batches.make_batch(
            print_batches.print_certificate(file), actor=operator(), most=most
        )
        told = None if made is None else (made.id, made.letters)
    if told is None:
        say("No letter waits.")
    else:
        say(
            f"Made batch {told[0]} with {many(told[1], 'letter')}; fetch it with `idp letters fetch {told[0]}`."
        )


@letters.command()
@click.argument("batch_id", metavar="BATCH")
@click.option(
    "--out",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="Folder for the document and its manifest.",
)
def fetch(batch_id: str, out: Path) -> None:
    """Write a batch to BATCH.p7m and its manifest to BATCH.json, once; afterwards we no longer have it."""
    with at_work():
        found = asked_letters.find_batch(batch_id)
        document, manifest = out / f"{found.id}.p7m", out / f"{found.id}.json"
        sealed = print_batches.fetch(found.id, actor=operator())
        write_private(document, sealed)
        write_private(manifest, asked_letters.manifest_of(found))
        count = found.letters
    say(f"Wrote {document} ({many(count, 'letter')}, encrypted to the print house) and {manifest}.")


@letters.command()
@click.argument("batch_id", metavar="BATCH")
@click.option(
    "--letter", "only", multiple=True, help="Only this letter; may be given more than once."
)
@click.option(
    "--letters",
    "file",
    type=click.File(encoding="utf-8"),
    help="Only the letters of this file: one on a line, by its number in the manifest or on the page.",
)
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]),
    help="When they were posted, in local time; now when left out.",
)
def dispatched(
    batch_id: str, only: tuple[str, ...], file: TextIO | None, at: datetime | None
) -> None:
    """Write down that the print house posted a batch, or some letters of it."""
    chosen = None if file is None and not only else {*only, *_listed(file)}
    posted_at = clock.now() if at is None else at.replace(tzinfo=clock.HERE)
    with at_work():
        count = asked_letters.dispatched(batch_id, at=posted_at, actor=operator(), only=chosen)
        left = len(asked_letters.undispatched(batch_id))
    say(f"Posted: {many(count, 'letter')} of batch {batch_id}; not posted yet: {left}.")


def _listed(file: TextIO | None) -> set[str]:
    """The letters that a file of the print house names; `WrongInput` when it is none."""
    if file is None:
        return set()
    try:
        told = file.read(_LONGEST_LIST + 1)
    except UnicodeDecodeError as wrong:
        raise WrongInput(f"{file.name} is no text in UTF-8") from wrong
    if len(told) > _LONGEST_LIST:
        raise WrongInput(f"{file.name} is longer than any list of letters")
    if not (found := {line.strip() for line in told.splitlines() if line.strip()}):
        raise WrongInput(f"{file.name} names no letter")
    return found

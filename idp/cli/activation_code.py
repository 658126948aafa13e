"""`idp activation-code`: the codes that a person gets by letter, at the desk or by secure mail."""

from __future__ import annotations

from pathlib import Path

import click

from idp.accounts import activation_codes, directory
from idp.cli.answers import json_option, listing, moment, say
from idp.cli.line import Verbs
from idp.cli.parameters import account_arguments
from idp.cli.private_files import write_private
from idp.cli.work import at_work, operator
from idp.servicedesk.letters import Page


@click.group("activation-code", cls=Verbs)
def activation_code() -> None:
    """Activation codes: 21 days, used once."""


@activation_code.command()
@account_arguments
@click.option(
    "--channel",
    type=click.Choice(activation_codes.CHANNELS),
    default=activation_codes.CHANNELS[0],
    show_default=True,
    help="How it reaches the person.",
)
@click.option(
    "--replace-methods",
    is_flag=True,
    help="Existing methods go when the first new one is confirmed.",
)
@click.option(
    "--letter",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a letter to this new file (PDF) in place of showing the code.",
)
def issue(
    number: str, username: str, channel: str, replace_methods: bool, file: Path | None
) -> None:
    """Make a code, shown once; one that still waited is void."""
    with at_work() as settings:
        found = directory.find_account(number, username)
        takes_the_place = activation_codes.has_live(found.id)
        code, readable = activation_codes.issue(
            found, channel=channel, actor=operator(), replaces_methods=replace_methods
        )
        called = f"{found.relation.number} {found.username}"
        until = moment(code.expires_at)
        if file is not None:
            from idp.servicedesk.letter_pdf import pdf_of  # here: its library takes a second

            page = Page(
                id=code.id[:12],
                to=(found.relation.name, f"t.a.v. {found.name}"),
                relation_number=found.relation.number,
                code=readable,
                valid_until=code.expires_at,
                made_at=code.issued_at,
            )
            write_private(file, pdf_of([page], settings))
    say(f"Issued an activation code for {called}, to go by {channel}, valid until {until}.")
    if takes_the_place:
        say("The code that was issued before it counts no more.")
    if replace_methods:
        say("The methods that exist are removed when the first new one is confirmed.")
    if file is None:
        say(f"Activation code, shown this once: {readable.reveal()}")
    else:
        say(f"The letter lies in {file}; who can read that file knows the code.")


@activation_code.command("list")
@account_arguments
@json_option
def list_(number: str, username: str, as_json: bool) -> None:
    """List the codes ever issued to an account, youngest first; never the codes themselves."""
    with at_work(keep=False):
        found = directory.find_account(number, username)
        rows = [
            {
                "standing": activation_codes.standing(each),
                "channel": each.channel,
                "issued_at": each.issued_at,
                "issued_by": each.issued_by,
                "expires_at": each.expires_at,
                "tries_left": each.tries_left,
                "replaces_methods": each.replaces_methods,
                "spent_at": each.spent_at,
                "method_confirmed_at": each.method_confirmed_at,
            }
            for each in activation_codes.of_account(found.id)
        ]
    headings = {
        "standing": "STANDING",
        "channel": "CHANNEL",
        "issued_at": "ISSUED",
        "issued_by": "BY",
        "expires_at": "VALID UNTIL",
        "tries_left": "TRIES LEFT",
    }
    listing(rows, headings, in_json=as_json, none="No activation codes.")


@activation_code.command()
@account_arguments
def revoke(number: str, username: str) -> None:
    """Void the code that an account still has."""
    with at_work():
        found = directory.find_account(number, username)
        activation_codes.revoke(found, actor=operator())
        sentence = f"Revoked the activation code of {found.relation.number} {found.username}."
    say(sentence)

"""`idp client`: the applications' OAuth side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import click
import orjson

from idp.cli.answers import as_json as show_json
from idp.cli.answers import facts, json_option, listing, say
from idp.cli.client_logouts import logouts
from idp.cli.client_options import CLEARED, LISTS, registration_options
from idp.cli.client_shown import in_full
from idp.cli.client_token import token
from idp.cli.line import NOT_WORKING, Verbs
from idp.cli.stacks import STACKS, configuration, registration
from idp.cli.work import at_work, operator
from idp.database import db, reads_only
from idp.errors import WrongInput
from idp.oidc import claim_contract, clients, examination
from idp.secret_values import Secret


@click.group(cls=Verbs)
def client() -> None:
    """Clients: the OAuth side of applications."""


client.add_command(token)
client.add_command(logouts)


@client.command()
@click.argument("name")
@click.option("--profile", help="The policy it lives under: basic or nlgov.")
@click.option(
    "--for",
    "stack",
    type=click.Choice(tuple(STACKS)),
    help="Or: what it is built with, which chooses the profile and prints its configuration.",
)
@click.option(
    "--address",
    help="With --for: where the application lives; its other addresses follow from it.",
)
@click.option("--id", "client_id", help="Its client_id; generated when left out.")
@registration_options
@json_option
def add(
    name: str,
    profile: str | None,
    stack: str | None,
    address: str | None,
    client_id: str | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Register a client; a secret, if it has one, is shown once.

    With --for the configuration of the application is printed too, ready to use.
    """
    if (profile is None) == (stack is None):
        raise WrongInput(
            "say either --profile or --for; what suits an application is never guessed"
        )
    built_with = None if stack is None else STACKS[stack]
    said = _said(given)
    if built_with is not None:
        said = registration(built_with, address, said)
    elif address is not None:
        raise WrongInput("--address goes with --for; with --profile say every --redirect-uri")
    elif "redirect_uris" not in said and "authorization_code" in said.get(
        "grant_types", ("authorization_code",)
    ):
        raise WrongInput("a client needs at least one --redirect-uri")
    with at_work() as settings:
        added, secret = clients.add(
            name=name,
            profile=profile or (built_with.profile if built_with else ""),
            client_id=client_id,
            actor=operator(),
            **said,
        )
        whole = in_full(added)
        files = configuration(built_with, added, settings.issuer) if built_with else {}
    if as_json:
        shown = {} if secret is None else {"client_secret": secret.reveal()}
        show_json(whole | shown | {"configuration": files})
        return
    say("Added client {client_id}, {name}: {profile}, {auth_method}.".format(**whole))
    _show_once(secret)
    if secret is not None and built_with is not None:
        say(f"Give it to the application as the environment variable {built_with.secret_variable}.")
    _show_files(files)


@client.command()
@click.argument("client_id")
@click.option("--name", help="Its name.")
@click.option("--profile", help="The policy it lives under.")
@registration_options
def update(client_id: str, name: str | None, profile: str | None, **given: Any) -> None:
    """Change what is named. A list is replaced as a whole; an empty value ("") takes it away."""
    changes = _said(given | {"name": name, "profile": profile})
    with at_work():
        updated, secret = clients.update(
            client_id, actor=operator(), **cast("clients.Changes", changes)
        )
        sentence = f"Changed client {updated.client_id}: {', '.join(sorted(changes))}."
    say(sentence)
    _show_once(secret)


@client.command()
@click.argument("client_id")
@json_option
def check(client_id: str, as_json: bool) -> int:
    """Say what about a client does not or will not work, and what is good to know.

    Exit code 1 when something is wrong with the client; what one person ran into is a note.
    """
    with at_work(keep=False):
        reads_only()
        remarks = examination.examine(client_id)
        db.session.rollback()  # nothing may be open while others are called
        remarks += examination.reach(client_id)
    wrong = [each.says for each in remarks if each.wrong]
    notes = [each.says for each in remarks if not each.wrong]
    if as_json:
        show_json({"client_id": client_id, "problems": wrong, "notes": notes})
    else:
        say(f"Client {client_id} {'cannot work as it is.' if wrong else 'can work.'}")
        for verdict, sentences in (("wrong", wrong), ("note", notes)):
            for sentence in sentences:
                say(f"{verdict.ljust(5)}  {sentence}")
    return NOT_WORKING if wrong else 0


@client.command()
@click.argument("client_id")
@click.option(
    "--for",
    "stack",
    type=click.Choice(tuple(STACKS)),
    help="Print the configuration of an application that is built with this, too.",
)
@json_option
def show(client_id: str, stack: str | None, as_json: bool) -> None:
    """Show a client's registration; of its secrets only when they were made."""
    with at_work(keep=False) as settings:
        found = clients.show(client_id)
        whole = in_full(found)
        files = {} if stack is None else configuration(STACKS[stack], found, settings.issuer)
    if as_json:
        show_json(whole | ({"configuration": files} if files else {}))
    else:
        facts(whole)
        _show_files(files)


@client.command("claims")
@click.argument("client_id")
@json_option
def claims_(client_id: str, as_json: bool) -> None:
    """Show the claim contract: what each token and answer for this client holds, when, and from what."""
    with at_work(keep=False):
        clients.show(client_id)
        found = clients.load(client_id)
        if found is None:
            raise WrongInput(f"the profile of {client_id} is not offered by this deployment")
        forms = claim_contract.forms(found)
        rows = [asdict(each) for each in claim_contract.lines(found)]
    if as_json:
        show_json({"client_id": client_id, "forms": forms, "claims": rows})
        return
    for where, form in forms.items():
        say(f"{where}: {form}")
    headings = {
        "where": "WHERE",
        "claim": "CLAIM",
        "when": "WHEN",
        "source": "FROM",
        "kind": "LOOKS LIKE",
    }
    shown = [row | {"when": " or ".join(row["when"])} for row in rows]
    listing(shown, headings, in_json=False, none="It gets no tokens: it is an API.")


@client.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List clients."""
    with at_work(keep=False):
        rows = [in_full(each) for each in clients.listing()]
    headings = {
        "client_id": "CLIENT ID",
        "name": "NAME",
        "profile": "PROFILE",
        "auth_method": "METHOD",
        "level": "LEVEL",
        "application_id": "APPLICATION",
    }
    listing(rows, headings, in_json=as_json, none="No clients.")


@client.command("rotate-secret")
@click.argument("client_id")
@click.option(
    "--old-lasts",
    type=click.IntRange(0, 30 * 24),
    default=int(clients.OLD_SECRET_LASTS.total_seconds() // 3600),
    show_default=True,
    metavar="HOURS",
    help="How long the present secret works on; 0 when it leaked.",
)
def rotate_secret(client_id: str, old_lasts: int) -> None:
    """Make a new secret, shown once."""
    with at_work():
        secret = clients.rotate_secret(
            client_id, actor=operator(), old_lasts=timedelta(hours=old_lasts)
        )
    say(f"Made a new secret for {client_id}; the one before works for {old_lasts} hours more.")
    _show_once(secret)


@client.command()
@click.argument("client_id")
def remove(client_id: str) -> None:
    """End a client: what it holds stops working, and its id is never used again."""
    with at_work():
        removed = clients.remove(client_id, actor=operator())
        sentence = f"Removed client {removed.client_id}, {removed.name}."
    say(sentence)


def _said(given: dict[str, Any]) -> dict[str, Any]:
    """What was really given on the line, in the words of a registration."""
    said = {name: value for name, value in given.items() if value not in (None, ())}
    lists = ("grant_types", *(member for member, _ in LISTS.values()))
    for member in (member for member in lists if member in said):
        said[member] = [each for value in said[member] for each in value.split()]
    for member in CLEARED:
        if said.get(member) == "":
            said[member] = None
    if "jwks" in said:
        said["jwks"] = _read_jwks(said["jwks"])
    for member, other in (("jwks", "jwks_uri"), ("jwks_uri", "jwks")):
        if said.get(member) is not None and other not in said:
            said[other] = None  # keys come one way; naming the new one takes the old one away
    return said


def _read_jwks(file: Path) -> dict[str, Any]:
    try:
        read = orjson.loads(file.read_bytes())
    except (OSError, orjson.JSONDecodeError) as wrong:
        raise WrongInput(f"{file.name} cannot be read as JSON") from wrong
    if not isinstance(read, dict):
        raise WrongInput(f"{file.name} is no JWK Set: an object with a list of keys under `keys`")
    # A single key is what many tools export; a set of one is what it means.
    return read if "keys" in read else {"keys": [read]}


def _show_files(files: Mapping[str, str]) -> None:
    """Each file under its name, ready to be copied; their lines stay as they are."""
    for name, text in files.items():
        click.echo(f"\n----- {name}\n{text.rstrip()}")


def _show_once(secret: Secret | None) -> None:
    if secret is not None:
        say(f"Client secret, shown this once: {secret.reveal()}")

"""`idp application`: what stands under "Uw applicaties", and who may use it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

import click
from sqlalchemy import select

from idp.accounts import directory, grants, verdicts
from idp.assurance import REGISTRABLE, Assurance
from idp.cli.answers import as_json as show_json
from idp.cli.answers import facts, json_option, listing, say
from idp.cli.line import Verbs
from idp.cli.parameters import REQUIRED_LEVEL, Day, account_arguments
from idp.cli.work import at_work, operator
from idp.database import db
from idp.errors import WrongInput
from idp.models import Application, ApplicationGrant, Client
from idp.servicedesk import applications


@click.group(cls=Verbs)
def application() -> None:
    """Applications, and who may use them."""


@application.command()
@click.argument("identifier", metavar="ID")
@click.argument("name")
@click.option(
    "--address",
    required=True,
    help="Where the portal sends people: the address that starts a sign-in.",
)
@click.option("--description", default="", help="One sentence under the name.")
@click.option(
    "--level",
    type=REQUIRED_LEVEL,
    default=REGISTRABLE["substantieel"],
    help="What it needs: laag (a password), substantieel (two steps; the default), phr (a key), hoog (a listed key).",
)
@click.option("--position", type=int, help="Place in the portal's order; last when left out.")
def add(
    identifier: str,
    name: str,
    address: str,
    description: str,
    level: Assurance,
    position: int | None,
) -> None:
    """Add an application; its ID, such as wmo-berichten, is what tokens carry."""
    with at_work() as settings:
        added = applications.add(
            settings,
            identifier=identifier,
            name=name,
            address=address,
            description=description,
            level=level,
            position=position,
            actor=operator(),
        )
        sentence = f"Added application {added.id}, {added.name}, level {level.label}."
    say(sentence)


@application.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List applications in the portal's order."""
    with at_work(keep=False):
        clients = db.session.execute(
            select(Client.application_id, Client.client_id).where(Client.removed_at.is_(None))
        ).all()
        rows = [
            {
                "id": each.id,
                "name": each.name,
                "description": each.description,
                "address": each.address,
                "level": Assurance.numbered(each.level).label,
                "position": each.position,
                "clients": [
                    client.client_id for client in clients if client.application_id == each.id
                ],
            }
            for each in applications.listed()
        ]
    headings = {
        "id": "ID",
        "name": "NAME",
        "level": "LEVEL",
        "address": "ADDRESS",
        "clients": "CLIENTS",
    }
    listing(rows, headings, in_json=as_json, none="No applications.")


@application.command()
@account_arguments
@click.argument("identifier", metavar="ID")
@click.option(
    "--role", "roles", multiple=True, help="A role in the application; may be given more than once."
)
@click.option("--from", "starts_at", type=Day(), help="First day; now when left out.")
@click.option(
    "--until", "ends_at", type=Day(ends=True), help="Last day; without end when left out."
)
def grant(
    number: str,
    username: str,
    identifier: str,
    roles: tuple[str, ...],
    starts_at: datetime | None,
    ends_at: datetime | None,
) -> None:
    """Let an account use an application; an earlier grant for the same two is replaced."""
    with at_work():
        found, wanted = directory.find_account(number, username), find_application(identifier)
        words = applications.known_roles(roles)
        given = grants.grant(
            found,
            wanted,
            roles=words,
            starts_at=starts_at,
            ends_at=ends_at,
            actor=operator(),
        )
        sentence = f"{found.relation.number} {found.username} may use {wanted.id}{_terms(given, starts_at)}."
    say(sentence)


@application.command()
@account_arguments
@click.argument("identifier", metavar="ID")
def revoke(number: str, username: str, identifier: str) -> None:
    """Take an application away from an account."""
    with at_work():
        found, wanted = directory.find_account(number, username), find_application(identifier)
        grants.revoke(found, wanted, actor=operator())
        sentence = f"{found.relation.number} {found.username} may no longer use {wanted.id}."
    say(sentence)


@application.command()
@account_arguments
@click.argument("identifier", metavar="ID")
@json_option
def why(number: str, username: str, identifier: str, as_json: bool) -> None:
    """Tell whether an account may use an application now, and why (not)."""
    with at_work(keep=False):
        found = directory.find_account(number, username)
        answer = verdicts.verdict(found, db.session.get(Application, identifier))
    told = {"allowed": answer.allowed} | asdict(answer)
    if as_json:
        show_json(told)
    else:
        facts({name: value for name, value in told.items() if value not in (None, ())})


def find_application(identifier: str) -> Application:
    """The application of that id; `WrongInput` when there is none."""
    found = applications.find(identifier)
    if found is None:
        raise WrongInput(f"there is no application {identifier}")
    return found


def _terms(given: ApplicationGrant, starts_at: datetime | None) -> str:
    terms = f" as {', '.join(given.roles)}" if given.roles else ""
    if starts_at is not None:
        terms += f", from {starts_at:%Y-%m-%d}"
    if given.ends_at is not None:
        terms += f", up to and including {given.ends_at - timedelta(seconds=1):%Y-%m-%d}"
    return terms

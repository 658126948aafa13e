"""`idp audit access`, `changes` and `looked`: what an auditor asks."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import Any

import click

from idp import clock
from idp.accounts import directory
from idp.audit import views
from idp.cli.answers import json_option, listing
from idp.cli.work import at_work
from idp.database import db, reads_only
from idp.errors import WrongInput
from idp.models import Application

_LIMIT = click.option(
    "-n",
    "count",
    type=click.IntRange(1, views.MOST),
    default=views.MOST,
    show_default=True,
    help="How many rows.",
)


@click.command()
@click.argument("application")
@click.option("--on", "day", metavar="DATE", help="A day, such as 2026-11-23; without it today.")
@click.option(
    "--after", default="", metavar="GRANT", help="Go on behind this grant_id of the page before."
)
@_LIMIT
@json_option
def access(application: str, day: str | None, after: str, count: int, as_json: bool) -> None:
    """Show who had access to an APPLICATION on a day."""
    with at_work(keep=False):
        reads_only()
        _known(application)
        found = views.access_on(application, _day(day), limit=count, after=after)
    headings = {
        "relatienummer": "NUMBER",
        "gebruikersnaam": "USER NAME",
        "name": "NAME",
        "roles": "ROLES",
        "starts_at": "FROM",
        "ends_at": "UNTIL",
        "revoked_at": "WITHDRAWN",
        "granted_by": "BY",
        "blocked": "BLOCKED NOW",
    }
    listing(_rows(found), headings, in_json=as_json, none="Nobody.")


@click.command()
@click.argument("application")
@click.option("--since", metavar="DATE", help="The first day.")
@click.option("--until", metavar="DATE", help="The last day.")
@click.option("--before", type=int, metavar="ID", help="Go on before this id of the page before.")
@_LIMIT
@json_option
def changes(
    application: str,
    since: str | None,
    until: str | None,
    before: int | None,
    count: int,
    as_json: bool,
) -> None:
    """Show who changed the access to an APPLICATION, newest first."""
    with at_work(keep=False):
        reads_only()
        _known(application)
        found = views.changes_of(
            application,
            since=None if since is None else clock.day(_day(since).isoformat()),
            until=None if until is None else clock.day(_day(until).isoformat(), ends=True),
            limit=count,
            before=before,
        )
    headings = {
        "at": "AT",
        "event": "EVENT",
        "relatienummer": "NUMBER",
        "gebruikersnaam": "USER NAME",
        "roles": "ROLES",
        "actor": "ACTOR",
    }
    listing(_rows(found), headings, in_json=as_json, none="No changes.")


@click.command()
@click.argument("account", metavar="RELATIENUMMER/GEBRUIKERSNAAM")
@click.option("--before", type=int, metavar="ID", help="Go on before this id of the page before.")
@_LIMIT
@json_option
def looked(account: str, before: int | None, count: int, as_json: bool) -> None:
    """Show who read the data of an account, newest first."""
    with at_work(keep=False):
        reads_only()
        found = views.looked_at(account_id(account), limit=count, before=before)
    headings = {
        "at": "AT",
        "event": "EVENT",
        "actor": "ACTOR",
        "application": "APPLICATION",
        "reference": "REFERENCE",
        "origin": "FROM",
    }
    listing(_rows(found), headings, in_json=as_json, none="Nobody.")


def account_id(named: str) -> str:
    """The account that somebody wrote as RELATIENUMMER/GEBRUIKERSNAAM; `WrongInput` when there is none."""
    number, slash, username = named.partition("/")
    if not slash:
        raise WrongInput(f"{named} is no account; write it as RELATIENUMMER/GEBRUIKERSNAAM")
    return directory.find_account(number, username).id


def _known(application: str) -> None:
    if db.session.get(Application, application) is None:
        raise WrongInput(f"there is no application {application}; see `idp application list`")


def _day(text: str | None) -> date:
    if text is None:
        return clock.now().astimezone(clock.HERE).date()
    try:
        return clock.day(text).date()
    except ValueError as wrong:
        raise WrongInput(f"{text}: {wrong}") from None


def _rows(found: list[Any]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(each) for each in found]

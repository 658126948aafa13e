"""What clients are told of signing out: their options, and `idp client logouts`."""

from __future__ import annotations

from typing import Any, Final

import click
from sqlalchemy import select

from idp.accounts import logouts as told
from idp.cli.answers import json_option, listing
from idp.cli.work import at_work
from idp.database import db, reads_only
from idp.models import Delivery
from idp.oidc import clients

#: What `client add` and `client update` take.
OPTIONS: Final = tuple(
    option
    for way, address, session in (
        ("backchannel", "Where we tell it that somebody signed out.", "by their session"),
        ("frontchannel", "Its page that our signed-out page loads in a frame.", "iss and sid"),
    )
    for option in (
        click.option(f"--{way}-logout-uri", help=address),
        click.option(
            f"--{way}-logout-session-required/--no-{way}-logout-session-required",
            default=None,
            help=f"Whether it needs to be told {session}.",
        ),
    )
)
#: Members of a registration that an empty value takes away.
ADDRESSES: Final = ("backchannel_logout_uri", "frontchannel_logout_uri")


@click.command()
@click.argument("client_id")
@click.option(
    "-n",
    "number",
    default=20,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="How many.",
)
@json_option
def logouts(client_id: str, number: int, as_json: bool) -> None:
    """Show whether a client was told of those who signed out, the latest first.

    They are kept for 30 days.
    """
    with at_work(keep=False):
        reads_only()
        clients.show(client_id)
        found = db.session.scalars(
            select(Delivery)
            .where(Delivery.kind == told.KIND, Delivery.lane == client_id)
            .order_by(Delivery.created_at.desc(), Delivery.id)
            .limit(number)
        )
        rows = [_row(each) for each in found]
    headings = {
        "at": "AT",
        "why": "WHY",
        "result": "RESULT",
        "tries": "TRIES",
        "next_try": "NEXT TRY",
        "problem": "PROBLEM",
        "reference": "KENMERK",
    }
    listing(rows, headings, in_json=as_json, none="Nobody who used it signed out.")


def _row(delivery: Delivery) -> dict[str, Any]:
    return {
        "at": delivery.created_at,
        "why": delivery.why,
        "result": delivery.result or "waiting",
        "tries": delivery.tries,
        "next_try": delivery.due_at,
        "problem": delivery.problem,
        "ended_at": delivery.ended_at,
        "reference": delivery.reference,
    }

"""`idp audit`: the record of every event of access and change."""

from __future__ import annotations

import click
from sqlalchemy import func, select

from idp.cli import audit_chain, audit_views
from idp.cli.answers import json_option, listing
from idp.cli.line import Verbs
from idp.cli.work import at_work
from idp.database import db, reads_only
from idp.models import Account, AuditEvent, Relation


@click.group("audit", cls=Verbs)
def audit() -> None:
    """The audit trail."""


for verb in (
    audit_chain.export,
    audit_chain.verify,
    audit_chain.key,
    audit_views.access,
    audit_views.changes,
    audit_views.looked,
):
    audit.add_command(verb)


@audit.command()
@click.option(
    "-n",
    "count",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="How many events.",
)
@click.option(
    "--account",
    "named",
    metavar="RELATIENUMMER/GEBRUIKERSNAAM",
    help="Only events about this account.",
)
@json_option
def tail(count: int, named: str | None, as_json: bool) -> None:
    """Show the last events, oldest first."""
    with at_work(keep=False):
        reads_only()
        asked = [] if named is None else [AuditEvent.account_id == audit_views.account_id(named)]
        found = db.session.execute(
            select(AuditEvent, Account.username, Relation.number)
            .outerjoin(Account, Account.id == AuditEvent.account_id)
            .outerjoin(
                Relation, Relation.id == func.coalesce(AuditEvent.relation_id, Account.relation_id)
            )
            .where(*asked)
            .order_by(AuditEvent.id.desc())
            .limit(count)
        ).all()
        rows = [
            {
                "id": event.id,
                "at": event.at,
                "event": event.event,
                "succeeded": event.succeeded,
                "reference": event.reference,
                "actor": event.actor,
                "relatienummer": number,
                "gebruikersnaam": username,
                "client_id": event.client_id,
                "origin": event.origin,
                "reason": event.reason,
                "details": event.details,
            }
            for event, username, number in reversed(found)
        ]
    headings = {
        "at": "AT",
        "event": "EVENT",
        "succeeded": "OK",
        "reference": "REFERENCE",
        "actor": "ACTOR",
        "relatienummer": "NUMBER",
        "gebruikersnaam": "USER NAME",
        "client_id": "CLIENT",
        "reason": "REASON",
    }
    listing(rows, headings, in_json=as_json, none="No events.")

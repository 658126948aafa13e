"""`idp deliver`: what waits to be delivered; and what `idp serve` and `idp demo` keep at work beside their pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from flask import current_app

from idp.cli.answers import say
from idp.cli.work import at_work

if TYPE_CHECKING:
    from flask import Flask

    from idp.deliveries import Sender


@click.command()
def deliver() -> None:
    """Deliver what is due now, once.

    `idp serve` does so by itself, all the time. This is for a timer, where no server runs beside the database.
    """
    with at_work(keep=False):
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        tries = sender_of(app).deliver_due()
    say(f"Tried {tries} {'delivery' if tries == 1 else 'deliveries'}.")


def sender_of(app: Flask) -> Sender:
    """A sender that knows every kind of delivery, not started yet."""
    from idp.accounts import logouts, mailed_secrets, notices  # here: most verbs deliver nothing
    from idp.deliveries import Sender
    from idp.messaging import number_notices, sending
    from idp.oidc import backchannel

    kinds = {logouts.KIND: backchannel.KIND, notices.NAME: notices.KIND}
    kinds[number_notices.NAME] = number_notices.KIND
    kinds |= {**mailed_secrets.KINDS, **sending.KINDS}
    return Sender(app, kinds)


def work_beside(app: Flask) -> None:
    """Begin what a process that serves does beside its pages: deliveries, the chain of the audit trail, its streams."""
    from idp.audit.sealer import Sealer
    from idp.audit.streaming import start_streams

    sender_of(app).start()
    Sealer(app).start()
    start_streams(app)

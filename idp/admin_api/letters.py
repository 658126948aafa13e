"""Letters for programs: what waits, batches that are made, fetched once and posted, as a *beheerder* does at the desk.

A batch is encrypted to the print house; no answer has a code that can be read.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import orjson

from idp import clock
from idp.admin_api.door import Answer, Asked, Operation, not_found
from idp.admin_api.problems import Problem
from idp.admin_api.shapes import moment
from idp.database import db
from idp.errors import WrongInput
from idp.models import LetterBatch
from idp.servicedesk import letters, print_batches
from idp.servicedesk.sensitive import Action

_BATCHES: Final = "/brieven/partijen"
_BATCH: Final = f"{_BATCHES}/<batch_id>"
#: Batches that the overview tells, youngest first.
MOST: Final = 20


def overview(_asked: Asked) -> Answer:
    """What waits, and the last batches."""
    told = [_batch(each) for each in letters.batches(MOST)]
    return Answer({"wachten": letters.waiting(), "partijen": told})


def make(asked: Asked) -> Answer:
    """Make a batch of what waits, 500 letters at most; none when none waits."""
    try:
        made = print_batches.make_for_the_print_house(actor=asked.actor)
    except WrongInput:
        raise Problem(
            HTTPStatus.CONFLICT,
            "Er kan nu geen partij worden gemaakt: het certificaat van de drukker ontbreekt of is verlopen.",
        ) from None
    if made is None:
        return Answer({"partij": None})
    return Answer({"partij": _batch(made)}, HTTPStatus.CREATED)


def manifest(_asked: Asked, *, batch_id: str) -> Answer:
    """Which letter is on which page; no code, no name."""
    return Answer(orjson.loads(letters.manifest_of(_known(batch_id))))


def fetch(asked: Asked, *, batch_id: str) -> Answer:
    """The encrypted document, once; 409 to whoever comes second."""
    _known(batch_id)
    try:
        return Answer(file=print_batches.fetch(batch_id, actor=asked.actor))
    except WrongInput:
        raise Problem(
            HTTPStatus.CONFLICT,
            "Deze partij is al opgehaald. Kwamen de brieven niet aan? Vraag ze dan opnieuw aan.",
        ) from None


def posted(asked: Asked, *, batch_id: str) -> Answer:
    """The print house posted the whole batch; a second time changes nothing."""
    _known(batch_id)
    try:
        count = letters.dispatched(batch_id, at=clock.now(), actor=asked.actor)
    except WrongInput:
        raise Problem(HTTPStatus.CONFLICT, "Deze partij is nog niet opgehaald.") from None
    return Answer({"brieven": count})


def _known(batch_id: str) -> LetterBatch:
    found = db.session.get(LetterBatch, batch_id)
    if found is None:
        raise not_found("Deze partij")
    return found


def _batch(row: LetterBatch) -> dict[str, Any]:
    return {
        "id": row.id,
        "gemaakt": moment(row.made_at),
        "gemaakt_door": row.made_by,
        "brieven": row.letters,
        "niet_gepost": len(letters.undispatched(row.id)),
        "opgehaald": moment(row.fetched_at),
        "opgehaald_door": row.fetched_by,
        "sha256": row.digest,
    }


LETTER_OPERATIONS: Final = (
    Operation(
        name="brieven",
        method="GET",
        path="/brieven",
        scope="beheer:brieven",
        summary="How many letters wait, and the last twenty batches",
        view=overview,
        answer="Letters",
    ),
    Operation(
        name="partij-maken",
        method="POST",
        path=_BATCHES,
        scope="beheer:brieven",
        summary="Make a batch of what waits, encrypted to the print house; 409 when its certificate cannot serve",
        view=make,
        action=Action.SEND_LETTERS,
        answer="MadeBatch",
        makes=True,
    ),
    Operation(
        name="partij",
        method="GET",
        path=_BATCH,
        scope="beheer:brieven",
        summary="Which letter of a batch is on which page",
        view=manifest,
        answer="Manifest",
    ),
    Operation(
        name="partij-ophalen",
        method="POST",
        path=f"{_BATCH}/ophalen",
        scope="beheer:brieven",
        summary="The encrypted document of a batch, once: afterwards it is gone",
        view=fetch,
        action=Action.SEND_LETTERS,
        media="application/pkcs7-mime",
    ),
    Operation(
        name="partij-gepost",
        method="PUT",
        path=f"{_BATCH}/gepost",
        scope="beheer:brieven",
        summary="The print house posted the whole batch",
        view=posted,
        action=Action.SEND_LETTERS,
        answer="Posted",
        too_early=True,
    ),
)

"""Lists of relations, accounts and grants for programs, by the operator's own import: small ones, in one request."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from io import BytesIO
from itertools import islice
from typing import Final

from sqlalchemy.exc import IntegrityError

from idp.admin_api.door import Answer, Asked, Operation
from idp.admin_api.problems import Problem
from idp.admin_api.shapes import Json
from idp.database import db
from idp.errors import WrongInput
from idp.servicedesk.import_files import Line, lines_in
from idp.servicedesk.import_grants import Grants
from idp.servicedesk.import_kinds import Relations, without_passwords
from idp.servicedesk.importing import Keep, Kind, Result, Told, run
from idp.servicedesk.sensitive import Action

#: Lines of one list; so many are kept all or nothing on SQLite too.
MOST_LINES: Final = 5000
_YES: Final = "ja"
_QUERY: Final[dict[str, Json]] = {
    "proef": {
        "type": "string",
        "enum": ["ja", "nee"],
        "description": "`ja`: check every line, keep nothing.",
    },
    "per_regel": {
        "type": "string",
        "enum": ["ja", "nee"],
        "description": "`ja`: keep the lines that are right; without it all of them, or none.",
    },
}


def _grants_of_others() -> Grants:
    """No program gives a colleague an application."""
    return Grants(of_colleagues=False)


def _view(kind_of: Callable[[], Kind]) -> Callable[..., Answer]:
    def bring(asked: Asked) -> Answer:
        """Import a list, and tell of every line."""
        kind, told = kind_of(), list[Told]()
        dry = asked.query.get("proef") == _YES
        per_line = asked.query.get("per_regel") == _YES
        keep = Keep.NOTHING if dry else Keep.LINES if per_line else Keep.ALL
        try:
            outcome = run(
                kind, _lines(asked.body, kind), actor=asked.actor, keep=keep, report=told.append
            )
        except IntegrityError:
            db.session.rollback()
            raise Problem(
                HTTPStatus.CONFLICT, "Iemand voegde intussen hetzelfde toe. Stuur de lijst opnieuw."
            ) from None
        added, there, wrong = (outcome.counts[each] for each in Result)
        lines = [
            {"regel": each.number, "uitkomst": each.result.value, "waarom": each.why or None}
            for each in told
        ]
        return Answer(
            {
                "proef": dry,
                "bewaard": outcome.kept,
                "toegevoegd": added,
                "was_er": there,
                "fout": wrong,
                "regels": lines,
            }
        )

    return bring


def _lines(content: bytes, kind: Kind) -> list[Line]:
    """All of them before one is kept, so that a list that is too long keeps none."""
    try:
        read = lines_in(BytesIO(content), kind.wanted, kind.further)
        lines = list(islice(read, MOST_LINES + 1))
    except WrongInput:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "De lijst is niet te lezen. Zij is UTF-8; CSV noemt in de eerste regel "
            f"{', '.join(kind.wanted)}, en misschien {', '.join(kind.further)}.",
        ) from None
    if len(lines) > MOST_LINES:
        raise Problem(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"De lijst heeft meer dan {MOST_LINES} regels. Grotere gaan via beheer (idp import).",
        )
    return lines


def _operation(what: str, scope: str, summary: str, kind_of: Callable[[], Kind]) -> Operation:
    return Operation(
        name=f"import-{what}",
        method="POST",
        path=f"/import/{what}",
        scope=scope,
        summary=f"Import a list of {summary}, 1 MiB and {MOST_LINES} lines at most",
        view=_view(kind_of),
        action=Action.IMPORT,
        query=_QUERY,
        answer="Imported",
        takes_list=True,
    )


IMPORT_OPERATIONS: Final = (
    _operation("relaties", "beheer:accounts", "relations", Relations),
    _operation("accounts", "beheer:accounts", "accounts, without any password", without_passwords),
    _operation("toegang", "beheer:toegang", "grants", _grants_of_others),
)

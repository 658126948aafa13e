"""From a form to a factor's answer, and from a factor's rejection to what the page says."""

from __future__ import annotations

from typing import Any, Final

from flask import request

from idp.mfa.factor import Answer, Rejected, View
from idp.pages import form_copy

#: Buttons that ask for something else than that an answer be checked; every other value is an answer.
ASIDE: Final = frozenset(
    {"opnieuw", "opnieuw-inloggen", "andere-methode", "ander-nummer", "stoppen"}
)
#: Buttons that send the fields along, as the answer to another method.
ELSEWHERE: Final = frozenset({"bel-mij"})


def answer() -> Answer:
    """What the person sent: an answer with its fields, or one of the buttons beside it, and then no field counts.

    So whatever a factor checks came as an answer, and costs a try.
    """
    action = request.form.get("actie", "")
    if action in ASIDE:
        return Answer(action)
    fields = {
        name: value for name, value in request.form.items() if name not in {"actie", "csrf_token"}
    }
    return Answer(action if action in ELSEWHERE else "volgende", fields)


def rejected(wrong: Rejected, *, several: bool = True) -> dict[str, Any]:
    """Status, error name and sentence for a form that is shown again; `several`: another method can be chosen there."""
    status = 429 if wrong.error in {"too-soon", "code-attempts"} else 422
    return {
        "status": status,
        "error": wrong.error,
        "field_errors": {wrong.field: _sentence(wrong, several)},
        "instead": wrong.instead,
    }


def not_sent(view: View, *, several: bool = True) -> dict[str, Any]:
    """What a page says of a message that did not arrive, whenever that became known; nothing while it still may."""
    if view.get("progress") != "failed":
        return {}
    told = rejected(Rejected("not-sent", field="", costs_a_try=False), several=several)
    return told | {"status": 200}


def _sentence(wrong: Rejected, several: bool) -> str:
    """What the forms say of this error, with what the factor knows; `form_copy` holds the words."""
    return form_copy.sentence(
        wrong.error,
        {
            "tries_left": wrong.tries_left,
            "seconds": wrong.seconds,
            "instead": wrong.instead,
            "alone": not several,
            # a code that we sent counts its tries; an app's code has only the clock
            "from_app": wrong.error == "code-invalid" and wrong.tries_left is None,
        },
    )

"""From a form to a factor's answer, and from a factor's rejection to what the page says."""

from __future__ import annotations

from typing import Any, Final

from flask import request

from idp.mfa.factor import Answer, Rejected
from idp.pages import form_copy, translate_many
from idp.pages import translate as _

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


def _sentence(wrong: Rejected, several: bool) -> str:
    match wrong.error:
        case "code-invalid" if wrong.tries_left is not None:
            return translate_many(
                "De code klopt niet. U kunt het nog %(num)s keer proberen",
                "De code klopt niet. U kunt het nog %(num)s keer proberen",
                wrong.tries_left,
            )
        case "code-invalid":
            return _(
                "De code klopt niet. Wacht op een nieuwe code in de app en probeer het opnieuw. "
                "Controleer of de tijd op uw telefoon klopt"
            )
        case "code-attempts":
            return _(
                "Deze code werkt niet meer: er is te vaak een verkeerde code ingevuld. Vraag een nieuwe code"
            )
        case "code-expired":
            return _("De code is verlopen. Vraag een nieuwe code")
        case "code-missing":
            return _("Vul de code in")
        case "too-soon":
            return _(
                "Wacht nog %(seconds)s seconden. Dan kunt u een nieuwe code vragen",
                seconds=max(1, wrong.seconds or 0),
            )
        case "number-missing":
            return _("Vul een telefoonnummer in")
        case "number-not-mobile":
            return (
                _("Dit is geen mobiel nummer. Kies ‘gesproken bericht’ voor een vast nummer")
                if wrong.instead
                else _("Dit is geen mobiel nummer. Vul een mobiel nummer in")
            )
        case "number-invalid":
            return _("Wij kunnen dit nummer niet bereiken. Controleer het nummer")
        case _other:
            return form_copy.sentence(wrong.error, {"several": several}) or _(
                "Wij konden u geen code geven. Probeer het opnieuw of kies een andere methode"
            )

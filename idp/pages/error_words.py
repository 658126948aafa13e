"""What the words of an error page consist of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from idp.pages.wording import translate

_ = translate
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class ErrorCopy:
    """One error page: what happened, what somebody can do now, and the way on."""

    title: str
    explanation: str = ""
    steps: tuple[str, ...] = ()
    button: tuple[str, str] | None = None
    desk_title: str = ""
    icon: str = "alert"
    grave: bool = False


def way_out(place: object) -> tuple[str, tuple[str, str]]:
    """From a page that does not exist, a last step and its button; for who is signed in to where they are at work."""
    if place == "desk":
        return (
            _("Of ga naar de eerste pagina van de Servicedesk."),
            (_("Naar de Servicedesk"), "/servicedesk/"),
        )
    if place == "portal":
        return _("Of ga naar uw applicaties."), (_("Naar uw applicaties"), "/mijn/applicaties")
    return _("Of ga naar de inlogpagina."), (_("Naar de inlogpagina"), "/")


def sign_in_again() -> tuple[str, str]:
    """The button that most pages have."""
    return _("Opnieuw inloggen"), "/"

"""Why a colleague does something and how the caller was checked: asked with every action, and kept with it.

Both are words from a list: what somebody types about a person does not belong in an audit trail. A ticket number
leads to the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from idp.errors import WrongInput

REASONS: Final[dict[str, str]] = {
    "caller": "De beller vraagt erom",
    "organisation": "De organisatie vraagt erom",
    "left": "Iemand werkt er niet meer",
    "lost": "Telefoon, sleutel of wachtwoord kwijt",
    "fraud": "Vermoeden van misbruik",
    "fraud-over": "Vermoeden van misbruik weggenomen",
    "correction": "Een fout herstellen",
    "own": "Eigen initiatief van de Servicedesk",
}
CHECKS: Final[dict[str, str]] = {
    "called-back": "Teruggebeld op het nummer dat wij van de organisatie kennen",
    "questions": "Controlevragen goed beantwoord",
    "letter": "Ondertekende brief of formulier van de organisatie",
    "known-mail": "Mail van het adres dat wij kennen, en daarna gebeld",
    "desk": "Aan de balie, met identiteitsbewijs",
    "nobody": "Er is geen beller",
}
_TICKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9./-]{0,39}")


@dataclass(frozen=True, slots=True)
class Errand:
    """One action's why: a reason, how the caller was checked, and a ticket of the body's own system."""

    reason: str
    check: str
    ticket: str | None = None

    @property
    def details(self) -> dict[str, str | None]:
        """As the audit row carries it."""
        return {"why": self.reason, "check": self.check, "ticket": self.ticket}

    @property
    def in_words(self) -> str:
        """Reason and check in a sentence, for colleagues and auditors."""
        told = f"{REASONS[self.reason]}. {CHECKS[self.check]}."
        return f"{told} Ticket {self.ticket}." if self.ticket else told


def errand(reason: str, check: str, ticket: str = "") -> Errand:
    """The errand that somebody names; `WrongInput` for a word that is not on the lists, or no ticket number."""
    if reason not in REASONS:
        raise WrongInput("kies een reden")
    if check not in CHECKS:
        raise WrongInput("kies hoe u de beller hebt gecontroleerd")
    ticket = ticket.strip()
    if ticket and not _TICKET.fullmatch(ticket):
        raise WrongInput("een ticketnummer heeft alleen letters, cijfers, punten, streepjes en /")
    return Errand(reason, check, ticket or None)

"""Why a colleague does something and how the caller was checked: asked with every action, and kept with it.

Both are words from a list: what somebody types about a person does not belong in an audit trail. A ticket number
leads to the rest. Each action takes only the reasons that fit it (`_FITTING`): forms offer those, and whoever names
another is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from idp.servicedesk.sensitive import Action
from idp.servicedesk.unfit import Unsaid

REASONS: Final[dict[str, str]] = {
    "caller": "De beller vraagt erom",
    "organisation": "De organisatie vraagt erom",
    "supplier": "De leverancier vraagt erom",
    "left": "Iemand werkt er niet meer",
    "ended": "De organisatie bestaat niet meer",
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
#: Somebody asks for it, or a colleague sees that it has to be done: that fits everything.
_USUAL: Final = frozenset({"caller", "organisation", "correction", "own"})
_FITTING: Final[Mapping[Action, frozenset[str]]] = {
    Action.SUPPLY: _USUAL | {"lost", "fraud", "fraud-over"},
    Action.REMOVE_METHOD: _USUAL | {"lost", "fraud"},
    Action.RESET_METHODS: _USUAL | {"lost", "fraud"},
    Action.BLOCK: _USUAL | {"left", "lost", "fraud"},
    Action.UNBLOCK: _USUAL | {"fraud-over"},
    Action.CORRECT: _USUAL,
    Action.END_SESSIONS: _USUAL | {"left", "lost", "fraud"},
    Action.GIVE_ROLE: _USUAL | {"left", "fraud", "fraud-over"},
    Action.DESCRIBE_RELATION: _USUAL,
    Action.BLOCK_RELATION: _USUAL | {"ended", "fraud"},
    Action.UNBLOCK_RELATION: _USUAL | {"fraud-over"},
    Action.ADD_ACCOUNT: _USUAL,
    Action.DESCRIBE_APPLICATION: _USUAL | {"supplier"},
    Action.REMOVE_APPLICATION: _USUAL | {"supplier", "fraud"},
    Action.CHANGE_STEWARDS: _USUAL | {"left"},
    Action.CHANGE_CLIENTS: _USUAL | {"supplier", "fraud"},  # a secret that got about
    Action.GIVE_ACCESS: _USUAL | {"left", "fraud-over"},  # a last day is given so, too
    Action.TAKE_ACCESS: _USUAL | {"left", "fraud"},
    Action.GIVE_TO_A_KIND: _USUAL,
    Action.IMPORT: _USUAL | {"left"},  # a list takes away, too
    Action.SEND_LETTERS: _USUAL,
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


def fitting(*actions: Action) -> dict[str, str]:
    """The reasons that fit any of these actions, in the order of the list, each with its words."""
    fit = frozenset[str]().union(*(_FITTING[action] for action in actions))
    return {word: told for word, told in REASONS.items() if word in fit}


def errand(reason: str, check: str, ticket: str = "", *, action: Action | None = None) -> Errand:
    """The errand that somebody names; `WrongInput` for a word that is not on the lists, or no ticket number.

    Also for a reason that does not fit the action. Without one every reason does: what was asked before keeps its own.
    """
    wrong: dict[str, str] = {}
    if reason not in (REASONS if action is None else fitting(action)):
        wrong["reden"] = "kies een reden"
    if check not in CHECKS:
        wrong["controle"] = "kies hoe u de beller hebt gecontroleerd"
    ticket = ticket.strip()
    if ticket and not _TICKET.fullmatch(ticket):
        wrong["ticket"] = "een ticketnummer heeft alleen letters, cijfers, punten, streepjes en /"
    if wrong:
        raise Unsaid(wrong)
    return Errand(reason, check, ticket or None)

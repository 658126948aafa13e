"""Who may do what at the desk: one table, asked by every page, by the admin API and by tests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from idp.errors import WrongInput


class Right(StrEnum):
    """One thing that somebody at the desk may be allowed to do."""

    SEARCH = "search"
    """Find relations, accounts and applications; see a relation."""
    SEE_ACCOUNT = "see-account"
    """See an account: standing, kinds of methods, codes, sessions, sign-ins. Its holder is shown who looked."""
    DIAGNOSE = "diagnose"
    """What happened under a reference code."""
    HELP = "help"
    """Supply what a caller misses, correct name or address, remove one method."""
    SHOW_CODE = "show-code"
    """See an activation code on the screen, once, where a letter would come too late."""
    BLOCK = "block"
    """Block and unblock an account."""
    RESET_METHODS = "reset-methods"
    """Remove all methods of an account at once."""
    APPROVE = "approve"
    """Decide about what a colleague asked for."""
    CHANGE_RELATIONS = "change-relations"
    """Add, block and unblock relations; add accounts; import."""
    SEE_APPLICATIONS = "see-applications"
    """See applications and who may use them."""
    GRANT = "grant"
    """Give an account an application, or take it away."""
    CHANGE_APPLICATIONS = "change-applications"
    """Create, describe and order applications, with their levels, roles and clients; grants in bulk."""
    SEND_LETTERS = "send-letters"
    """Make batches of letters for the print house and say what it dispatched."""
    CHANGE_COLLEAGUES = "change-colleagues"
    """Give somebody of the body a role at the desk, or take it away."""
    READ_AUDIT = "read-audit"
    """Who had access on a date, who changed it, who looked."""


class Role(StrEnum):
    """What somebody is at the desk; the value stands in `account.desk_role`."""

    MEDEWERKER = "medewerker"
    BEHEERDER = "beheerder"
    AUDITOR = "auditor"
    APPLICATIEBEHEERDER = "applicatiebeheerder"
    """Only for the applications of which somebody is steward."""

    @classmethod
    def named(cls, word: str) -> Role:
        """The role of that name; `WrongInput` when there is none."""
        try:
            return cls(word)
        except ValueError as unknown:
            raise WrongInput(
                f"{word!r} is no role at the Servicedesk; it is one of {', '.join(cls)}"
            ) from unknown


_HELPING: Final = frozenset(
    {
        Right.SEARCH,
        Right.SEE_ACCOUNT,
        Right.DIAGNOSE,
        Right.HELP,
        Right.BLOCK,
        Right.RESET_METHODS,
        Right.APPROVE,
        Right.SEE_APPLICATIONS,
        Right.GRANT,
    }
)
MAY: Final[dict[Role, frozenset[Right]]] = {
    Role.MEDEWERKER: _HELPING,
    Role.BEHEERDER: _HELPING
    | {
        Right.SHOW_CODE,
        Right.CHANGE_RELATIONS,
        Right.CHANGE_APPLICATIONS,
        Right.SEND_LETTERS,
        Right.CHANGE_COLLEAGUES,
    },
    Role.AUDITOR: frozenset(
        {
            Right.SEARCH,
            Right.SEE_ACCOUNT,
            Right.DIAGNOSE,
            Right.SEE_APPLICATIONS,
            Right.READ_AUDIT,
        }
    ),
    Role.APPLICATIEBEHEERDER: frozenset({Right.SEE_APPLICATIONS, Right.GRANT}),
}
CALLED: Final[dict[Role, str]] = {
    Role.MEDEWERKER: "Medewerker Servicedesk",
    Role.BEHEERDER: "Beheerder",
    Role.AUDITOR: "Auditor",
    Role.APPLICATIEBEHEERDER: "Applicatiebeheerder",
}


def may(role: Role, right: Right) -> bool:
    """Whether who has this role may do this."""
    return right in MAY[role]


@dataclass(frozen=True, slots=True)
class Worker:
    """Who does something at the desk, as its functions know them; a client of an interface has no account."""

    id: str | None
    """Of their own account."""
    actor: str
    """As the audit trail names them."""
    role: Role

    def may(self, right: Right) -> bool:
        """Whether their role may do this."""
        return may(self.role, right)

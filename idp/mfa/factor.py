"""What a factor is: how it is set up, how it challenges, and the closed list of how an answer can end.

A new factor is one file beside this one with a `FACTOR`, and one template; nothing else names its kind.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from idp import settings
from idp.assurance import Level, Proof
from idp.models import Credential

#: Dashes and invisible marks, by the names of Unicode: what may stand between digits besides spaces.
_BETWEEN_DIGITS = frozenset({"Pd", "Cf"})

#: Of every code that somebody types over, from an app or a message.
CODE_DIGITS: Final = 6

View = dict[str, Any]
"""What a factor's template shows; never a secret, except the seed of one that is being set up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What a factor may know of the sign-in that asks it."""

    id: str
    account_id: str
    username: str
    relation_number: str
    language: str
    reference: str
    enrolled_at: Level = Level.SUBSTANTIEEL
    """At which level the body enrolled this account."""
    asked: Level = Level.SUBSTANTIEEL
    """What this sign-in has to reach."""
    proven: Level = Level.NONE
    """What the steps taken so far are worth."""
    in_window: bool = False
    """Whether an activation code opened the way to set something up here."""
    origin: str = ""
    """From which place the request comes: an address, or a subscriber's network."""
    known_browser: bool = False
    """Whether the person signed in completely in this browser before."""
    since: datetime | None = None
    """When the password was given in this sign-in: messages from before it are not counted for it."""

    @property
    def account_label(self) -> str:
        """How an app or a key lists the account: two relations of one person must be told apart there.

        The setting can leave the number out.
        """
        if settings.current().totp_label_relation:
            return f"{self.relation_number}-{self.username}"
        return self.username


@dataclass(frozen=True, slots=True)
class Proven:
    """The step is taken."""

    proof: Proof


@dataclass(frozen=True, slots=True)
class Continue:
    """Nothing wrong, but not there yet: a message was sent, a number was changed. Show the page again."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The answer is not right; `error` is the contract's error name, `field` what it is about.

    `costs_a_try` is false for what a typing error or an empty field is. `instead` is the kind of factor that would
    take the same answer: the page offers it.
    """

    error: str
    field: str = "code"
    tries_left: int | None = None
    seconds: int | None = None
    costs_a_try: bool = True
    instead: str | None = None


def slip(code: str) -> Rejected | None:
    """Why this is no code at all: nothing, or of another length. Nobody learns anything by it, so it costs no try."""
    if not code:
        return Rejected("code-missing", costs_a_try=False)
    return Rejected("code-length", costs_a_try=False) if len(code) != CODE_DIGITS else None


@dataclass(frozen=True, slots=True)
class Exhausted:
    """No more of this; `until` when it opens again, where waiting helps. `why` is for our log, `asked` how often."""

    error: str
    until: datetime | None = None
    why: str = ""
    asked: int | None = None


Outcome = Proven | Continue | Rejected | Exhausted


@dataclass(frozen=True, slots=True)
class Instead:
    """Setting up only: the person gives this answer to another kind of factor, which they took as offered."""

    kind: str


@dataclass(frozen=True, slots=True)
class Summary:
    """One credential in a line: what kind, and the detail that tells it from another."""

    id: str
    kind: str
    label: str
    detail: Any
    created_at: datetime | None
    last_used_at: datetime | None
    counts_from: datetime | None = None
    """From when it will do as a second step, where that is still to come."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person sent: which button, and the fields."""

    action: str
    fields: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """One field, without space around it; empty when it is absent."""
        return self.fields.get(name, "").strip()

    @property
    def is_a_try(self) -> bool:
        """Whether it could be right: something was filled in, and that is more than a slip in the code."""
        filled = {name for name, value in self.fields.items() if value.strip()}
        return bool(filled) and not (filled == {"code"} and slip(self.digits("code")) is not None)

    def digits(self, name: str) -> str:
        """A code without what groups it (`123 456`, `123-456`, invisible marks that came along); the rest stays."""
        plain = "".join(unicodedata.normalize("NFKC", self.fields.get(name, "")).split())
        return "".join(one for one in plain if unicodedata.category(one) not in _BETWEEN_DIGITS)


class Factor(Protocol):
    """A kind of second step. `order` is our preference; `kind` is stored beside credentials and never renamed."""

    kind: str
    order: int
    recommended: bool
    phishing_resistant: bool
    """Whether its proofs are: a false site in between gets nothing that it could use."""
    sends_messages: bool
    """Whether each use costs a message, of which one sign-in gets a few: kinds that send share that number."""
    can_be_named: bool
    """Whether somebody may have several, told apart by names of their own; a number is told apart by itself."""

    def available(self) -> bool:
        """Whether this deployment can offer it."""

    def reaches(self, credentials: Sequence[Credential]) -> Level:
        """The highest level that one of these credentials earns beside a password."""

    def summary(self, credential: Credential) -> Summary:
        """How a list shows one credential of this kind."""

    def prepare(self, login: Login) -> None:
        """Setting up begins: make what must survive a reload."""

    def enrolment_view(self, login: Login) -> View:
        """What the page shows that sets it up."""

    def enrol(self, login: Login, answer: Answer) -> Outcome | Instead:
        """One answer to that page; `Proven` means the credential is confirmed, which is a fresh proof of it."""

    def challenge_view(self, login: Login, credentials: Sequence[Credential]) -> View:
        """What the page shows that asks for this step."""

    def verify(self, login: Login, credentials: Sequence[Credential], answer: Answer) -> Outcome:
        """One answer to that page."""

"""How sure we are of somebody: levels, the proofs that earn them, and the `acr` that tells of it. Pure policy.

The level of a sign-in is the lower of what the session proved and what the account was enrolled at
((EU) 2015/1502; the public body decides the latter).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any, Final, Self


class Level(IntEnum):
    """The eIDAS levels, in order; Dutch on our side, a URI on the wire."""

    NONE = 0
    LAAG = 1
    SUBSTANTIEEL = 2
    HOOG = 3

    @classmethod
    def named(cls, name: str) -> Level:
        """The level called `laag`, `substantieel` or `hoog`; `ValueError` for another name."""
        if name not in LEVEL_NAMES:
            raise ValueError(f"a level is one of {', '.join(LEVEL_NAMES)}, not {name!r}")
        return cls[name.upper()]

    @property
    def label(self) -> str:
        """The Dutch name, as operators write it."""
        return self.name.lower()


LEVEL_NAMES: Final = ("laag", "substantieel", "hoog")

#: What the registered strength-only value for a phishing-resistant sign-in is called (OpenID EAP ACR Values).
PHISHING_RESISTANT: Final = "phr"


class Strength(StrEnum):
    """What kind of thing a proof is; two proofs of one kind are still one factor."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"


PASSWORD: Final = "wachtwoord"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What one step established: by which means, when, and the RFC 8176 values it earns."""

    kind: str
    strength: Strength
    at: datetime
    amr: tuple[str, ...]
    phishing_resistant: bool = False
    ceiling: Level = Level.SUBSTANTIEEL
    credential_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary for a JSON column."""
        return {
            "kind": self.kind,
            "strength": self.strength.value,
            "at": self.at.timestamp(),
            "amr": list(self.amr),
            "phr": self.phishing_resistant,
            "ceiling": int(self.ceiling),
            "credential_id": self.credential_id,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Back from the JSON column."""
        from datetime import UTC

        return cls(
            kind=stored["kind"],
            strength=Strength(stored["strength"]),
            at=datetime.fromtimestamp(stored["at"], UTC),
            amr=tuple(stored["amr"]),
            phishing_resistant=stored["phr"],
            ceiling=Level(stored["ceiling"]),
            credential_id=stored["credential_id"],
        )


def password_proof(at: datetime) -> Proof:
    """The proof that a right password gives."""
    return Proof(kind=PASSWORD, strength=Strength.KNOWLEDGE, at=at, amr=("pwd",))


def latest(proofs: Iterable[Proof]) -> tuple[Proof, ...]:
    """Of every means the youngest proof, oldest first: what a session keeps."""
    youngest: dict[str, Proof] = {}
    for proof in sorted(proofs, key=lambda each: each.at):
        youngest[proof.credential_id or proof.kind] = proof
    return tuple(sorted(youngest.values(), key=lambda each: each.at))


@dataclass(frozen=True, slots=True)
class Demands:
    """What one sign-in has to satisfy before it counts.

    `max_age` is how old the counting proofs may be, `not_before` the moment they must follow
    (`prompt=login`), `account_id` the only account that will do, `login_hint` a name to show.
    """

    level: Level = Level.SUBSTANTIEEL
    phishing_resistant: bool = False
    max_age: timedelta | None = None
    not_before: datetime | None = None
    account_id: str | None = None
    login_hint: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A plain dictionary for a JSON column."""
        return {
            "level": int(self.level),
            "phr": self.phishing_resistant,
            "max_age": None if self.max_age is None else self.max_age.total_seconds(),
            "not_before": None if self.not_before is None else self.not_before.timestamp(),
            "account_id": self.account_id,
            "login_hint": self.login_hint,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Back from the JSON column."""
        from datetime import UTC

        not_before = stored["not_before"]
        return cls(
            level=Level(stored["level"]),
            phishing_resistant=stored["phr"],
            max_age=None if stored["max_age"] is None else timedelta(seconds=stored["max_age"]),
            not_before=None if not_before is None else datetime.fromtimestamp(not_before, UTC),
            account_id=stored["account_id"],
            login_hint=stored["login_hint"],
        )


def fresh_enough(proofs: Iterable[Proof], demands: Demands, *, now: datetime) -> tuple[Proof, ...]:
    """The proofs that this request may count: young enough, and given after it asked for a new sign-in."""
    oldest = now - demands.max_age if demands.max_age is not None else None
    return tuple(
        proof
        for proof in proofs
        if (oldest is None or proof.at >= oldest)
        and (demands.not_before is None or proof.at >= demands.not_before)
    )


def mechanism_level(proofs: Iterable[Proof]) -> Level:
    """What the steps taken are worth by themselves: a second step counts only beside a password."""
    kinds = {proof.strength for proof in proofs}
    if Strength.KNOWLEDGE not in kinds:
        return Level.NONE
    if Strength.POSSESSION not in kinds:
        return Level.LAAG
    return max(proof.ceiling for proof in proofs if proof.strength is Strength.POSSESSION)


def reached(proofs: Iterable[Proof], *, enrolled_at: Level) -> Level:
    """The level that may be stated: never above the level at which the account was enrolled."""
    return min(mechanism_level(tuple(proofs)), enrolled_at)


def satisfies(
    proofs: Iterable[Proof], demands: Demands, *, enrolled_at: Level, now: datetime
) -> bool:
    """Whether these proofs answer everything the request demands (the account hint aside)."""
    counting = fresh_enough(proofs, demands, now=now)
    if demands.phishing_resistant and not any(proof.phishing_resistant for proof in counting):
        return False
    return reached(counting, enrolled_at=enrolled_at) >= demands.level


def authenticated_at(proofs: Iterable[Proof], level: Level) -> datetime:
    """`auth_time`: the oldest moment among the proofs that the stated level rests on.

    That is the youngest password, and above *laag* also the youngest second step.
    """
    youngest: dict[Strength, datetime] = {}
    for proof in proofs:
        youngest[proof.strength] = max(proof.at, youngest.get(proof.strength, proof.at))
    if level <= Level.LAAG:
        return youngest[Strength.KNOWLEDGE]
    return min(youngest.values())

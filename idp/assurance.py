"""How sure we are of somebody: levels, the proofs that earn them, and the `acr` that tells of it. Pure policy.

The level of a sign-in is the lower of what the session proved and what the account was enrolled at
((EU) 2015/1502; the public body decides the latter).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Assurance:
    """How sure one has to be of somebody, or is: the level, and whether a false site could have been in between.

    The two are independent: a level also says how the account was enrolled, phishing resistance only how it signed in.
    """

    level: Level
    phishing_resistant: bool = False

    def covers(self, asked: Assurance) -> bool:
        """Whether this is at least what is asked, in both respects."""
        return self.level >= asked.level and self.phishing_resistant >= asked.phishing_resistant

    def __or__(self, other: Assurance) -> Assurance:
        """Both at once."""
        return Assurance(
            max(self.level, other.level), self.phishing_resistant or other.phishing_resistant
        )

    @property
    def label(self) -> str:
        """How operators write it."""
        return PHISHING_RESISTANT if self.phishing_resistant else self.level.label

    @property
    def number(self) -> int:
        """How it lies in the database: the level, and ten more with phishing resistance."""
        return int(self.level) + 10 * self.phishing_resistant

    @classmethod
    def numbered(cls, number: int) -> Assurance:
        """Back from the database; `ValueError` for a number that a later release may have put there."""
        return cls(Level(number % 10), bool(number // 10))


#: What an application can be registered at, by name. `phr` is *substantieel*, and resists phishing.
REGISTRABLE: Final[Mapping[str, Assurance]] = {
    "laag": Assurance(Level.LAAG),
    "substantieel": Assurance(Level.SUBSTANTIEEL),
    PHISHING_RESISTANT: Assurance(Level.SUBSTANTIEEL, phishing_resistant=True),
    "hoog": Assurance(Level.HOOG),
}


class Strength(StrEnum):
    """What kind of thing a proof is; two proofs of one kind are still one factor."""

    KNOWLEDGE = "knowledge"
    VERIFICATION = "verification"
    """A passkey made sure who held it, by PIN, finger or face: earned only together with the possession of it."""
    POSSESSION = "possession"


#: What the first step of signing in proves, one way or the other.
FIRST_STEP: Final = frozenset({Strength.KNOWLEDGE, Strength.VERIFICATION})


PASSWORD: Final = "wachtwoord"
#: The proof that a verified passkey gives in the place of a password.
PASSKEY: Final = "passkey"
#: The proof that a recovery code gives. No method is of this kind.
RECOVERY: Final = "herstelcode"
#: How long a proof counts for *hoog*, and then for *substantieel*: stricter than fifteen minutes without use.
HOOG_LASTS: Final = timedelta(minutes=15)


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


def passkey_proofs(key: Proof) -> tuple[Proof, Proof]:
    """What a passkey gives that made sure who held it: the first step beside its own (NIST SP 800-63B-4 3.1.7.1).

    Both are of one moment and of one key, and go when it goes.
    """
    first = replace(key, kind=PASSKEY, strength=Strength.VERIFICATION, amr=())
    return first, key


def recovery_proof(at: datetime) -> Proof:
    """The proof that a recovery code gives beside a password: *substantieel* at most, and phishing gets past it."""
    return Proof(kind=RECOVERY, strength=Strength.POSSESSION, at=at, amr=("otp",))


def aged(proofs: Iterable[Proof], now: datetime) -> tuple[Proof, ...]:
    """The same proofs as they count now: what earned *hoog* some time ago earns *substantieel*."""
    return tuple(
        replace(proof, ceiling=Level.SUBSTANTIEEL)
        if proof.ceiling is Level.HOOG and proof.at < now - HOOG_LASTS
        else proof
        for proof in proofs
    )


def latest(proofs: Iterable[Proof]) -> tuple[Proof, ...]:
    """Of every means the youngest proof, oldest first: what a session keeps."""
    youngest: dict[str, Proof] = {}
    for proof in sorted(proofs, key=lambda each: each.at):
        first = proof.kind if proof.strength in FIRST_STEP else None
        youngest[first or proof.credential_id or proof.kind] = proof
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

    @property
    def assurance(self) -> Assurance:
        """How sure one has to be."""
        return Assurance(self.level, self.phishing_resistant)

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
    """What the steps taken are worth by themselves: a second step counts only beside a first."""
    kinds = {proof.strength for proof in proofs}
    if not FIRST_STEP & kinds:
        return Level.NONE
    if Strength.POSSESSION not in kinds:
        return Level.LAAG
    return max(proof.ceiling for proof in proofs if proof.strength is Strength.POSSESSION)


def reached(proofs: Iterable[Proof], *, enrolled_at: Level) -> Level:
    """The level that may be stated: never above the level at which the account was enrolled."""
    return min(mechanism_level(tuple(proofs)), enrolled_at)


def attained(proofs: Iterable[Proof], *, enrolled_at: Level) -> Assurance:
    """What these proofs are worth to whoever asks. Without a first step nothing is."""
    given = tuple(proofs)
    level = reached(given, enrolled_at=enrolled_at)
    return Assurance(level, level > Level.NONE and any(proof.phishing_resistant for proof in given))


def satisfies(
    proofs: Iterable[Proof], demands: Demands, *, enrolled_at: Level, now: datetime
) -> bool:
    """Whether these proofs answer everything the request demands (the account hint aside)."""
    counting = fresh_enough(proofs, demands, now=now)
    return attained(counting, enrolled_at=enrolled_at).covers(demands.assurance)


def authenticated_at(proofs: Iterable[Proof], stated: Assurance) -> datetime:
    """`auth_time`: the oldest moment among the proofs that the stated value rests on.

    That is the youngest first step and, above *laag*, the youngest second step that is worth as much.
    """
    given = tuple(proofs)
    first = max(proof.at for proof in given if proof.strength in FIRST_STEP)
    if Assurance(Level.LAAG).covers(stated):
        return first
    step = max(
        proof.at
        for proof in given
        if proof.strength is Strength.POSSESSION
        and Assurance(proof.ceiling, proof.phishing_resistant).covers(stated)
    )
    return min(first, step)

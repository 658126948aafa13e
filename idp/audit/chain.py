"""The chain: what a seal and a checkpoint are, how they are computed, and how a reader finds the first bad one.

Pure, but for the key, which derives from the root secret (docs/decisions/0041). A seal's `link` is SHA-256 over the
link before it, its number, its event's moment and class, and the digest of the event itself, which is salted: where the
event was deleted after its time, the digest stays, and nobody can find the event again by trying.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from idp import clock, settings

#: What the first seal of all follows.
GENESIS: Final = "0" * 64

#: The names of marks: where the chain begins, and (with a class behind it) what was deleted after its time.
BEGINS: Final = "begins"
GONE: Final = "gone:"

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One link of the chain with its event; `event` and `salt` are gone once the event was deleted after its time."""

    number: int
    at: str
    retention: str
    content: str
    link: str
    salt: str | None
    event: Facts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A signature over the chain up to `number`; events up to the id `settled` are in it or never were."""

    number: int
    link: str
    settled: int
    at: str
    key: str
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A signed statement about what is not there any more, by its name: `begins`, or `gone:` and a class."""

    name: str
    facts: Facts
    key: str
    signature: str


#: `taken-out` and `moved` are about whole lines, `altered` about what stands in one, `cut-short` about the end;
#: `beside` is an event that stands in the database but not in the chain.
Why = Literal[
    "taken-out", "moved", "altered", "cut-short", "forged-checkpoint", "unreadable", "beside"
]


class Broken(Exception):
    """The chain does not hold here."""

    def __init__(self, why: Why, what: str) -> None:
        super().__init__(what)
        self.why: Why = why


class Gap(Exception):
    """Another number was to come; whether that was taken out or moved shows further on."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(f"number {expected} was to come here, this is {found}")
        self.expected = expected


def moment(at: datetime) -> str:
    """A moment as the chain writes it: RFC 3339 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> datetime:
    """The present, in whole milliseconds: what is signed must be what the database gives back, which rounds."""
    present = clock.now()
    return present.replace(microsecond=present.microsecond // 1000 * 1000)


def canonical(value: Any) -> bytes:
    """The one way to write a value: JSON, names sorted, no spaces, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def content_of(event: Facts, salt: str) -> str:
    """The digest of an event."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical(event)).hexdigest()


def _is_salt(text: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


def link_of(before: str, number: int, at: str, retention: str, content: str) -> str:
    """The link that follows `before`."""
    return hashlib.sha256(canonical([before, number, at, retention, content])).hexdigest()


class Signer:
    """The audit key of this deployment."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = written(private.public_key())
        self.name = name_of(private.public_key())

    def sign(self, what: str, facts: Facts) -> str:
        """The signature over a statement of a kind; a signature of one kind never counts for another."""
        return base64.b64encode(self._private.sign(_statement(what, facts))).decode()

    def checkpoint(self, *, number: int, link: str, settled: int, at: str) -> Checkpoint:
        """The chain as it stands, signed."""
        facts = {"number": number, "link": link, "settled": settled, "at": at}
        signature = self.sign("checkpoint", facts)
        return Checkpoint(
            number=number, link=link, settled=settled, at=at, key=self.name, signature=signature
        )

    def mark(self, name: str, facts: Facts) -> Mark:
        """A statement about what is gone, signed."""
        signature = self.sign("mark", {"name": name, "facts": dict(facts)})
        return Mark(name=name, facts=facts, key=self.name, signature=signature)


def signer() -> Signer:
    """The audit key of the deployment at work, derived from its root secret."""
    seed = settings.current().secret.derive("audit checkpoint")
    return Signer(Ed25519PrivateKey.from_private_bytes(seed))


def written(key: Ed25519PublicKey) -> str:
    """A public key as people pass it on: 43 base64url characters."""
    return base64.urlsafe_b64encode(key.public_bytes_raw()).decode().rstrip("=")


def read_key(text: str) -> Ed25519PublicKey:
    """A public key as `written` gave it; `ValueError` when it is none."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{43}", text):
        raise ValueError("no audit key: 43 characters of base64url")
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(text + "="))


def name_of(key: Ed25519PublicKey) -> str:
    """A short name for a key, by its digest."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


class Keys:
    """The public keys that a reader trusts."""

    def __init__(self, *keys: Ed25519PublicKey) -> None:
        self._keys = {name_of(key): key for key in keys}

    def check(self, what: str, facts: Facts, key: str, signature: str) -> None:
        """`Broken` unless one of them signed this statement."""
        try:
            self._keys[key].verify(
                base64.b64decode(signature, validate=True), _statement(what, facts)
            )
        except KeyError:
            raise Broken("forged-checkpoint", f"the {what} names an unknown key ({key})") from None
        except (InvalidSignature, ValueError):
            raise Broken(
                "forged-checkpoint", f"the signature of the {what} is not by the audit key"
            ) from None

    def check_checkpoint(self, each: Checkpoint) -> None:
        """`Broken` unless one of them signed the checkpoint."""
        facts = {
            name: fact for name, fact in asdict(each).items() if name not in {"key", "signature"}
        }
        self.check("checkpoint", facts, each.key, each.signature)

    def check_mark(self, mark: Mark) -> None:
        """`Broken` unless one of them signed the mark."""
        self.check("mark", {"name": mark.name, "facts": dict(mark.facts)}, mark.key, mark.signature)


def _statement(what: str, facts: Facts) -> bytes:
    return canonical({"idp-audit": what, **facts})


class Walk:
    """Goes along the chain, link by link, and stops at the first that does not hold."""

    def __init__(self, keys: Keys, *, begins: Mark | None, gone: Mapping[str, Mark] | None) -> None:
        """`gone`: a mark for each class; `None` when they are not known, as in a file that was cut short."""
        self._keys = keys
        self._gone = gone
        self.number, self.link = 0, GENESIS
        if begins is not None:
            keys.check_mark(begins)
            if begins.name != BEGINS:
                raise Broken(
                    "forged-checkpoint", f"{begins.name} does not say where a chain begins"
                )
            self.number, self.link = int(begins.facts["number"]), str(begins.facts["link"])
        for mark in (gone or {}).values():
            keys.check_mark(mark)
        self.begins = self.number
        self.signed = self.number
        self.settled = 0

    def sealed(self, each: Sealed) -> None:
        """The next link; `Gap` when it is not the next, `Broken` when it does not hold."""
        if each.number != self.number + 1:
            raise Gap(self.number + 1, each.number)
        if each.event is None or each.salt is None:
            self._may_be_gone(each)
        elif not _is_salt(each.salt) or content_of(each.event, each.salt) != each.content:
            raise Broken("altered", f"event {each.number} is not what was sealed")
        elif each.event.get("at") != each.at:
            raise Broken("altered", f"the moment in seal {each.number} is not that of its event")
        if link_of(self.link, each.number, each.at, each.retention, each.content) != each.link:
            raise Broken("altered", f"seal {each.number} does not follow from the one before it")
        self.number, self.link = each.number, each.link

    def checkpoint(self, each: Checkpoint) -> None:
        """A checkpoint over what went before."""
        self._keys.check_checkpoint(each)
        if each.number > self.number:
            raise Broken(
                "cut-short",
                f"the checkpoint counts {each.number} events, only {self.number} are here",
            )
        if each.number < self.number:
            raise Broken(
                "moved", f"the checkpoint of number {each.number} does not stand behind it"
            )
        if each.link != self.link:
            raise Broken(
                "altered",
                f"the checkpoint of number {each.number} was over other events than these",
            )
        self.signed, self.settled = each.number, each.settled

    def end(self) -> None:
        """Nothing comes any more: a checkpoint has to be the last."""
        if self.signed != self.number:
            raise Broken("cut-short", f"no checkpoint follows event {self.number}")

    def _may_be_gone(self, each: Sealed) -> None:
        if self._gone is None:
            return
        mark = self._gone.get(each.retention)
        if mark is None or each.at >= mark.facts["before"]:
            raise Broken(
                "taken-out", f"event {each.number} ({each.retention}) is gone before its time"
            )

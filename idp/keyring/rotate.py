"""What an operator does with keys: add the next one, withdraw one, look, publish. Audited; the caller commits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from idp import clock
from idp.audit import Event, record
from idp.database import one_at_a_time
from idp.errors import WrongInput
from idp.keyring.ring import GRACE, PUBLISHED_BEFORE, KeyLine, Ring, current
from idp.keyring.source import ALGORITHMS, FileSource, StoredKey

#: Of two who make or withdraw keys at once, each would decide on what the other is changing.
_TURN: Final = "signing keys"


def rotate(alg: str | None = None, *, actor: str, at_once: bool = False) -> list[StoredKey]:
    """Add the next key of one algorithm, or of each; published now, used after eight days.

    The first key of an algorithm is used at once, and so is one made with `at_once` (a key leaked: withdraw the old
    one then). `WrongInput` for an algorithm we do not have, or when a next key waits already.
    """
    ring, source = _files()
    if alg is not None and alg not in ALGORITHMS:
        raise WrongInput(f"keys are made for {' and '.join(ALGORITHMS)}, not for {alg}")
    one_at_a_time(_TURN)
    ring.refresh(at_once=True)
    now = clock.now()
    wanted = ALGORITHMS if alg is None else (alg,)
    for each in wanted:
        if not at_once and (waiting := ring.waiting(each, now)):
            raise WrongInput(
                f"the next {each} key waits already; its turn comes on {waiting.active_from:%Y-%m-%d}"
            )
    made = [_added(ring, source, each, now, actor=actor, at_once=at_once) for each in wanted]
    ring.refresh(at_once=True)
    return made


def rotate_due(*, actor: str) -> list[StoredKey]:
    """Add the next key wherever it is time for one, and nothing else; of two machines at once, one does.

    `WrongInput` when there are no keys at all: a folder that is not mounted must not be filled with new ones.
    """
    ring, source = _files()
    one_at_a_time(_TURN)
    if not ring.lines():
        raise WrongInput(
            "there are no keys; is the folder of IDP_KEYS there? `idp keys rotate` makes the first ones"
        )
    now = clock.now()
    late = _late(ring, now, timedelta(0))
    made = [_added(ring, source, each, now, actor=actor) for each in late]
    ring.refresh(at_once=True)
    return made


def overdue() -> list[str]:
    """The algorithms whose next key should have been made a week ago, or that have none at work."""
    ring = current()
    ring.refresh(at_once=True)
    return _late(ring, clock.now(), GRACE)


def _late(ring: Ring, now: datetime, by: timedelta) -> list[str]:
    due = ((alg, ring.due_at(alg, now)) for alg in ALGORITHMS)
    return [alg for alg, at in due if at is not None and at + by <= now]


def _added(
    ring: Ring, source: FileSource, alg: str, now: datetime, *, actor: str, at_once: bool = False
) -> StoredKey:
    first = ring.active(alg, now) is None
    active_from = now if at_once or first else now + PUBLISHED_BEFORE
    key = source.create(alg, now=now, active_from=active_from)
    record(
        Event.KEY_ADDED,
        actor=actor,
        kid=key.kid,
        alg=alg,
        active_from=key.active_from.isoformat(),
    )
    return key


def retire(kid: str, *, actor: str) -> StoredKey:
    """Withdraw a key at once: it signs nothing more, leaves the published set, and its tokens are no longer ours.

    Was it at work, then a key that applications can know already takes over: the next one, whose turn comes now, else
    the one before, while it is published. The beginning of a name is enough. `WrongInput` for an unknown key, or when
    no published key could take its place.
    """
    ring, source = _files()
    one_at_a_time(_TURN)
    if (key := ring.find(kid)) is None:
        raise WrongInput(f"no key, or more than one, is called {kid}; `idp keys list` shows them")
    if key.retired_at is not None:
        raise WrongInput(f"the key {key.kid} was withdrawn already")
    now = clock.now()
    if not any(
        line.alg == key.alg and line.kid != key.kid and line.published and line.state != "withdrawn"
        for line in ring.lines()
    ):
        raise WrongInput(
            f"nothing else could sign {key.alg}; run `idp keys rotate --alg {key.alg} --at-once` first"
        )
    waiting = ring.waiting(key.alg, now)
    if key == ring.active(key.alg, now) and waiting is not None:
        source.advance(waiting, now=now)  # first: at no moment is there none
    withdrawn = source.withdraw(key, now=now)
    record(Event.KEY_RETIRED, actor=actor, kid=key.kid, alg=key.alg)
    ring.refresh(at_once=True)
    return withdrawn


def listing() -> list[KeyLine]:
    """Every key with what it is now, in the order of its turn."""
    return current().lines()


def export_jwks() -> dict[str, list[dict[str, str]]]:
    """The public set, as `/oauth2/jwks` serves it."""
    return current().jwks()


def _files() -> tuple[Ring, FileSource]:
    """The ring, and its folder: keys in an HSM are made where they lie, by the ceremony that belongs to it."""
    ring = current()
    if not isinstance(ring.source, FileSource):
        raise WrongInput(
            "these keys do not lie in files; make and withdraw them in their own store"
        )
    return ring, ring.source

"""What an operator does with keys: add the next one, withdraw one, look, publish. Audited; the caller commits."""

from __future__ import annotations

from idp import clock
from idp.audit import Event, record
from idp.errors import WrongInput
from idp.keyring.ring import PUBLISHED_BEFORE, KeyLine, Ring, current
from idp.keyring.source import ALGORITHMS, FileSource, StoredKey


def rotate(alg: str | None = None, *, actor: str, at_once: bool = False) -> list[StoredKey]:
    """Add the next key of one algorithm, or of each; published now, used after eight days.

    The first key of an algorithm is used at once, and so is one made with `at_once` (a key leaked: withdraw the old
    one then). `WrongInput` for an algorithm we do not have, or when a next key waits already.
    """
    ring, source = _files()
    if alg is not None and alg not in ALGORITHMS:
        raise WrongInput(f"keys are made for {' and '.join(ALGORITHMS)}, not for {alg}")
    ring.refresh(at_once=True)
    now = clock.now()
    wanted = ALGORITHMS if alg is None else (alg,)
    for each in wanted:
        if not at_once and (waiting := ring.waiting(each, now)):
            raise WrongInput(
                f"the next {each} key waits already; its turn comes on {waiting.active_from:%Y-%m-%d}"
            )
    made = []
    for each in wanted:
        first = ring.active(each, now) is None
        active_from = now if at_once or first else now + PUBLISHED_BEFORE
        key = source.create(each, now=now, active_from=active_from)
        record(
            Event.KEY_ADDED,
            actor=actor,
            kid=key.kid,
            alg=each,
            active_from=key.active_from.isoformat(),
        )
        made.append(key)
    ring.refresh(at_once=True)
    return made


def retire(kid: str, *, actor: str) -> StoredKey:
    """Withdraw a key at once: it signs nothing more, leaves the published set, and its tokens are no longer ours.

    The beginning of a name is enough. `WrongInput` for an unknown key, or when nothing else could sign in its place.
    """
    ring, source = _files()
    if (key := ring.find(kid)) is None:
        raise WrongInput(f"no key, or more than one, is called {kid}; `idp keys list` shows them")
    if key.retired_at is not None:
        raise WrongInput(f"the key {key.kid} was withdrawn already")
    now = clock.now()
    others = [line for line in ring.lines() if line.alg == key.alg and line.kid != key.kid]
    if not any(line.state in {"active", "retired"} for line in others):
        raise WrongInput(
            f"nothing else could sign {key.alg}; run `idp keys rotate --alg {key.alg} --at-once` first"
        )
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

"""Browsers in which somebody signed in completely before: what strangers do elsewhere does not make their owner wait.

One cookie holds a mark for each of a few accounts. A mark is random but for the day it was made, and signed for one
account and its `browsers_epoch`, so it dies when password or methods are reset or access is blocked. It proves nothing
about who is there and is no step of signing in: whoever steals it gets a counter of wrong tries, and shares that one
with the browser it was stolen from.
"""

from __future__ import annotations

import base64
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask import Response, after_this_request, g, request

from idp import clock, settings
from idp.secret_values import same

COOKIE: Final = "__Host-idp_known"
KEYED_COOKIE: Final = "__Host-idp_keyed"
"""Of which marks the account had a passkey or security key when it last signed in here; tells neither."""
LASTS: Final = timedelta(days=180)
"""Since the last complete sign-in of that account in that browser."""
MOST: Final = 5
"""Accounts that one browser is known for; the one that signed in longest ago makes room."""
_NAME_BYTES: Final = 12
_DAY_BYTES: Final = 3
_SEAL_BYTES: Final = 24
_MARK: Final = re.compile(r"[A-Za-z0-9_-]{52}")


@dataclass(frozen=True, slots=True)
class Mark:
    """What one browser holds for one account."""

    name: str
    """Of the browser, for this account only; hexadecimal."""
    day: int
    seal: str


def known_as(account_id: str | None, epoch: int | None) -> str | None:
    """By which name this browser is known for an account; `None` when it is a stranger.

    The same work for every account, also for one that does not exist. `epoch` is the account's `browsers_epoch`.
    """
    today = _day(clock.now())
    names = [
        mark.name
        for mark in _marks()
        if same(mark.seal, _seal(account_id or "", epoch or 0, mark.day, mark.name))
        and 0 <= today - mark.day < LASTS.days
    ]
    return names[0] if names and account_id is not None else None


def marked(account_id: str, epoch: int, name: str | None) -> str:
    """The cookie's next value, after a complete sign-in of this account, in the browser that had this name for it.

    The name stays as it was: a copy of an old cookie brings no new tries.
    """
    today = _day(clock.now())
    name = name or secrets.token_hex(_NAME_BYTES)
    fresh = Mark(name, today, _seal(account_id, epoch, today, name))
    others = [mark for mark in _marks() if mark.name != name]
    return ".".join(map(_written, (fresh, *others[: MOST - 1])))


def had_a_key() -> bool:
    """Whether somebody for whom this browser holds a mark had a key at the last sign-in. Says not who."""
    seals = _keyed()
    return any(same(_key_seal(mark.name), seal) for mark in _marks() for seal in seals)


def keyed(value: str, *, has_key: bool) -> str:
    """The next value of the second cookie, next to `value` of the first, whose first mark just signed in."""
    names = [_read(part).name for part in value.split(".")]
    held = set(_keyed())
    seals = [_key_seal(name) for name in names]
    return ".".join(seal for at, seal in enumerate(seals) if (has_key if at == 0 else seal in held))


def remember(value: str, name: str = COOKIE) -> None:
    """Give the browser this value with the response."""

    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            name,
            value,
            max_age=LASTS if value else 0,
            secure=True,
            httponly=True,
            samesite="Lax",
            path="/",
        )
        return response


def _marks() -> tuple[Mark, ...]:
    """The marks of this request, whether they hold for anybody or not."""
    if "browser_marks" not in g:
        parts = request.cookies.get(COOKIE, "").split(".", MOST)[:MOST]
        g.browser_marks = tuple(_read(part) for part in parts if _MARK.fullmatch(part))
    found: tuple[Mark, ...] = g.browser_marks
    return found


def _keyed() -> list[str]:
    return request.cookies.get(KEYED_COOKIE, "").split(".", MOST)[:MOST]


def _key_seal(name: str) -> str:
    return settings.current().secret.digest("browser with a key", name)[: 2 * _SEAL_BYTES]


def _read(text: str) -> Mark:
    whole = base64.urlsafe_b64decode(text)
    name, rest = whole[:_NAME_BYTES], whole[_NAME_BYTES:]
    return Mark(name.hex(), int.from_bytes(rest[:_DAY_BYTES]), rest[_DAY_BYTES:].hex())


def _written(mark: Mark) -> str:
    whole = bytes.fromhex(mark.name) + mark.day.to_bytes(_DAY_BYTES) + bytes.fromhex(mark.seal)
    return base64.urlsafe_b64encode(whole).decode()


def _seal(account_id: str, epoch: int, day: int, name: str) -> str:
    whole = settings.current().secret.digest("known browser", f"{account_id}:{epoch}:{day}:{name}")
    return whole[: 2 * _SEAL_BYTES]


def _day(moment: datetime) -> int:
    return clock.epoch(moment) // 86_400

"""Which addresses a client may register: where codes go, where a sign-out ends, where a sign-in begins."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from idp.settings import LOOPBACK

LONGEST: Final = 2000
#: What we add to an address when we answer; twice would be read in two ways.
OF_ANSWERS: Final = frozenset({"code", "state", "iss", "error", "error_description"})
#: RFC 3986 characters, minus those that could ever end a header, an attribute or a policy.
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&()*+,;=%-]+")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\]")


#: Where a native application listens on the machine of its person (RFC 8252 section 7.3).
OF_NATIVES: Final = frozenset({"127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one client: `loopback` may use plain http on this machine, `localhost` on that name only.

    `native`: plain http on the addresses of this machine, not its name (RFC 8252 sections 7.3 and 8.3).
    """

    loopback: bool
    localhost: bool
    native: bool = False


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: the three names, or one below `localhost` (RFC 6761 section 6.3)."""
    return host in LOOPBACK or host.endswith(".localhost")


def mark(address: str) -> str:
    """A short name of an address by which the trail tells it from others, without its text."""
    return sha256(address.encode()).hexdigest()[:16]


def problem(address: str, rules: Rules, *, longest: int = LONGEST) -> str | None:
    """Why an address cannot be registered, in words that follow `redirect_uri …`; `None` when it can.

    Addresses are compared character by character, so anything that is written in more than one way is refused.
    """
    if not address or len(address) > longest or not _PLAIN.fullmatch(address):
        return "holds characters that are not allowed in an address, or is empty, or too long"
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return "is not an address"
    netloc, path = parts.netloc, re.sub("%2e", ".", f"{parts.path}/", flags=re.IGNORECASE)
    names = {name for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    checks = (
        (bool(names & OF_ANSWERS), "must not hold a parameter that answers have"),
        (not address.startswith(("https://", "http://")), "must begin with https://"),
        ("@" in netloc, "must hold no user name"),
        ("#" in address, "must have no fragment"),
        (
            not host or not _HOST.fullmatch(netloc.rpartition(":")[0] if parts.port else netloc),
            "needs a host in lower case, without wildcards",
        ),
        (netloc.rpartition(":")[2].startswith("0"), "must write its port without zeros in front"),
        ("/../" in path or "/./" in path, "must not walk through . or .."),
    )
    for wrong, words in checks:
        if wrong:
            return words
    if parts.scheme == "http" and not (
        (rules.loopback and is_loopback(host))
        or (rules.localhost and host == "localhost")
        or (rules.native and host in OF_NATIVES)
    ):
        return "must begin with https:// (plain http is for loopback addresses, of a provider on loopback)"
    return None


def without_port(address: str) -> str | None:
    """A native application's address with any port left out; `None` for every other address."""
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if parts.scheme != "http" or host not in OF_NATIVES or "@" in parts.netloc:
        return None
    if parts.netloc.endswith(":"):  # a port that is none, which no policy of a page can name
        return None
    bracketed = f"[{host}]" if ":" in host else host
    return address.replace(parts.netloc, bracketed, 1)


def host_of(address: str) -> str:
    """Host and port of an address; empty for one that cannot be read, which no rule lets through."""
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""


def origin_of(address: str) -> str:
    """Scheme, host and port of a registered address, for a page's `form-action`."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"

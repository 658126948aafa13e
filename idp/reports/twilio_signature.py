"""`X-Twilio-Signature`: who knows the account's auth token signed this address and these fields.

Twilio, "Secure webhooks": the address as Twilio was given it, then name and value of each field in the order of the
names, by HMAC-SHA1 with the auth token, in base64. Its own libraries accept the address with and without the usual
port, because Twilio writes it either way; so do we. There is no time in it: a request can come twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit

from idp.secret_values import Secret, same

HEADER = "X-Twilio-Signature"


def signed(signature: str, address: str, fields: Iterable[tuple[str, str]], token: Secret) -> bool:
    """Whether this is Twilio's signature of these fields at this public address; in constant time."""
    pairs = sorted(set(fields))
    bare, with_port = (same(signature, _of(way, pairs, token)) for way in _ways_to_write(address))
    return bare or with_port


def _of(address: str, pairs: Iterable[tuple[str, str]], token: Secret) -> str:
    said = address + "".join(name + value for name, value in pairs)
    digest = hmac.new(token.reveal().encode(), said.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _ways_to_write(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return (
        parts._replace(netloc=f"{host}").geturl(),
        parts._replace(netloc=f"{host}:{port}").geturl(),
    )

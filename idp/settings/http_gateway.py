"""The templated gateway: how any other provider is called, in a file of the operator's. See docs/berichten/http.md.

The body is written as TOML and filled in after it was read, so that nothing in a message can end a value and begin
another.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from idp.networks import LOOPBACK

#: What may stand in braces, in values of the body and nowhere else.
PLACES: Final = {
    "sms": frozenset({"to", "to_digits", "text", "id", "language", "seconds"}),
    "voice": frozenset({"to", "to_digits", "before_key", "after_key", "id", "language", "seconds"}),
}
#: What a message cannot do without: whom, and what.
_NEEDED: Final = {
    "sms": ({"to", "to_digits"}, {"text"}),
    "voice": ({"to", "to_digits"}, {"before_key"}, {"after_key"}),
}
PLACE: Final = re.compile(r"\{([a-z_]+)\}")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,60}", re.ASCII)
_VALUE: Final = re.compile(r"[ -~]{1,2000}", re.ASCII)
#: Where something stands in JSON: names and numbers, with dots between.
Place = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=60)], ...],
    Field(min_length=1, max_length=20),
]
#: Ours to write: what the body is, and how long.
_OURS: Final = frozenset({"content-type", "content-length", "host", "connection"})


class Reports(BaseModel):
    """How the provider tells what became of a message."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secret: Annotated[str, Field(pattern=r"^[!-~]{32,200}$")]
    """With which it signs, or which it brings in the address."""
    signature_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,60}$")] | None = None
    """Where the HMAC-SHA256 over the body stands, in hex or base64; without it the secret stands in the address."""
    form: Literal["json", "form"] = "json"
    id_field: Place
    state_field: Place
    delivered: Words
    failed: Words
    reason_field: Place | None = None


class HttpGateway(BaseModel):
    """One channel of a provider."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    headers: Mapping[str, str] = {}
    form: Literal["json", "form"] = "json"
    body: Mapping[str, Any]
    accepted: tuple[Annotated[int, Field(ge=200, le=299)], ...] = (200, 201, 202)
    accepted_field: str | None = None
    """Where in a JSON answer it stands whether the message was taken: names and numbers, with dots between."""
    accepted_value: str | int | bool | None = None
    id_field: str | None = None
    """Where the provider's own name of the message stands."""
    reports: Reports | None = None
    """Without it nothing is heard after the message was taken."""

    @field_validator("address")
    @classmethod
    def _address_is_safe(cls, value: str) -> str:
        parts = urlsplit(value)
        if not parts.hostname or parts.username or parts.fragment:
            raise ValueError("must be an address, without a user name or a #")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("must begin with https://")
        return value

    @field_validator("headers")
    @classmethod
    def _headers_are_lines(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name, content in value.items():
            if not _HEADER.fullmatch(name) or not _VALUE.fullmatch(content):
                raise ValueError(f"{name!r} is no header that can be sent")
            if name.lower() in _OURS:
                raise ValueError(f"{name} is written by us")
        return value


def read(file: Path) -> Mapping[str, HttpGateway]:
    """The channels that the file describes; `OSError` or `ValueError`, in one line without a value of it."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as wrong:
        raise ValueError(f"it is no TOML ({wrong})") from wrong
    if not found or not found.keys() <= PLACES.keys():
        raise ValueError("it has the parts [sms] and [voice], one or both, and no others")
    return {channel: _channel(channel, part) for channel, part in found.items()}


def _channel(channel: str, part: Any) -> HttpGateway:
    try:
        gateway = HttpGateway.model_validate(part)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, (channel, *first["loc"])))
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from wrong
    if gateway.reports is not None and gateway.id_field is None:
        raise ValueError(f"{channel}.id_field: reports name a message by it, so it is needed")
    used = {name for text in _texts(gateway.body) for name in PLACE.findall(text)}
    if strange := used - PLACES[channel]:
        raise ValueError(f"{channel}.body: there is no {{{min(strange)}}}")
    for wanted in _NEEDED[channel]:
        if not used & wanted:
            raise ValueError(f"{channel}.body: {{{max(wanted, key=len)}}} is missing")
    if gateway.form == "form" and any(
        isinstance(value, dict | list) for value in gateway.body.values()
    ):
        raise ValueError(f"{channel}.body: a form has no values within values")
    return gateway


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in _texts(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []

"""Any other provider: called as the operator's file says (`idp/settings/http_gateway.py`, docs/berichten/http.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from idp import clock, outward, settings
from idp.messaging.gateways.carried import Message, NotSent
from idp.messaging.texts import CallScript
from idp.settings.http_gateway import PLACE

NAME: Final = "http"
_TYPES: Final = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
_LONGEST_ID: Final = 64


@dataclass(frozen=True, slots=True)
class Http:
    """One channel of the provider in the file."""

    channel: str
    name: str = NAME
    fetches: bool = False

    def send(self, message: Message) -> str | None:
        """Hand it over; `NotSent` unless the answer is one that the file says is a yes."""
        gateway = settings.current().http_gateways[self.channel]
        body = _filled(gateway.body, _values(message))
        written = json.dumps(body) if gateway.form == "json" else urlencode(body)
        headers = {**gateway.headers, "Content-Type": _TYPES[gateway.form]}
        try:
            answer = outward.post_to_gateway(gateway.address, headers, written.encode())
        except outward.CannotReach as why:
            raise NotSent(f"http: {why}") from why
        if answer.status not in gateway.accepted:
            raise NotSent(f"http: it answered {answer.status}")
        told = _told(answer.body)
        if gateway.accepted_field is not None and _differs(
            at(told, gateway.accepted_field), gateway.accepted_value
        ):
            raise NotSent(f"http: its answer does not say {gateway.accepted_field} as it should")
        provider_id = None if gateway.id_field is None else at(told, gateway.id_field)
        return name_of(provider_id)


def name_of(found: Any) -> str | None:
    """The provider's name of a message, as we keep it; `None` for what can be none."""
    if isinstance(found, bool) or not isinstance(found, str | int) or found == "":
        return None
    name = str(found)[:_LONGEST_ID]
    return name if name.isprintable() else None  # a NUL, or half of a pair, no database takes


def _values(message: Message) -> Mapping[str, str]:
    says = message.says
    words = (
        {"before_key": says.before_key, "after_key": says.after_key.reveal()}
        if isinstance(says, CallScript)
        else {"text": says.reveal()}
    )
    return words | {
        "to": message.to.e164,
        "to_digits": message.to.e164.removeprefix("+"),
        "id": message.id,
        "language": message.language,
        "seconds": str(max(1, int((message.expires_at - clock.now()).total_seconds()))),
    }


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    """The same with every place filled in, once: braces in what is filled in are only braces."""
    if isinstance(template, Mapping):
        return {name: _filled(value, values) for name, value in template.items()}
    if isinstance(template, list | tuple):
        return [_filled(value, values) for value in template]
    if isinstance(template, str):
        return PLACE.sub(lambda place: values[place[1]], template)
    return template


def _told(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def at(told: Any, path: str) -> Any:
    """What stands there in an answer or a report; `None` when nothing does."""
    for name in path.split("."):
        if isinstance(told, list) and name.isdecimal() and int(name) < len(told):
            told = told[int(name)]
        elif isinstance(told, dict):
            told = told.get(name)
        else:
            return None
    return told


def _differs(found: Any, wanted: str | int | bool | None) -> bool:
    """`true` is not 1 here; without a value wanted, something has to be there."""
    if wanted is None:
        return found is None
    return type(found) is not type(wanted) or found != wanted

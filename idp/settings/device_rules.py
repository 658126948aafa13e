"""Rules for devices: a small file of the operator's that asks a stronger step by facts. Nothing is learned or guessed.

    [[rule]]
    name = "nieuw-buiten-kantoor"
    browser = "unknown"
    outside = ["198.51.100.0/24"]
    ask = "key"

Every fact that a rule names has to hold; of several rules that apply each counts.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from idp.networks import Networks

LARGEST_FILE: Final = 64 * 1024
"""Bytes."""
MOST_RULES: Final = 50
_Kind = Literal["totp", "sms", "voice", "webauthn"]
_FACTS: Final = frozenset(
    {"browser", "inside", "outside", "hours", "relation_kinds", "levels", "methods"}
)


class RuleFaults(ValueError):
    """The file cannot serve; one line per fault."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one sign-in."""

    known_browser: bool
    """Whether this account signed in completely in this browser before."""
    origin: str | None
    """The network address that the request came from."""
    hour: int
    """On the clock of the Netherlands, 0 to 23."""
    relation_kind: str
    level: str
    """At which the account was enrolled."""
    methods: frozenset[str]
    """The kinds of second step that the account has."""


class Rule(BaseModel):
    """One rule: facts that must all hold, and what is then asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
    browser: Literal["known", "unknown"] | None = None
    inside: Networks = ()
    outside: Networks = ()
    hours: Annotated[str | None, Field(pattern="^([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-4])$")] = None
    relation_kinds: tuple[str, ...] = ()
    levels: tuple[Literal["laag", "substantieel", "hoog"], ...] = ()
    methods: tuple[_Kind, ...] = ()
    ask: Literal["key", "no-messages", "fresh"]

    @model_validator(mode="after")
    def _names_a_fact(self) -> Rule:
        if not _FACTS & self.model_fields_set:
            raise ValueError(f"names no fact; a rule needs one of {', '.join(sorted(_FACTS))}")
        if empty := sorted(
            name for name in _FACTS & self.model_fields_set if not getattr(self, name)
        ):
            raise ValueError(f"{', '.join(empty)}: empty; leave out what does not matter")
        if self.hours is not None and len({int(hour) for hour in self.hours.split("-")}) == 1:
            raise ValueError("hours: begin and end are the same; leave it out for the whole day")
        return self

    def applies(self, facts: Facts) -> bool:
        """Whether every fact that it names holds."""
        return (
            (self.browser is None or (self.browser == "known") == facts.known_browser)
            and (not self.inside or _within(facts.origin, self.inside))
            and (not self.outside or not _within(facts.origin, self.outside))
            and (self.hours is None or _between(facts.hour, self.hours))
            and (not self.relation_kinds or facts.relation_kind in self.relation_kinds)
            and (not self.levels or facts.level in self.levels)
            and (not self.methods or bool(facts.methods & set(self.methods)))
        )


def read(file: Path) -> tuple[Rule, ...]:
    """The rules of the file, in its order; `RuleFaults` with a line per fault."""
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise RuleFaults("is larger than any file of rules")
        whole = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise RuleFaults(f"cannot be read: {wrong}") from wrong
    faults = [
        f"{name}: not known; a file of rules has [[rule]] only" for name in whole.keys() - {"rule"}
    ]
    listed = whole.get("rule", [])
    if not isinstance(listed, list) or not listed:
        raise RuleFaults(*faults, "holds no [[rule]]")
    if len(listed) > MOST_RULES:
        raise RuleFaults(*faults, f"holds more than {MOST_RULES} rules")
    rules: list[Rule] = []
    for number, each in enumerate(listed, start=1):
        try:
            rules.append(Rule.model_validate(each))
        except ValidationError as wrong:
            faults += [f"{_called(number, each)}: {_said(fault)}" for fault in wrong.errors()]
    names = [rule.name for rule in rules]
    faults += [
        f"the name {name} is there twice" for name in sorted(set(names)) if names.count(name) > 1
    ]
    if faults:
        raise RuleFaults(*faults)
    return tuple(rules)


def _called(number: int, rule: Any) -> str:
    name = rule.get("name") if isinstance(rule, dict) else None
    return f"rule {number}" + (f" ({name[:40]})" if isinstance(name, str) else "")


def _said(fault: Any) -> str:
    place = ".".join(map(str, fault["loc"][:1]))
    if fault["type"] == "extra_forbidden":
        return f"{place} is not a fact that rules know"
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _within(origin: str | None, networks: tuple[str, ...]) -> bool:
    """An address that is none is within nothing."""
    try:
        address = ip_address(origin or "")
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped  # how a socket for both shows an IPv4 one
    return any(address in ip_network(network) for network in networks)


def _between(hour: int, hours: str) -> bool:
    """From the first hour up to, not including, the second; past midnight where that is the smaller one."""
    begin, end = map(int, hours.split("-"))
    return begin <= hour < end if begin < end else hour >= begin or hour < end


class DeviceRuleSettings(BaseModel):
    """Where the rules are."""

    device_rules: Annotated[
        Path | None,
        Field(
            description="TOML file with rules that ask a stronger step by facts, such as an unknown browser outside the body's networks. See `docs/device-rules.md`."
        ),
    ] = None

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, read once; `RuleFaults` when the file cannot serve."""
        return () if self.device_rules is None else read(self.device_rules)

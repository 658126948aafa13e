"""Client metadata (RFC 7591 section 2, OpenID Connect Registration section 2): read from JSON, and told again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NoReturn

from idp import keyring, settings
from idp.models import Client
from idp.oidc import addresses
from idp.oidc.addresses import Rules
from idp.oidc.metadata_members import DESCRIBING, MEMBERS, NAMES, WrongType, text
from idp.oidc.problems import Problem
from idp.oidc.profiles import Profile
from idp.oidc.refusals import Code, RefusedToClient

#: A language at the end of a name (section 2.2).
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}")
_MOST_DESCRIBED: Final = 40


def read(sent: Mapping[str, Any], profile: Profile, *, scopes: list[str]) -> dict[str, Any]:
    """The columns that this says; what it leaves out, or says as null, is as usual, and the scopes are these.

    `RefusedToClient` names the member that is wrong.
    """
    _it_is_for_codes(sent)
    said: dict[str, Any] = {}
    for member in MEMBERS:
        value = sent.get(member.name)
        try:
            said[member.column] = member.usual(profile) if value is None else member.read(value)
        except WrongType as wrong:
            turn_down(member.name, f"{member.name} {wrong}")
    said["scopes"] = said["scopes"] or scopes
    if not set(said["scopes"]) <= set(scopes):
        turn_down("scope", f"scope can hold {' '.join(scopes)}")
    if "authorization_code" not in said["grant_types"]:
        turn_down("grant_types", "grant_types must hold authorization_code")
    _we_can_sign(sent, said)
    said["described"] = _described(sent)
    return said


def told(client: Client) -> dict[str, Any]:
    """Everything that is registered of a client, under the names of the standards."""
    whole = ((member, getattr(client, member.column)) for member in MEMBERS)
    told = {member.name: member.told(value) for member, value in whole if value not in (None, [])}
    return {**client.described, **told, "response_types": ["code"]}


def broken(problem: Problem) -> RefusedToClient:
    """The error for a rule that does not hold (RFC 7591 section 3.2.2)."""
    name = NAMES.get(problem.member, problem.member)
    return _refusal(name, f"{name}: {problem.told}")


def turn_down(name: str, says: str) -> NoReturn:
    """Turn a member down, in a fixed sentence."""
    raise _refusal(name, says)


def _refusal(name: str, says: str) -> RefusedToClient:
    code = Code.INVALID_REDIRECT_URI if name == "redirect_uris" else Code.INVALID_CLIENT_METADATA
    return RefusedToClient(code, f"registration: {says}", says=says)


def _it_is_for_codes(sent: Mapping[str, Any]) -> None:
    """OpenID Connect Registration section 2: `response_types` goes with `grant_types`, and here is one."""
    if sent.get("response_types") not in (None, ["code"]):
        turn_down("response_types", "response_types can only be code")


def _we_can_sign(sent: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """An algorithm that it names is one that discovery names: an application cannot have a key of ours made."""
    for column in ("id_token_alg", "userinfo_signed_response_alg"):
        name = NAMES[column]
        if sent.get(name) is not None and said[column] not in (signs := keyring.current().signs()):
            turn_down(name, f"{name} can be {', '.join(signs)}")


def _described(sent: Mapping[str, Any]) -> dict[str, Any]:
    described = {}
    for name, value in _for_people(sent):
        try:
            reads = DESCRIBING.get(name.partition("#")[0]) or text(100)
            described[name] = reads(value)
        except WrongType as wrong:
            turn_down(name, f"{name} {wrong}")
        if name.partition("#")[0].endswith("_uri") and _is_no_page(described[name]):
            turn_down(name, f"{name} must be the address of a page, beginning with https://")
    if len(described) > _MOST_DESCRIBED:
        turn_down("client_name", "there are too many members in other languages")
    return described


def _for_people(sent: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What only people read, in any language; the plain `client_name` is what consent is asked for."""
    for name, value in sent.items():
        plain, marked, language = name.partition("#")
        known = plain in DESCRIBING or (plain == "client_name" and bool(marked))
        if known and value is not None and (not marked or _LANGUAGE.fullmatch(language)):
            yield name, value


def _is_no_page(address: str) -> bool:
    rules = Rules(loopback=settings.current().is_loopback, localhost=False)
    return addresses.problem(address.partition("#")[0], rules) is not None

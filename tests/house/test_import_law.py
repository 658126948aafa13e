"""Who may import whom: docs/architecture.md, as a test. Skip downwards freely, never up."""

from __future__ import annotations

import ast

import pytest

from tests.support.source import Module, modules

#: Rooms that everybody may use. Among themselves they may import one another.
FOUNDATION = {
    "assurance",
    "breach_list",
    "clock",
    "errors",
    "logs",
    "metrics",
    "networks",
    "secret_values",
    "settings",
    "vault",
}

#: For each room the rooms right below it; what those may use, it may use too.
BELOW = {
    "cli": {"admin_api", "migrations"},
    "admin_api": {"servicedesk"},
    "servicedesk": {"oidc"},
    "oidc": {"flows", "keyring"},
    "monitoring": {"keyring"},
    "reports": {"messaging"},
    "flows": {"mfa", "accounts", "pages"},
    "mfa": {"accounts", "messaging"},  # a factor keeps its credentials where accounts has them
    "accounts": {"messaging"},
    "messaging": {"audit", "throttle", "outward", "deliveries"},
    "keyring": {"audit", "throttle"},
    "audit": {"models", "statements"},
    "throttle": {"models", "statements"},
    "migrations": {"models"},
    "models": {"database"},
    "statements": {"database"},
    "outward": {"database"},
    "deliveries": {"audit"},
    "database": set[str](),
    "pages": set[str](),
}

#: Only these may look at `flask.request`.
SEES_REQUESTS = {"admin_api", "oidc", "flows", "monitoring", "reports", "servicedesk", "pages"}

#: What a room never sees, at all.
BLIND_TO = {
    "models": {"flask", "authlib", "werkzeug"},
    "mfa": {"flask", "authlib", "werkzeug"},
    "accounts": {"authlib"},
    "flows": {"authlib"},
    "pages": {"authlib", "sqlalchemy"},
}

HOUSE = modules("idp")


def room_of(name: str) -> str:
    """The room of a full name: `flows` for `idp.flows.sign_in`, "" for the package `idp` itself."""
    return [*name.split("."), ""][1]


def reachable(room: str) -> set[str]:
    """All rooms that a room may import."""
    found = {room, *FOUNDATION}
    for below in BELOW.get(room, set()):
        found |= reachable(below)
    return found


@pytest.mark.parametrize("module", HOUSE, ids=lambda module: module.name)
def test_imports_go_downwards_only(module: Module) -> None:
    room = room_of(module.name)
    if not room:
        return  # idp/__init__.py assembles, so it may see everything; it decides nothing
    assert room in BELOW or room in FOUNDATION, (
        f"a new room, {room}: say in BELOW what lies under it"
    )
    used = {room_of(name) for name in module.imports() if name.split(".")[0] == "idp"}
    used.discard("create_app")  # has a law of its own, below
    upwards = used - reachable(room)
    assert not upwards, (
        f"{module.name} imports {sorted(upwards)}; {room} may use {sorted(reachable(room) - {room})}"
    )


@pytest.mark.parametrize("room", sorted(BLIND_TO))
def test_a_room_never_sees_what_is_not_its_business(room: str) -> None:
    seen = {
        (module.name, name.split(".")[0])
        for module in HOUSE
        if room_of(module.name) == room
        for name in module.imports()
        if name.split(".")[0] in BLIND_TO[room]
    }
    assert not seen


def test_only_the_rooms_at_the_door_touch_a_request() -> None:
    touching = {
        module.name
        for module in HOUSE
        if {"flask.request", "flask.session"} & {*module.imports(), *attributes_of_flask(module)}
    }
    assert {room_of(name) for name in touching} <= SEES_REQUESTS, touching


def test_nobody_uses_the_session_of_the_framework() -> None:
    assert not [m.name for m in HOUSE if "flask.session" in {*m.imports(), *attributes_of_flask(m)}]


def test_nobody_but_the_command_line_imports_create_app() -> None:
    importing = {room_of(module.name) for module in HOUSE if "idp.create_app" in module.imports()}
    assert importing <= {"cli"}


def test_authlib_is_subclassed_in_one_place() -> None:
    """Every Authlib subclass lives in idp/oidc/server: one place to look when Authlib changes."""
    subclassing = set()
    for module in HOUSE:
        from_authlib = {
            name.rpartition(".")[2] for name in module.imports() if name.startswith("authlib.")
        }
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                bases = {
                    ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases
                }
                if bases & from_authlib and not issubclass_of_error(bases):
                    subclassing.add(module.name)
    assert all(name.startswith("idp.oidc.server") for name in subclassing), subclassing


def test_the_demo_application_knows_us_by_http_only() -> None:
    for module in modules("relying_party_demo"):
        assert not [name for name in module.imports() if name.split(".")[0] == "idp"], module.name


def attributes_of_flask(module: Module) -> set[str]:
    """Names like `flask.request` that are reached through the module."""
    return {
        f"flask.{node.attr}"
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "flask"
    }


def issubclass_of_error(bases: set[str]) -> bool:
    """Whether these bases are error classes, which say something and change nothing."""
    return all(base.endswith("Error") for base in bases)

"""The configuration files that the OpenID Foundation's conformance suite takes: who we are, its clients, and what its
browser types on which page. Our pages are named by the hooks that automation may rely on, never by their words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Task = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suite:
    """Where the suite runs, and under which name."""

    address: str
    alias: str

    def at(self, page: str) -> str:
        """One of its addresses for this alias."""
        return f"{self.address}/test/a/{self.alias}/{page}"

    @property
    def redirect_uris(self) -> list[str]:
        """The callback, and the one with a query that some modules use."""
        return [self.at("callback"), f"{self.at('callback')}?dummy1=lorem&dummy2=ipsum"]


@dataclass(frozen=True, slots=True)
class SuitePlan:
    """One plan of the suite, as its command line and its page name it."""

    identifier: str
    static: bool = False
    variant: str = ""


_BASIC: Final = "oidcc-basic-certification-test-plan"
_FORM_POST: Final = "oidcc-formpost-basic-certification-test-plan"
_METADATA: Final = "[server_metadata=discovery]"
_STATIC: Final = "[server_metadata=discovery][client_registration=static_client]"
_DYNAMIC: Final = "[server_metadata=discovery][client_registration=dynamic_client]"
_CODE: Final = "[client_registration=dynamic_client][response_type=code]"
PLANS: Final[Mapping[str, SuitePlan]] = {
    "basic-static": SuitePlan(_BASIC, True, _STATIC),
    "basic-dynamic": SuitePlan(_BASIC, False, _DYNAMIC),
    "config": SuitePlan("oidcc-config-certification-test-plan"),
    "formpost-static": SuitePlan(_FORM_POST, True, _STATIC),
    "formpost-dynamic": SuitePlan(_FORM_POST, False, _DYNAMIC),
    "rp-initiated-logout": SuitePlan(
        "oidcc-rp-initiated-logout-certification-test-plan", variant=_CODE
    ),
    "backchannel-logout": SuitePlan(
        "oidcc-backchannel-rp-initiated-logout-certification-test-plan", variant=_CODE
    ),
    "frontchannel-logout": SuitePlan(
        "oidcc-frontchannel-rp-initiated-logout-certification-test-plan", variant=_CODE
    ),
    "3rdparty-init-login": SuitePlan(
        "oidcc-3rdparty-init-login-certification-test-plan", variant="[response_type=code]"
    ),
}

#: Modules in which the second sign-in page has to be seen.
_SIGN_IN_AGAIN: Final = ("oidcc-prompt-login", "oidcc-max-age-1")
#: Modules that end on an error page of ours.
_ERROR_PAGE: Final = ("oidcc-ensure-registered-redirect-uri",)
#: Modules that end on our signed-out page.
_SIGNED_OUT: Final = tuple(
    f"oidcc-rp-initiated-logout-{each}"
    for each in (
        "bad-post-logout-redirect-uri",
        "modified-id-token-hint",
        "no-id-token-hint",
        "no-params",
        "no-post-logout-redirect-uri",
        "only-state",
        "query-added-to-post-logout-redirect-uri",
        "bad-id-token-hint",
    )
)


def configuration(
    plan_name: str,
    suite: Suite,
    issuer: str,
    people: Sequence[Mapping[str, str]],
    static: Mapping[str, Any],
    token: str,
) -> dict[str, Any]:
    """One file: for static clients their credentials, for others the initial access token that registers them."""
    if PLANS[plan_name].static:
        registered = dict(static)
    else:
        registered = {
            name: {"client_name": f"Conformance suite, {name}", "initial_access_token": token}
            for name in ("client", "client2")
        }
    first = people[0]
    return {
        "alias": suite.alias,
        "description": f"{plan_name} at {issuer}",
        "server": {
            "discoveryUrl": f"{issuer}/.well-known/openid-configuration",
            "login_hint": f"{first['relatienummer']}/{first['gebruikersnaam']}",
        },
        **registered,
        "browser": [
            _authorize(issuer, _sign_in(issuer, first), _returned(suite, "callback")),
            _logout(
                issuer, _leave(issuer), _onward(issuer), _returned(suite, "post_logout_redirect")
            ),
        ],
        "override": _overrides(suite, issuer, first),
    }


def _overrides(suite: Suite, issuer: str, person: Mapping[str, str]) -> dict[str, Any]:
    """What the browser does otherwise, module by module: a page has to be kept for who reviews."""
    back, asked = _returned(suite, "callback"), _sign_in(issuer, person)
    seen = _sign_in(issuer, person, _seen("login", "update-image-placeholder-optional"))
    again = [_authorize(issuer, seen, back)]
    refused = [_authorize(issuer, _task("Error", f"{issuer}/oauth2/authorize*", _seen("error")))]
    signed_out = [
        _authorize(issuer, asked, back),
        _logout(
            issuer,
            _leave(issuer),
            _task("Signed out", f"{issuer}/oauth2/logout*", _seen("logged-out")),
        ),
    ]
    return {
        **{name: {"browser": again} for name in _SIGN_IN_AGAIN},
        **{name: {"browser": refused} for name in _ERROR_PAGE},
        **{name: {"browser": signed_out} for name in _SIGNED_OUT},
    }


def _authorize(issuer: str, *tasks: Task) -> dict[str, Any]:
    return {"match": f"{issuer}/oauth2/authorize*", "tasks": list(tasks)}


def _logout(issuer: str, *tasks: Task) -> dict[str, Any]:
    return {"match": f"{issuer}/oauth2/logout*", "tasks": list(tasks)}


def _sign_in(issuer: str, person: Mapping[str, str], *before: list[Any]) -> Task:
    """The three fields, typed as they stand."""
    fields = ("relatienummer", "gebruikersnaam", "wachtwoord")
    typed = [["text", "id", name, person[name]] for name in fields]
    task = _task("Sign in", f"{issuer}/inloggen/*", *before, *typed, ["click", "id", "volgende"])
    return task | {"optional": True}


def _leave(issuer: str) -> Task:
    """Without a valid hint the person is asked."""
    click = ["click", "id", "uitloggen", "optional"]
    return _task("Sign out", f"{issuer}/oauth2/logout*", click) | {"optional": True}


def _onward(issuer: str) -> Task:
    """Frames load first; then the page goes on by itself."""
    wait = ["wait", "contains", "/post_logout_redirect", 10]
    return _task("Go on", f"{issuer}/oauth2/logout*", wait) | {"optional": True}


def _returned(suite: Suite, page: str) -> Task:
    done = [["wait", "id", "submission_complete", 10]] if page == "callback" else []
    return _task("Back at the suite", f"{suite.at(page)}*", *done)


def _seen(page: str, keep: str = "update-image-placeholder") -> list[Any]:
    """Wait for a page of ours, and keep a picture of it."""
    return ["wait", "xpath", f"//body[@data-page='{page}']", 10, "[A-Za-z]", keep]


def _task(name: str, match: str, *commands: list[Any]) -> Task:
    return {"task": name, "match": match, "commands": list(commands)}

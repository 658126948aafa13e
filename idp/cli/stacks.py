"""What applications are built with: where each kind of software listens, and how it is configured to use us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from idp.cli import sheet
from idp.errors import WrongInput
from idp.models import Client

#: One folder per stack, one template per file that its application needs.
_FOLDER: Final = Path(__file__).parent / "configurations"
#: Nothing here is HTML. What is filled in cannot end a string in any of these languages: an address holds no quote,
#: backslash or brace (`idp.oidc.addresses`), and the other values are words of ours.
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_FOLDER),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One kind of software at the other side."""

    name: str
    called: str
    profile: str = "basic"
    paths: Mapping[str, str]
    """Member of a registration -> the path below the application's address where this software listens."""
    listens_at: Mapping[str, str]
    """Member -> what its paths must end in (a pattern), where the software decides that."""
    files: tuple[str, ...]
    secret_variable: str
    """The environment variable in which the configuration expects the client's secret."""
    auth_method: str = "client_secret_basic"
    """How this software authenticates as it is configured here; `generic` is a list of facts for every method."""


STACKS: Final[Mapping[str, Stack]] = {
    stack.name: stack
    for stack in (
        Stack(
            name="generic",
            called="any library",
            paths={},
            listens_at={},
            files=("settings.txt",),
            secret_variable="OIDC_CLIENT_SECRET",
        ),
        Stack(
            name="spring",
            called="Spring Security",
            paths={
                "redirect_uris": "/login/oauth2/code/idp",
                "post_logout_redirect_uris": "/uitgelogd",
                "initiate_login_uri": "/oauth2/authorization/idp",
            },
            listens_at={"redirect_uris": r"/login/oauth2/code/[A-Za-z0-9_-]+"},
            files=("application.yml", "SecurityConfiguration.java"),
            secret_variable="OIDC_CLIENT_SECRET",
        ),
        Stack(
            name="aspnet",
            called="ASP.NET Core",
            paths={
                "redirect_uris": "/signin-oidc",
                "post_logout_redirect_uris": "/signout-callback-oidc",
                "initiate_login_uri": "/inloggen",
            },
            listens_at={
                "redirect_uris": r"/signin-oidc",
                "post_logout_redirect_uris": r"/signout-callback-oidc",
            },
            files=("appsettings.json", "Program.cs"),
            secret_variable="Oidc__ClientSecret",
            auth_method="client_secret_post",  # its handler puts the secret into the form, and knows no other way
        ),
        Stack(
            name="node",
            called="Node with openid-client",
            paths={
                "redirect_uris": "/callback",
                "post_logout_redirect_uris": "/uitgelogd",
                "initiate_login_uri": "/inloggen",
            },
            listens_at={"redirect_uris": r"/[^/]+"},
            files=("app.mjs",),
            secret_variable="OIDC_CLIENT_SECRET",
        ),
        Stack(
            name="apache",
            called="Apache with mod_auth_openidc",
            paths={
                "redirect_uris": "/redirect_uri",
                "post_logout_redirect_uris": "/uitgelogd",
                "initiate_login_uri": "/",
            },
            listens_at={"redirect_uris": r"/[^/]+"},
            files=("openid.conf",),
            secret_variable="OIDC_CLIENT_SECRET",
        ),
    )
}


def registration(stack: Stack, address: str | None, said: Mapping[str, Any]) -> dict[str, Any]:
    """What was said on the line, completed with the addresses that follow from the application's own.

    That address is `address`, or what precedes the path of the first redirect address. `WrongInput` when the software
    does not listen where codes would go, or cannot be configured for what was said.
    """
    if address is not None and not stack.paths:
        raise WrongInput(
            f"where {stack.called} listens does not follow from --address: say every --redirect-uri"
        )
    whole = dict(said)
    if address is None and "redirect_uris" not in whole:
        raise WrongInput(
            "a client needs at least one --redirect-uri"
            + (
                ", or the --address of the application, from which it follows"
                if stack.paths
                else ""
            )
        )
    if stack.paths:
        whole.setdefault("auth_method", stack.auth_method)
        _fits(stack, whole["auth_method"], whole)
    root = address or _without_path_of(stack, whole["redirect_uris"][0])
    for member, path in stack.paths.items():
        one = f"{root.rstrip('/')}{path}"
        whole.setdefault(member, [one] if member.endswith("s") else one)
    return whole


def configuration(stack: Stack, client: Client, issuer: str) -> dict[str, str]:
    """The files that an application of this kind needs to use us, by name; a client's secret is in none of them.

    `WrongInput` when the registration does not fit the software.
    """
    listening = {member: getattr(client, member) for member in stack.paths}
    if stack.paths and not client.post_logout_redirect_uris:
        raise WrongInput(
            f"{client.client_id} has no post_logout_redirect_uri, which {stack.called} needs"
        )
    _fits(stack, client.auth_method, listening)
    redirect_uri, after = (
        next(iter(uris), "") for uris in (client.redirect_uris, client.post_logout_redirect_uris)
    )
    before, _, last = urlsplit(redirect_uri).path.rpartition("/")
    root = urlsplit(_without_path_of(stack, redirect_uri)).path
    facts = sheet.of(client) | {
        "issuer": issuer,
        "client_id": client.client_id,
        "auth_method": client.auth_method,
        "scopes": client.scopes,
        "id_token_alg": client.id_token_alg,
        "redirect_uri": redirect_uri,
        "post_logout_redirect_uri": after,
        "post_logout_path": urlsplit(after).path,
        "post_logout_page": urlsplit(after).path.removeprefix(root),
        "registration": last,
        "base_path": before or "/",
    }
    return {
        file: _TEMPLATES.get_template(f"{stack.name}/{file}").render(facts) for file in stack.files
    }


def _fits(stack: Stack, auth_method: str, said: Mapping[str, Any]) -> None:
    """`WrongInput` when this software cannot use such a registration."""
    if stack.paths and auth_method != stack.auth_method:
        raise WrongInput(
            f"the configuration for {stack.called} is written for {stack.auth_method}, not for {auth_method}; "
            "--for generic tells the facts for any other"
        )
    for member, ending in stack.listens_at.items():
        for address in said.get(member, ()):
            if not re.search(f"{ending}$", urlsplit(address).path):
                raise WrongInput(
                    f"{stack.called} listens at …{stack.paths[member]}, "
                    f"so {address[:120]!a} cannot be its {member.removesuffix('s')}"
                )


def _without_path_of(stack: Stack, redirect_uri: str) -> str:
    """The application's own address: what precedes the path at which its software listens."""
    ending = stack.listens_at.get("redirect_uris", "")
    return re.sub(f"{ending}$", "", redirect_uri.partition("?")[0])

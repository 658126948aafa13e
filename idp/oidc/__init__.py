"""The protocol rooms: OpenID Connect over OAuth 2.0, one file per endpoint, every refusal a named check.

May import `flows`, `accounts`, `keyring`, `pages` and what is below them; nothing imports `oidc` but `cli`.
Authlib is spoken to in `server.py` and nowhere else; profiles decide wherever clients differ.
"""

from __future__ import annotations

from typing import Final

from flask import Flask

from idp.flows.refusals import tell_programs
from idp.oidc import (
    authorize,
    discovery,
    introspection,
    logout,
    par,
    profiles,
    register,
    register_managed,
    revocation,
    token,
    unreadable,
    userinfo,
)

#: Every address of the protocol, and who answers there.
ROUTES = (
    ("/.well-known/openid-configuration", discovery.metadata, ("GET",)),
    ("/.well-known/oauth-authorization-server", discovery.metadata, ("GET",)),
    ("/oauth2/jwks", discovery.jwks, ("GET",)),
    ("/oauth2/authorize", authorize.authorize, ("GET", "POST")),
    ("/oauth2/authorize/<request_id>", authorize.resume, ("GET",)),
    ("/oauth2/authorize/<request_id>/toestemming", authorize.agree, ("POST",)),
    ("/oauth2/par", par.push, ("POST",)),
    ("/oauth2/token", token.token, ("POST",)),
    ("/oauth2/revoke", revocation.revoke, ("POST",)),
    ("/oauth2/introspect", introspection.introspect, ("POST",)),
    ("/oauth2/userinfo", userinfo.userinfo, ("GET", "POST")),
    ("/oauth2/logout", logout.logout, ("GET", "POST")),
)
#: Where browsers come with a person; everywhere else programs ask, and are told what is wrong as programs are.
PAGES: Final = (authorize.authorize, authorize.resume, authorize.agree, logout.logout)
#: And where applications register themselves, when the operator lets them.
SELF_REGISTRATION = (
    ("/oauth2/register", register.register, ("POST",)),
    ("/oauth2/register/<client_id>", register_managed.manage, ("GET", "PUT", "DELETE")),
)


def init_app(app: Flask) -> None:
    """Register the endpoints; `SettingsError` when the settings enable a profile that does not exist."""
    profiles.enabled(app.config["IDP"])
    more = SELF_REGISTRATION if app.config["IDP"].dynamic_registration else ()
    offered = (*ROUTES, *more)
    programs = [address for address, view, _ in offered if view not in PAGES]
    tell_programs(app, dict.fromkeys(programs, unreadable.told))
    for address, view, methods in offered:
        name = (
            address.strip("/").replace("/", "_").replace(".", "").replace("<", "").replace(">", "")
        )
        app.add_url_rule(address, f"oidc_{name}", view, methods=list(methods))

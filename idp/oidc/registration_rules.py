"""What a client's registration may say: one list of rules, for adding, changing and checking alike. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from idp import settings
from idp.assurance import Level
from idp.oidc import acr, addresses, own_api, registration_keys, registration_logout
from idp.oidc.claims import BY_SCOPE
from idp.oidc.problems import Problem
from idp.oidc.registration import Registration

#: Addresses of one kind; nobody has more, and a list without end is an attack.
MOST_ADDRESSES: Final = 50

#: The grants that one client may have.
GRANTS_TOGETHER: Final = frozenset(
    {
        frozenset({"authorization_code"}),
        frozenset({"authorization_code", "refresh_token"}),
        frozenset({"client_credentials"}),
        frozenset[str](),
    }
)


def problems(this: Registration) -> Iterator[Problem]:
    """Why this cannot be registered, one sentence each; the first is enough to refuse it."""
    for rule in RULES:
        yield from rule(this)


def it_has_a_name(this: Registration) -> Iterator[Problem]:
    """A name that pages can show."""
    if not this.name.strip() or len(this.name) > 100 or not this.name.isprintable():
        yield Problem("name", "a client needs a name of at most 100 characters")


def its_method_fits_its_profile(this: Registration) -> Iterator[Problem]:
    """One of the profile's ways of client authentication."""
    if this.auth_method not in this.profile.auth_methods:
        methods = ", ".join(this.profile.auth_methods)
        yield Problem(
            "auth_method",
            f"the profile {this.profile.name} has no {{}}; it has {methods}",
            this.auth_method,
        )


def its_addresses_are_exact(this: Registration) -> Iterator[Problem]:
    """Addresses that can be compared character by character (RFC 9700 section 2.1)."""
    rules = this.address_rules
    if this.signs_people_in and not this.redirect_uris:
        yield Problem("redirect_uris", "a client needs a redirect_uri")
    for member in ("redirect_uris", "post_logout_redirect_uris"):
        listed: tuple[str, ...] = getattr(this, member)
        for address in listed:
            if words := addresses.problem(address, rules):
                yield Problem(member, f"the {member.removesuffix('s')} {{}} {words}", address)
        if len(set(listed)) < len(listed):
            yield Problem(member, f"a {member.removesuffix('s')} stands there twice")
        if len(listed) > MOST_ADDRESSES:
            yield Problem(member, f"a client has at most {MOST_ADDRESSES} {member}")
    if this.initiate_login_uri is not None and (
        words := addresses.problem(this.initiate_login_uri, rules, longest=500)
    ):
        yield Problem(
            "initiate_login_uri", f"the initiate_login_uri {{}} {words}", this.initiate_login_uri
        )


def its_form_targets_are_origins(this: Registration) -> Iterator[Problem]:
    """Origins, because they go into a Content-Security-Policy."""
    for origin in this.form_action_origins:
        words = addresses.problem(origin, this.address_rules)
        if words or origin != addresses.origin_of(origin):
            yield Problem(
                "form_action_origins",
                "{} is no origin such as https://app.voorbeeld.nl, without path or slash",
                origin,
            )


def its_scopes_fit_its_profile(this: Registration) -> Iterator[Problem]:
    """Scopes that exist in the profile, `openid` among them; for a client that acts for itself those of our own API."""
    for_itself = set(this.grant_types) == {"client_credentials"}
    known = tuple(own_api.SCOPES) if for_itself else this.profile.scopes
    if strangers := [scope for scope in this.scopes if scope not in known]:
        yield Problem(
            "scopes",
            f"there is no scope {{}}; there are {', '.join(known)}",
            strangers[0],
        )
    if set(this.scopes) & set(own_api.SCOPES) and own_api.address() not in this.audiences:
        yield Problem(
            "audiences", f"scopes of our own API need its address as audience: {own_api.address()}"
        )
    if this.signs_people_in and "openid" not in this.scopes:
        yield Problem("scopes", "every client that signs people in has the scope openid")


def its_level_can_be_reached(this: Registration) -> Iterator[Problem]:
    """A level that somebody can reach, and not below that of its application."""
    if not Level.LAAG <= this.level.level <= acr.highest():
        yield Problem(
            "level",
            "the level {} cannot be reached here: IDP_KEY_METADATA names the keys that reach hoog",
            this.level.label,
        )
    if this.application_level is not None and not this.level.covers(this.application_level):
        asked = this.application_level.label
        yield Problem(
            "level",
            f"its application asks {asked}, so the client cannot be registered at {this.level.label}",
        )


def its_tokens_fit_its_profile(this: Registration) -> Iterator[Problem]:
    """An ID Token algorithm and a kind of subject of the profile."""
    profile = this.profile
    for member, what in (
        ("id_token_alg", "ID Tokens"),
        ("userinfo_signed_response_alg", "UserInfo"),
    ):
        alg: str | None = getattr(this, member)
        if alg is not None and alg not in profile.signing_algs:
            offered = " or ".join(profile.signing_algs)
            yield Problem(member, f"{profile.name} signs {what} with {offered}, not with {{}}", alg)
    if not this.represents and "represents" not in profile.further_claims:
        yield Problem(
            "represents",
            f"{profile.name} never tells for whom a person acts, so there is nothing to leave out",
        )
    if this.subject_type not in profile.subject_types:
        offered = " or ".join(profile.subject_types)
        yield Problem(
            "subject_type",
            f"{profile.name} has subjects that are {offered}, not {{}}",
            this.subject_type,
        )


def its_id_token_claims_are_its_own(this: Registration) -> Iterator[Problem]:
    """Claims of scopes that it registered; those of `openid` are there anyway."""
    of_its_scopes = {name for scope in this.scopes for name in BY_SCOPE.get(scope, ())}
    for name in this.id_token_claims:
        if name not in of_its_scopes:
            yield Problem(
                "id_token_claims", "{} is no claim of a scope that the client registered", name
            )


def its_grants_go_together(this: Registration) -> Iterator[Problem]:
    """NL GOV OAuth: one grant per client, of which a refresh token is a part; an API needs none."""
    if strangers := [each for each in this.grant_types if each not in this.profile.grant_types]:
        offered = ", ".join(this.profile.grant_types)
        yield Problem(
            "grant_types", f"there is no grant_type {{}}; there are {offered}", strangers[0]
        )
    elif frozenset(this.grant_types) not in GRANTS_TOGETHER:
        yield Problem(
            "grant_types",
            "a client has one grant_type: authorization_code (with refresh_token or without) or client_credentials; "
            "register another client for the other",
        )
    if not this.grant_types and this.resource is None:
        yield Problem("resource", "a client without a grant_type is an API: name its resource")
    if not this.signs_people_in:
        yield from _nothing_of_people(this)


def _nothing_of_people(this: Registration) -> Iterator[Problem]:
    if this.auth_method == "none":
        yield Problem(
            "auth_method",
            "a client that acts for itself, or is an API, has to authenticate: none is for people's sign-ins",
        )
    for member in (
        "redirect_uris",
        "post_logout_redirect_uris",
        "form_action_origins",
        "initiate_login_uri",
        "id_token_claims",
        "id_token_encrypted_response_alg",
        "userinfo_signed_response_alg",
    ):
        if getattr(this, member):
            yield Problem(
                member, f"nobody signs in for this client, so it has no {member.removesuffix('s')}"
            )
    if this.scopes and not this.grant_types:
        yield Problem("scopes", "an API asks for no tokens, so it has no scope")


def its_access_tokens_fit(this: Registration) -> Iterator[Problem]:
    """A format of the profile, and APIs that are named by an address (RFC 8707 section 2)."""
    profile = this.profile
    if this.access_token_format not in profile.access_token_formats:
        offered = " or ".join(profile.access_token_formats)
        yield Problem(
            "access_token_format",
            f"{profile.name} has access tokens that are {offered}, not {{}}",
            this.access_token_format,
        )
    named = [("audiences", each) for each in this.audiences]
    if this.resource is not None:
        named.append(("resource", this.resource))
    for member, name in named:
        if not _names_an_api(name):
            yield Problem(
                member,
                f"the {member.removesuffix('s')} {{}} is no address of an API: https, no fragment, "
                "at most 500 characters",
                name,
            )
    if this.resource is not None and _is_ours(this.resource):
        yield Problem("resource", "the resource {} is an address of ours", this.resource)
    if len(set(this.audiences)) < len(this.audiences):
        yield Problem("audiences", "an audience stands there twice")
    if this.resource is not None and this.auth_method == "none":
        yield Problem("auth_method", "an API has to authenticate: none will not do")


def its_sector_is_known(this: Registration) -> Iterator[Problem]:
    """One sector, named or following from the one host (OpenID Connect Core section 8.1)."""
    if not this.signs_people_in:
        return
    if this.sector is None and len(this.hosts) > 1:
        yield Problem(
            "sector",
            "its redirect addresses have several hosts: say which sector its pseudonyms are for",
        )
    if this.sector is not None and (
        not 0 < len(this.sector) <= 200 or not this.sector.isprintable() or "|" in this.sector
    ):
        yield Problem("sector", "a sector is a name of at most 200 characters, without a |")


RULES: Final = (
    it_has_a_name,
    its_method_fits_its_profile,
    *registration_keys.RULES,
    its_addresses_are_exact,
    its_form_targets_are_origins,
    *registration_logout.RULES,
    its_scopes_fit_its_profile,
    its_level_can_be_reached,
    its_tokens_fit_its_profile,
    its_id_token_claims_are_its_own,
    its_grants_go_together,
    its_access_tokens_fit,
    its_sector_is_known,
)


def _is_ours(name: str) -> bool:
    """Whether an API would stand at our own address, where only we do."""
    return addresses.origin_of(name) == addresses.origin_of(settings.current().issuer)


def _names_an_api(name: str) -> bool:
    here = settings.current()
    if (
        len(name) > 500
        or not name.isascii()
        or not name.isprintable()
        or set(name) & set(' "#<>\\')
    ):
        return False
    if name.rstrip("/") == here.issuer:
        return False
    parts = urlsplit(name)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and here.is_loopback)
    )

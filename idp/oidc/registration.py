"""What a client's registration may say: one list of rules, for adding, changing and checking alike. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

from idp import outward, settings
from idp.assurance import Assurance, Level
from idp.errors import WrongInput
from idp.models import Application
from idp.oidc import addresses, profiles
from idp.oidc.acr import HIGHEST_LEVEL
from idp.oidc.addresses import Rules
from idp.oidc.profiles import Profile
from idp.oidc.registered import keys_in

#: Which keys of a set can make signatures of an algorithm that clients use.
_ALG_OF_KEY: Final = {"RSA": {"RS256", "PS256"}, "EC": {"ES256"}, "OKP": {"EdDSA", "Ed25519"}}

#: Longest address that is told of a sign-out.
LONGEST_LOGOUT: Final = 500

#: The grants that one client may have.
GRANTS_TOGETHER: Final = frozenset(
    {
        frozenset({"authorization_code"}),
        frozenset({"authorization_code", "refresh_token"}),
        frozenset({"client_credentials"}),
        frozenset[str](),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Everything that is registered of a client, before it is believed."""

    name: str
    profile: Profile
    auth_method: str
    grant_types: tuple[str, ...]
    access_token_format: str
    audience: str | None
    resource: str | None
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str | None
    backchannel_logout_session_required: bool
    frontchannel_logout_uri: str | None
    frontchannel_logout_session_required: bool
    form_action_origins: tuple[str, ...]
    scopes: tuple[str, ...]
    jwks: Mapping[str, Any] | None
    application_id: str | None
    application_level: Assurance | None
    level: Assurance
    id_token_alg: str
    sector: str | None
    subject_type: str
    initiate_login_uri: str | None
    is_test: bool
    require_pushed_authorization_requests: bool
    is_third_party: bool

    @property
    def hosts(self) -> set[str]:
        """The hosts of its redirect addresses."""
        return {urlsplit(address).netloc for address in self.redirect_uris}

    @property
    def signs_people_in(self) -> bool:
        """Whether people come to us from it."""
        return "authorization_code" in self.grant_types

    def columns(self) -> dict[str, Any]:
        """The columns of a `Client` row."""
        return {
            "name": self.name,
            "profile": self.profile.name,
            "auth_method": self.auth_method,
            "grant_types": list(self.grant_types),
            "access_token_format": self.access_token_format,
            "audience": self.audience,
            "resource": self.resource,
            "redirect_uris": list(self.redirect_uris),
            "post_logout_redirect_uris": list(self.post_logout_redirect_uris),
            "backchannel_logout_uri": self.backchannel_logout_uri,
            "backchannel_logout_session_required": self.backchannel_logout_session_required,
            "frontchannel_logout_uri": self.frontchannel_logout_uri,
            "frontchannel_logout_session_required": self.frontchannel_logout_session_required,
            "form_action_origins": list(self.form_action_origins),
            "scopes": list(self.scopes),
            "jwks": None if self.jwks is None else dict(self.jwks),
            "application_id": self.application_id,
            "level": self.level.number,
            "id_token_alg": self.id_token_alg,
            "sector": self.sector or next(iter(self.hosts), ""),
            "subject_type": self.subject_type,
            "initiate_login_uri": self.initiate_login_uri,
            "is_test": self.is_test,
            "require_pushed_authorization_requests": self.require_pushed_authorization_requests,
            "is_third_party": self.is_third_party,
        }

    def changed(self, changes: Mapping[str, Any], application: Application | None) -> Registration:
        """A copy with some of it said anew."""
        said = dict(changes)
        if (named := said.pop("profile", None)) is not None:
            if named not in profiles.known():
                raise WrongInput(
                    f"{named} is no profile; there are {', '.join(sorted(profiles.known()))}"
                )
            said["profile"] = profiles.known()[named]
        for member in (
            "grant_types",
            "redirect_uris",
            "post_logout_redirect_uris",
            "form_action_origins",
            "scopes",
        ):
            if member in said:
                said[member] = tuple(said[member])
        return replace(
            self,
            application_level=None
            if application is None
            else Assurance.numbered(application.level),
            **said,
        )


def problems(this: Registration) -> Iterator[str]:
    """Why this cannot be registered, one sentence each."""
    for rule in RULES:
        yield from rule(this)


def it_has_a_name(this: Registration) -> Iterator[str]:
    """A name that pages can show."""
    if not this.name or len(this.name) > 100 or not this.name.isprintable():
        yield "a client needs a name of at most 100 characters"


def its_method_fits_its_profile(this: Registration) -> Iterator[str]:
    """One of the profile's ways of client authentication."""
    if this.auth_method not in this.profile.auth_methods:
        methods = ", ".join(this.profile.auth_methods)
        yield f"the profile {this.profile.name} has no {this.auth_method}; it has {methods}"


def its_keys_can_be_used(this: Registration) -> Iterator[str]:
    """Public keys where they are needed, of a kind that the profile takes, and nowhere else."""
    if this.auth_method != "private_key_jwt":
        if this.jwks is not None:
            yield f"keys are for private_key_jwt; {this.auth_method} has none"
        return
    if this.jwks is None:
        yield "private_key_jwt needs the client's public keys (a JWK set)"
        return
    try:
        keys = keys_in(this.jwks)
    except ValueError as wrong:
        yield str(wrong)
        return
    usable = set(this.profile.assertion_algs)
    if not any(usable & ({key.alg} if key.alg else _ALG_OF_KEY[key.key_type]) for key in keys):
        algs = ", ".join(this.profile.assertion_algs)
        yield f"none of the keys can sign as the profile {this.profile.name} wants: {algs}"


def its_addresses_are_exact(this: Registration) -> Iterator[str]:
    """Addresses that can be compared character by character (RFC 9700 section 2.1)."""
    rules = _rules(this)
    if this.signs_people_in and not this.redirect_uris:
        yield "a client needs a redirect_uri"
    for member in ("redirect_uris", "post_logout_redirect_uris"):
        listed: tuple[str, ...] = getattr(this, member)
        for address in listed:
            if words := addresses.problem(address, rules):
                yield f"the {member.removesuffix('s')} {_shown(address)} {words}"
        if len(set(listed)) < len(listed):
            yield f"a {member.removesuffix('s')} stands there twice"
    if this.initiate_login_uri is not None and (
        words := addresses.problem(this.initiate_login_uri, rules, longest=500)
    ):
        yield f"the initiate_login_uri {_shown(this.initiate_login_uri)} {words}"


def it_can_be_told_of_a_sign_out(this: Registration) -> Iterator[str]:
    """An address that we may call (OpenID Connect Back-Channel Logout 1.0 section 2.2)."""
    if (address := this.backchannel_logout_uri) is None:
        if this.backchannel_logout_session_required:
            yield "backchannel_logout_session_required goes with a backchannel_logout_uri"
        return
    if not this.signs_people_in:
        yield "a backchannel_logout_uri is for clients that sign people in"
    # we call it: what a test client has on its own `localhost` is not there for us
    if words := addresses.problem(
        address, replace(_rules(this), localhost=False), longest=LONGEST_LOGOUT
    ):
        yield f"the backchannel_logout_uri {_shown(address)} {words}"
        return
    try:
        outward.check(address)
    except outward.CannotReach as why:
        yield f"the backchannel_logout_uri {_shown(address)} cannot be called: {why}"


def its_page_for_signing_out_can_be_framed(this: Registration) -> Iterator[str]:
    """A page on the origin of a redirect address (OpenID Connect Front-Channel Logout 1.0 section 2)."""
    if (address := this.frontchannel_logout_uri) is None:
        if this.frontchannel_logout_session_required:
            yield "frontchannel_logout_session_required goes with a frontchannel_logout_uri"
        return
    if not settings.current().frontchannel_logout:
        yield "front-channel logout is switched off here; IDP_FRONTCHANNEL_LOGOUT switches it on"
    if words := addresses.problem(address, _rules(this), longest=LONGEST_LOGOUT):
        yield f"the frontchannel_logout_uri {_shown(address)} {words}"
    elif addresses.origin_of(address) not in map(addresses.origin_of, this.redirect_uris):
        yield (
            f"the frontchannel_logout_uri {_shown(address)} is on another origin than every redirect_uri"
        )


def its_form_targets_are_origins(this: Registration) -> Iterator[str]:
    """Origins, because they go into a Content-Security-Policy."""
    for origin in this.form_action_origins:
        words = addresses.problem(origin, _rules(this))
        if words or origin != addresses.origin_of(origin):
            yield f"{_shown(origin)} is no origin such as https://app.voorbeeld.nl, without path or slash"


def its_scopes_fit_its_profile(this: Registration) -> Iterator[str]:
    """Scopes that exist in the profile, `openid` among them."""
    if strangers := [scope for scope in this.scopes if scope not in this.profile.scopes]:
        yield f"there is no scope {_shown(strangers[0])}; there are {', '.join(this.profile.scopes)}"
    if this.signs_people_in and "openid" not in this.scopes:
        yield "every client that signs people in has the scope openid"


def its_level_can_be_reached(this: Registration) -> Iterator[str]:
    """A level that somebody can reach, and not below that of its application."""
    if not Level.LAAG <= this.level.level <= HIGHEST_LEVEL:
        yield f"the level {this.level.label} cannot be reached with the methods of this release"
    if this.application_level is not None and not this.level.covers(this.application_level):
        asked = this.application_level.label
        yield f"its application asks {asked}, so the client cannot be registered at {this.level.label}"


def its_tokens_fit_its_profile(this: Registration) -> Iterator[str]:
    """An ID Token algorithm and a kind of subject of the profile."""
    profile = this.profile
    if this.id_token_alg not in profile.id_token_algs:
        offered = " or ".join(profile.id_token_algs)
        yield f"{profile.name} signs ID Tokens with {offered}, not with {this.id_token_alg}"
    if this.subject_type not in profile.subject_types:
        offered = " or ".join(profile.subject_types)
        yield f"{profile.name} has subjects that are {offered}, not {this.subject_type}"


def its_grants_go_together(this: Registration) -> Iterator[str]:
    """NL GOV OAuth: one grant per client, of which a refresh token is a part; an API needs none."""
    if strangers := [each for each in this.grant_types if each not in this.profile.grant_types]:
        offered = ", ".join(this.profile.grant_types)
        yield f"there is no grant_type {_shown(strangers[0])}; there are {offered}"
    elif frozenset(this.grant_types) not in GRANTS_TOGETHER:
        yield (
            "a client has one grant_type: authorization_code (with refresh_token or without) or client_credentials; "
            "register another client for the other"
        )
    if not this.grant_types and this.resource is None:
        yield "a client without a grant_type is an API: name its resource"
    if not this.signs_people_in:
        yield from _nothing_of_people(this)


def _nothing_of_people(this: Registration) -> Iterator[str]:
    if this.auth_method == "none":
        yield "a client that acts for itself, or is an API, has to authenticate: none is for people's sign-ins"
    for member in (
        "redirect_uris",
        "post_logout_redirect_uris",
        "form_action_origins",
        "initiate_login_uri",
        "scopes",
    ):
        if getattr(this, member):
            yield f"nobody signs in for this client, so it has no {member.removesuffix('s')}"


def its_access_tokens_fit(this: Registration) -> Iterator[str]:
    """A format of the profile, and APIs that are named by an address (RFC 8707 section 2)."""
    profile = this.profile
    if this.access_token_format not in profile.access_token_formats:
        offered = " or ".join(profile.access_token_formats)
        yield f"{profile.name} has access tokens that are {offered}, not {_shown(this.access_token_format)}"
    for member in ("audience", "resource"):
        name: str | None = getattr(this, member)
        if name is not None and not _names_an_api(name):
            yield f"the {member} {_shown(name)} is no address of an API: https, no fragment, at most 500 characters"
    if this.resource is not None and this.auth_method == "none":
        yield "an API has to authenticate: none will not do"


def its_sector_is_known(this: Registration) -> Iterator[str]:
    """One sector, named or following from the one host (OpenID Connect Core section 8.1)."""
    if not this.signs_people_in:
        return
    if this.sector is None and len(this.hosts) > 1:
        yield "its redirect addresses have several hosts: say which sector its pseudonyms are for"
    if this.sector is not None and (
        not 0 < len(this.sector) <= 200 or not this.sector.isprintable() or "|" in this.sector
    ):
        yield "a sector is a name of at most 200 characters, without a |"


RULES: Final = (
    it_has_a_name,
    its_method_fits_its_profile,
    its_keys_can_be_used,
    its_addresses_are_exact,
    it_can_be_told_of_a_sign_out,
    its_page_for_signing_out_can_be_framed,
    its_form_targets_are_origins,
    its_scopes_fit_its_profile,
    its_level_can_be_reached,
    its_tokens_fit_its_profile,
    its_grants_go_together,
    its_access_tokens_fit,
    its_sector_is_known,
)


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


def _rules(this: Registration) -> Rules:
    return Rules(
        loopback=settings.current().is_loopback,
        localhost=this.is_test and this.profile.tests_may_use_localhost,
    )


def _shown(text: str) -> str:
    """Something typed, fit for one line on a terminal."""
    return ascii(text[:120])

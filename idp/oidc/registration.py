"""What is registered of a client, before it is believed: said by its operator, or by the client itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

from idp.assurance import Assurance
from idp.errors import WrongInput
from idp.models import Application
from idp.oidc import addresses, profiles
from idp.oidc.profiles import Profile


class Changes(TypedDict, total=False):
    """What can be said of a client; the names are those of RFC 7591 where it has one."""

    name: str
    profile: str
    auth_method: str
    grant_types: Sequence[str]
    access_token_format: str
    audiences: Sequence[str]
    resource: str | None
    redirect_uris: Sequence[str]
    post_logout_redirect_uris: Sequence[str]
    form_action_origins: Sequence[str]
    scopes: Sequence[str]
    jwks: Mapping[str, Any] | None
    application_id: str | None
    level: Assurance
    id_token_alg: str
    id_token_claims: Sequence[str]
    id_token_encrypted_response_alg: str | None
    id_token_encrypted_response_enc: str | None
    userinfo_signed_response_alg: str | None
    userinfo_encrypted_response_alg: str | None
    userinfo_encrypted_response_enc: str | None
    sector: str | None
    subject_type: str
    initiate_login_uri: str | None
    is_test: bool
    require_pushed_authorization_requests: bool
    is_third_party: bool
    represents: bool
    jwks_uri: str | None
    request_uris: Sequence[str]
    request_object_signing_alg: str | None
    require_signed_request_object: bool
    application_type: str
    sector_identifier_uri: str | None
    described: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Everything that is registered of a client, before it is believed."""

    name: str
    profile: Profile
    auth_method: str
    grant_types: tuple[str, ...]
    access_token_format: str
    audiences: tuple[str, ...]
    resource: str | None
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    form_action_origins: tuple[str, ...]
    scopes: tuple[str, ...]
    jwks: Mapping[str, Any] | None
    application_id: str | None
    application_level: Assurance | None
    level: Assurance
    id_token_alg: str
    id_token_claims: tuple[str, ...]
    id_token_encrypted_response_alg: str | None
    id_token_encrypted_response_enc: str | None
    userinfo_signed_response_alg: str | None
    userinfo_encrypted_response_alg: str | None
    userinfo_encrypted_response_enc: str | None
    sector: str | None
    subject_type: str
    initiate_login_uri: str | None
    is_test: bool
    require_pushed_authorization_requests: bool
    is_third_party: bool
    represents: bool
    jwks_uri: str | None
    request_uris: tuple[str, ...]
    request_object_signing_alg: str | None
    require_signed_request_object: bool
    application_type: str
    sector_identifier_uri: str | None
    described: Mapping[str, Any]

    @property
    def hosts(self) -> set[str]:
        """The hosts of its redirect addresses."""
        return {addresses.host_of(address) for address in self.redirect_uris}

    @property
    def signs_people_in(self) -> bool:
        """Whether people come to us from it."""
        return "authorization_code" in self.grant_types

    @property
    def encryption(self) -> Mapping[str, tuple[str | None, str | None]]:
        """How its ID Tokens and UserInfo are encrypted: `alg` and `enc` of each."""
        return {
            "id_token": (
                self.id_token_encrypted_response_alg,
                self.id_token_encrypted_response_enc,
            ),
            "userinfo": (
                self.userinfo_encrypted_response_alg,
                self.userinfo_encrypted_response_enc,
            ),
        }

    def columns(self) -> dict[str, Any]:
        """The columns of a `Client` row."""
        return {
            "name": self.name,
            "profile": self.profile.name,
            "auth_method": self.auth_method,
            "grant_types": list(self.grant_types),
            "access_token_format": self.access_token_format,
            "audiences": list(self.audiences),
            "resource": self.resource,
            "redirect_uris": list(self.redirect_uris),
            "post_logout_redirect_uris": list(self.post_logout_redirect_uris),
            "form_action_origins": list(self.form_action_origins),
            "scopes": list(self.scopes),
            "jwks": None if self.jwks is None else dict(self.jwks),
            "application_id": self.application_id,
            "level": self.level.number,
            "id_token_alg": self.id_token_alg,
            "id_token_claims": list(self.id_token_claims),
            **self._encryption_columns(),
            "userinfo_signed_response_alg": self.userinfo_signed_response_alg,
            "sector": self.sector or next(iter(self.hosts), ""),
            "subject_type": self.subject_type,
            "initiate_login_uri": self.initiate_login_uri,
            "is_test": self.is_test,
            "require_pushed_authorization_requests": self.require_pushed_authorization_requests,
            "is_third_party": self.is_third_party,
            "represents": self.represents,
            "jwks_uri": self.jwks_uri,
            "request_uris": list(self.request_uris),
            "request_object_signing_alg": self.request_object_signing_alg,
            "require_signed_request_object": self.require_signed_request_object,
            "application_type": self.application_type,
            "sector_identifier_uri": self.sector_identifier_uri,
            "described": dict(self.described),
        }

    def _encryption_columns(self) -> dict[str, str | None]:
        """With the profile's first way to encrypt where none was named."""
        columns: dict[str, str | None] = {}
        for of, (alg, enc) in self.encryption.items():
            usual = None if alg is None else self.profile.encryption_encs[0]
            columns[f"{of}_encrypted_response_alg"] = alg
            columns[f"{of}_encrypted_response_enc"] = enc or usual
        return columns

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
            "request_uris",
            "audiences",
            "id_token_claims",
        ):
            if member in said:
                said[member] = tuple(said[member])
        for of in self.encryption:  # without a way to wrap its key nothing is encrypted
            if said.get(f"{of}_encrypted_response_alg", "") is None:
                said.setdefault(f"{of}_encrypted_response_enc", None)
        return replace(
            self,
            application_level=None
            if application is None
            else Assurance.numbered(application.level),
            **said,
        )

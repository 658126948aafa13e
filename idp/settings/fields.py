"""The settings themselves: each with its type, its default and its sentence, and which of them go together."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator, model_validator

from idp.assurance import Level
from idp.breach_list import BreachList, UnusableList
from idp.networks import LOOPBACK, Addresses, Networks, separated
from idp.secret_values import RootSecret
from idp.settings import key_models
from idp.settings.audit import AuditSettings
from idp.settings.counters import CounterSettings
from idp.settings.database import DatabaseSettings
from idp.settings.desk import DeskSettings
from idp.settings.device_rules import DeviceRuleSettings
from idp.settings.key_models import KeyModel
from idp.settings.messages import MessageSettings
from idp.settings.providers import ProviderSettings, trouble_with_gateways
from idp.settings.recovery import RecoverySettings

#: One address that only this machine reaches, as `bind` writes it.
LOOPBACK_BIND = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\]):\d{1,5}", re.ASCII)


class SettingsError(Exception):
    """The settings cannot work; one line per problem, each naming the setting and the way out."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class Settings(
    DeviceRuleSettings,
    RecoverySettings,
    ProviderSettings,
    MessageSettings,
    DeskSettings,
    CounterSettings,
    AuditSettings,
    DatabaseSettings,
):
    """One deployment's settings; immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[
        str,
        Field(
            description="Public origin and `iss` of every token; https unless its host is loopback. No path, no slash at the end."
        ),
    ]
    keys: Annotated[
        str,
        Field(
            description="Where signing keys live: `file:` and a folder. The files are encrypted with the root secret."
        ),
    ] = "file:keys/"
    allow_file_keys: Annotated[
        bool,
        Field(
            description="Say yes to signing keys in files. Outside the demo they are refused without this."
        ),
    ] = False
    secret_file: Annotated[
        Path | None,
        Field(
            description="File with the root secret (32 random bytes as hexadecimal or base64url) from which encryption, pepper and cookie keys derive. Losing it makes everything encrypted unreadable: keep a copy apart from the database."
        ),
    ] = None
    bind: Annotated[str, Field(description="Address and port for `idp serve`.")] = "127.0.0.1:8400"
    workers: Annotated[
        int,
        Field(ge=1, le=64, description="Worker processes of `idp serve`; default: one per core."),
    ] = os.cpu_count() or 1
    trusted_proxies: Annotated[
        Addresses,
        Field(
            description="Addresses (comma separated) of the proxies whose `X-Forwarded-For` counts. Others are not believed."
        ),
    ] = ()
    ca_bundle: Annotated[
        Path | None,
        Field(
            description="PEM file with certificate authorities that count beside the system's, for calls to applications (`jwks_uri`, logout, sector files)."
        ),
    ] = None
    outward_networks: Annotated[
        Networks,
        Field(
            description="Networks (comma separated, such as `10.20.0.0/16`) that are not public, where applications may be called all the same."
        ),
    ] = ()
    metrics_from: Annotated[
        Networks,
        Field(
            description="Addresses or networks (comma separated) besides this machine itself that may read `/metrics`, directly, not through a proxy."
        ),
    ] = ()
    enabled_profiles: Annotated[
        tuple[str, ...],
        Field(description="Client profiles that this deployment offers, comma separated."),
    ] = ("nlgov", "basic")
    dynamic_registration: Annotated[
        bool,
        Field(
            description="Applications may register themselves at `/oauth2/register`, with a token that `idp client token issue` made."
        ),
    ] = False
    enrolment_level: Annotated[
        Literal["laag", "substantieel", "hoog"],
        Field(description="Enrolment level of accounts when the operator names none."),
    ] = "substantieel"
    key_metadata: Annotated[
        Path | None,
        Field(
            description="File with the models of security keys that reach *hoog*, in the form of the FIDO metadata list; without it nobody does. See `docs/hoog.md`."
        ),
    ] = None
    acr_laag: Annotated[str, Field(description="The `acr` that states *laag*.")] = (
        "http://eidas.europa.eu/LoA/low"
    )
    acr_substantieel: Annotated[str, Field(description="The `acr` that states *substantieel*.")] = (
        "http://eidas.europa.eu/LoA/substantial"
    )
    acr_hoog: Annotated[str, Field(description="The `acr` that states *hoog*.")] = (
        "http://eidas.europa.eu/LoA/high"
    )
    session_idle_minutes: Annotated[
        int, Field(ge=5, le=60, description="Minutes without use after which a session ends.")
    ] = 30
    session_hours: Annotated[
        int, Field(ge=1, le=24, description="Hours after which a session ends whatever happens.")
    ] = 8
    frontchannel_logout: Annotated[
        bool,
        Field(
            description="Let the signed-out page load a page of each application in a frame (OpenID Connect Front-Channel Logout). Browsers that keep cookies of others out make it useless; back-channel logout needs no switch."
        ),
    ] = False
    id_token_seconds: Annotated[
        int, Field(ge=30, le=300, description="Lifetime of an ID Token.")
    ] = 300
    access_token_seconds: Annotated[
        int, Field(ge=60, le=900, description="Lifetime of an access token.")
    ] = 600
    password_minimum: Annotated[
        int,
        Field(
            ge=8,
            le=64,
            description="Fewest characters of a new password; 15 all the same where a client is registered at *laag*.",
        ),
    ] = 12
    breached_passwords: Annotated[
        Path | None,
        Field(
            description="File with passwords that leaked elsewhere, which nobody may choose; made by `idp passwords import-breached`. Without it only what is easily guessed is refused."
        ),
    ] = None
    parallel_hashes: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            description="Password hashes that one process computes at once (19 MiB each); others wait. Default: one per core, at most 4.",
        ),
    ] = min(4, os.cpu_count() or 1)
    totp_label_relation: Annotated[
        bool,
        Field(description="Put the relatienummer in the name that an authenticator app shows."),
    ] = True
    org_name: Annotated[
        str,
        Field(
            description="The public body as it stands in a Dutch sentence, with its article; English leaves the article out."
        ),
    ] = "het CAK"
    service_name: Annotated[
        str,
        Field(
            description="The name of this service in page titles, messages and authenticator apps."
        ),
    ] = "Mijn CAK Zakelijk"
    service_tagline: Annotated[
        str, Field(description="The line under the service's name, in Dutch.")
    ] = "Voor zakelijke partners"
    service_tagline_en: Annotated[str, Field(description="The same line in English.")] = (
        "For business partners"
    )
    accessibility_status: Annotated[
        Literal["A", "B", "C", "D"],
        Field(
            description="Compliance status of the body's accessibility statement (*nalevingsstatus*). `C` says that first measures were taken; A and B need an examination by people."
        ),
    ] = "C"
    accessibility_statement: Annotated[
        str | None,
        Field(
            description="Address of the body's own, signed accessibility statement, such as its page in the Dutch register."
        ),
    ] = None
    brand_logo: Annotated[
        Path | None,
        Field(description="An SVG file of at most 160 by 44 px that replaces the square mark."),
    ] = None
    brand_theme: Annotated[
        Path | None,
        Field(
            description="A CSS file loaded after ours, to override the `--basis-color-accent-1-…` tokens and the font."
        ),
    ] = None
    demo: Annotated[
        bool,
        Field(
            description="This is the demo: sample data, the demo phone, keys in files. Only on a loopback issuer."
        ),
    ] = False
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="How much the log tells; never secrets, at any level."),
    ] = "info"

    @field_validator("enabled_profiles", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return separated(value)

    @field_validator("issuer", "desk_origin")
    @classmethod
    def _is_an_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if (
            parts.scheme not in {"https", "http"}
            or not parts.hostname
            or f"{parts.scheme}://{parts.netloc}" != value
        ):
            raise ValueError(
                "must be an origin such as https://inloggen.voorbeeld.nl, without a path or a slash at the end"
            )
        if parts.username or value != value.lower():
            raise ValueError("must be in lower case and hold no user name")
        if (
            parts.port == {"https": 443, "http": 80}[parts.scheme]
        ):  # ValueError when it is no number
            raise ValueError("must leave out the usual port, as browsers do")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError(
                "must be https unless its host is loopback (localhost, 127.0.0.1 or [::1])"
            )
        return value

    @field_validator("ca_bundle")
    @classmethod
    def _certificates_can_be_read(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                ssl.create_default_context(cafile=value)
            except OSError as wrong:  # ssl.SSLError is one
                raise ValueError(f"{value} holds no certificates that can be read") from wrong
        return value

    @field_validator("breached_passwords")
    @classmethod
    def _breach_list_is_whole(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                BreachList(value).close()
            except UnusableList as wrong:
                raise ValueError(str(wrong)) from wrong
        return value

    @field_validator("accessibility_statement")
    @classmethod
    def _statement_is_a_page(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https://[^\s/]+/\S*", value):
            raise ValueError("must be the address of a page, beginning with https://")
        return value

    @field_validator("keys")
    @classmethod
    def _keys_are_files(cls, value: str) -> str:
        if not value.startswith("file:") or value == "file:":
            raise ValueError("must be `file:` and a folder, such as file:keys/")
        return value

    @model_validator(mode="after")
    def _combinations(self) -> Settings:
        if self.demo and not self.is_loopback:
            raise ValueError(
                "IDP_DEMO: the demo runs on a loopback issuer only; leave it out elsewhere"
            )
        if self.demo and not LOOPBACK_BIND.fullmatch(self.bind):
            raise ValueError(
                "IDP_BIND: the demo listens on loopback only, such as 127.0.0.1:8400 or [::1]:8400"
            )
        if wrong := trouble_with_gateways(self, demo=self.demo, in_public=not self.is_loopback):
            raise ValueError(wrong)
        if not self.demo and not self.allow_file_keys:
            raise ValueError(
                "IDP_ALLOW_FILE_KEYS: signing keys in files need this set to 1 outside the demo (see keys/README.md)"
            )
        if self.desk_host == self.host:
            raise ValueError(
                "IDP_DESK_ORIGIN: is the issuer's; leave it out, or name another host for the desk"
            )
        if not self.message_limits and not self.demo:
            raise ValueError("IDP_MESSAGE_LIMITS: only the demo may send without limits")
        if missing := self.lacking_for_mail(LOOPBACK, demo=self.demo):
            raise ValueError(missing[0])
        if unwritable := self.lacking_for_audit():
            raise ValueError(unwritable)
        if self.secret_file is None:
            raise ValueError(
                "IDP_SECRET_FILE: name the file with the root secret; make one with `openssl rand -hex 32`"
            )
        return self

    @property
    def is_loopback(self) -> bool:
        """Whether the issuer's host is this machine itself: then clients may use loopback http too."""
        return (urlsplit(self.issuer).hostname or "") in LOOPBACK

    @property
    def host(self) -> str:
        """Host and port of the issuer, as browsers send them."""
        return urlsplit(self.issuer).netloc

    @property
    def key_folder(self) -> Path:
        """The folder that `keys` names."""
        return Path(self.keys.removeprefix("file:"))

    @cached_property
    def secret(self) -> RootSecret:
        """The root secret, read once; `SettingsError` when the file cannot serve."""
        if self.secret_file is None:  # the validator refused this already
            raise SettingsError("IDP_SECRET_FILE: not set")
        try:
            return RootSecret.from_file(self.secret_file)
        except (OSError, ValueError) as wrong:
            raise SettingsError(
                f"IDP_SECRET_FILE: {self.secret_file} cannot serve: {wrong}"
            ) from wrong

    @cached_property
    def key_models(self) -> Mapping[str, KeyModel]:
        """The models of keys that reach *hoog*, by AAGUID, read once; `SettingsError` when the file cannot serve."""
        if self.key_metadata is None:
            return {}
        try:
            return key_models.read(self.key_metadata)
        except (OSError, ValueError) as wrong:
            raise SettingsError(
                f"IDP_KEY_METADATA: {self.key_metadata} cannot serve: {wrong}"
            ) from wrong

    @cached_property
    def acr(self) -> Mapping[Level, str]:
        """What each level is called on the wire."""
        return {
            Level.LAAG: self.acr_laag,
            Level.SUBSTANTIEEL: self.acr_substantieel,
            Level.HOOG: self.acr_hoog,
        }

    @property
    def session_idle(self) -> timedelta:
        """How long a session may lie unused."""
        return timedelta(minutes=self.session_idle_minutes)

    @property
    def session_lifetime(self) -> timedelta:
        """How long a session may last at all."""
        return timedelta(hours=self.session_hours)

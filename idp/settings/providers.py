"""The settings of gateways that are somebody's service, such as CM.com and Twilio: credentials, senders, addresses."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
)

from idp.networks import LOOPBACK, separated
from idp.secret_values import Secret
from idp.settings import http_gateway
from idp.settings.http_gateway import HttpGateway

_NAME: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}", re.ASCII)
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_SERVICE: Final = re.compile(r"MG[0-9a-f]{32}", re.ASCII)
_ACCOUNT: Final = re.compile(r"AC[0-9a-f]{32}", re.ASCII)
_TOKEN: Final = re.compile(r"[!-~]{16,200}", re.ASCII)
_REPORTS_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{32,100}", re.ASCII)

#: What each of them cannot do without, by gateway and channel.
_NEEDED: Final = {
    ("http", "sms"): ("http_gateway_file",),
    ("http", "voice"): ("http_gateway_file",),
    ("cm", "sms"): ("cm_token_file", "cm_sender"),
    ("cm", "voice"): ("cm_token_file", "cm_caller"),
    ("twilio", "sms"): ("twilio_account", "twilio_token_file", "twilio_sender"),
    ("twilio", "voice"): ("twilio_account", "twilio_token_file", "twilio_caller"),
}


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise ValueError("must name each gateway once")
    return values


#: Gateways for one channel, in the order in which they are asked.
Gateways = Annotated[
    tuple[Literal["outbox", "cm", "twilio", "http"], ...],
    BeforeValidator(lambda value: () if value is None else separated(value)),
    AfterValidator(_each_once),
]


class ProviderSettings(BaseModel):
    """Of each provider; none has to be set where its gateway is not chosen."""

    sms_gateway: Annotated[
        Gateways,
        Field(
            description="Which gateways send text messages (`cm`, `twilio`, `http`; comma separated): the next one is asked where one does not take a message. `outbox` (the demo phone) only in the demo and in tests."
        ),
    ] = ()
    voice_gateway: Annotated[
        Gateways,
        Field(
            description="Which gateways make telephone calls that read a code out, in the same form."
        ),
    ] = ()
    http_gateway_file: Annotated[
        Path | None,
        Field(
            description="File that says how the gateway `http` calls a provider of your choice (docs/berichten/http.md). It holds credentials: for its owner only."
        ),
    ] = None
    cm_token_file: Annotated[
        Path | None,
        Field(description="File with the product token of CM.com, for the gateway `cm`."),
    ] = None
    cm_sender: Annotated[
        str | None,
        Field(
            description="From whom texts by CM.com come: a name of at most 11 letters and digits, or a number such as `+31612345678`."
        ),
    ] = None
    cm_caller: Annotated[
        str | None,
        Field(description="The number that calls by CM.com show, such as `+31207654321`."),
    ] = None
    cm_reports_secret_file: Annotated[
        Path | None,
        Field(
            description="File with what CM.com has to bring in the address of its status reports (32 characters or more, made with `openssl rand -hex 32`), because it does not sign them. Without it no reports of CM.com are taken."
        ),
    ] = None
    cm_text_address: Annotated[
        str,
        Field(
            description="Where texts are handed to CM.com. Its documentation names `https://gw.cmtelecom.com/v1.0/message` too, which does not pass through Cloudflare."
        ),
    ] = "https://gw.messaging.cm.com/v1.0/message"
    cm_voice_address: Annotated[
        str, Field(description="Where calls are handed to CM.com, without the name of the app.")
    ] = "https://api.cm.com/voiceapi/v2"
    twilio_account: Annotated[
        str | None, Field(description="Account SID at Twilio (`AC…`), for the gateway `twilio`.")
    ] = None
    twilio_token_file: Annotated[
        Path | None,
        Field(
            description="File with the auth token of that account. Twilio signs its reports with it too, so it cannot be an API key."
        ),
    ] = None
    twilio_sender: Annotated[
        str | None,
        Field(
            description="From whom texts by Twilio come: a name of at most 11 letters and digits, a number such as `+3197012345678`, or a messaging service (`MG…`)."
        ),
    ] = None
    twilio_caller: Annotated[
        str | None,
        Field(description="The number that calls by Twilio show, such as `+3197012345678`."),
    ] = None
    twilio_address: Annotated[
        str,
        Field(
            description="Twilio's API; another region has another one, such as `https://api.dublin.ie1.twilio.com`."
        ),
    ] = "https://api.twilio.com"

    @field_validator("cm_sender", "twilio_sender")
    @classmethod
    def _sender_can_be_shown(cls, value: str | None, about: ValidationInfo) -> str | None:
        forms = (
            (_NAME, _NUMBER, _SERVICE) if about.field_name == "twilio_sender" else (_NAME, _NUMBER)
        )
        if value is not None and not any(form.fullmatch(value) for form in forms):
            raise ValueError(
                "must be a name of at most 11 letters and digits, or a number such as +31612345678"
            )
        return value

    @field_validator("cm_caller", "twilio_caller")
    @classmethod
    def _caller_is_a_number(cls, value: str | None) -> str | None:
        if value is not None and not _NUMBER.fullmatch(value):
            raise ValueError("must be a number with its country, such as +31207654321")
        return value

    @field_validator("twilio_account")
    @classmethod
    def _account_is_one(cls, value: str | None) -> str | None:
        if value is not None and not _ACCOUNT.fullmatch(value):
            raise ValueError("must be AC and 32 hexadecimal digits in lower case")
        return value

    @field_validator("cm_token_file", "twilio_token_file")
    @classmethod
    def _file_holds_a_token(cls, value: Path | None) -> Path | None:
        if value is not None and not _TOKEN.fullmatch(_read(value)):
            raise ValueError(f"{value} does not hold one token, and nothing else")
        return value

    @field_validator("cm_reports_secret_file")
    @classmethod
    def _file_holds_a_long_secret(cls, value: Path | None) -> Path | None:
        if value is not None and not _REPORTS_SECRET.fullmatch(_read(value)):
            raise ValueError(
                f"{value} must hold 32 letters and digits or more; `openssl rand -hex 32`"
            )
        return value

    @field_validator("cm_text_address", "cm_voice_address", "twilio_address")
    @classmethod
    def _address_can_be_called(cls, value: str) -> str:
        parts = urlsplit(value)
        if not parts.hostname or parts.query or parts.fragment or value.endswith("/"):
            raise ValueError("must be an address without a slash, `?` or `#` at the end")
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
            raise ValueError("must begin with https://")
        return value

    @field_validator("http_gateway_file")
    @classmethod
    def _file_describes_calls(cls, value: Path | None) -> Path | None:
        if value is not None:
            try:
                http_gateway.read(value)
            except (OSError, ValueError) as wrong:
                raise ValueError(f"{value} cannot serve: {wrong}") from wrong
        return value

    @cached_property
    def http_gateways(self) -> Mapping[str, HttpGateway]:
        """How the gateway `http` calls, by channel."""
        return {} if self.http_gateway_file is None else http_gateway.read(self.http_gateway_file)

    @cached_property
    def cm_token(self) -> Secret:
        """The product token of CM.com; only where `cm` was chosen, so that there is one."""
        return _secret(self.cm_token_file)

    @cached_property
    def cm_reports_secret(self) -> Secret | None:
        """What CM.com has to bring with its reports; `None` where none are taken."""
        return None if self.cm_reports_secret_file is None else _secret(self.cm_reports_secret_file)

    @cached_property
    def twilio_token(self) -> Secret:
        """The auth token of Twilio; only where `twilio` was chosen, so that there is one."""
        return _secret(self.twilio_token_file)


def trouble_with_gateways(settings: ProviderSettings, *, demo: bool, in_public: bool) -> str | None:
    """Why the chosen gateways cannot work together with the rest, in one line; `None` when they can."""
    for name, chosen in (("SMS", settings.sms_gateway), ("VOICE", settings.voice_gateway)):
        if "outbox" in chosen and (not demo or len(chosen) > 1):
            return f"IDP_{name}_GATEWAY: `outbox` shows messages on a web page; use it in the demo only, and alone"
        if missing := lacking(settings, name.lower(), chosen):
            return f"{missing[0]}: IDP_{name}_GATEWAY needs it"
    if in_public and (bare := in_the_open(settings)):
        return f"{bare[0]}: must begin with https://"
    return None


def lacking(settings: ProviderSettings, channel: str, gateways: Collection[str]) -> list[str]:
    """The settings, as an operator types them, that these gateways need for this channel (`sms`, `voice`) and lack."""
    return [
        f"IDP_{name.upper()}"
        for gateway in gateways
        for name in _NEEDED.get((gateway, channel), ())
        if getattr(settings, name) is None
        or (gateway == "http" and channel not in settings.http_gateways)
    ]


def in_the_open(settings: ProviderSettings) -> list[str]:
    """The settings whose address is called without TLS, which only a demo or a test may do."""
    called = [gateway.address for gateway in settings.http_gateways.values()]
    by_file = ["IDP_HTTP_GATEWAY_FILE"] if any(each[:7] == "http://" for each in called) else []
    names = ("cm_text_address", "cm_voice_address", "twilio_address")
    return by_file + [
        f"IDP_{name.upper()}" for name in names if getattr(settings, name).startswith("http://")
    ]


def _secret(file: Path | None) -> Secret:
    assert file is not None, "the settings refuse a gateway without its token"
    return Secret(_read(file))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as wrong:
        raise ValueError(f"{file} cannot be read") from wrong

"""Settings out of the environment and a file, or one line per problem."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from idp.settings.device_rules import RuleFaults
from idp.settings.fields import Settings, SettingsError

PREFIX: Final = "IDP_"


def load(environment: Mapping[str, str]) -> Settings:
    """The settings of a deployment; `SettingsError` with a line per problem when they cannot work.

    A variable that is empty counts as one that is not set.
    """
    given: dict[str, Any] = {}
    environment = {
        name: text for name, text in environment.items() if text and name.startswith(PREFIX)
    }
    if file := environment.pop("IDP_CONFIG", None):
        try:
            given = tomllib.loads(Path(file).read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError) as wrong:
            raise SettingsError(f"IDP_CONFIG: {file} cannot be read: {wrong}") from wrong
    given |= {name.removeprefix(PREFIX).lower(): text for name, text in environment.items()}
    if "issuer" not in given:
        raise SettingsError(
            "IDP_ISSUER: required; the public origin, such as https://inloggen.voorbeeld.nl"
        )
    try:
        settings = Settings(**given)
    except ValidationError as wrong:
        raise SettingsError(*map(_in_one_line, wrong.errors())) from wrong
    try:
        _ = settings.secret, settings.key_models, settings.rules
    except RuleFaults as wrong:
        place = f"IDP_DEVICE_RULES: {settings.device_rules}"
        raise SettingsError(*(f"{place}: {line}" for line in wrong.lines)) from wrong
    return settings


def _in_one_line(problem: Any) -> str:
    place = "".join(f"{PREFIX}{str(part).upper()}" for part in problem["loc"][:1])
    if problem["type"] == "extra_forbidden":
        return f"{place}: not a setting of ours; see docs/settings.md for the names"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message

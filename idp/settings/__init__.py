"""Every setting of a deployment: typed, explained, and refused at start when it cannot be right.

They come from environment variables with the prefix `IDP_`, or from a TOML file (the same names in lower
case, without the prefix) that `IDP_CONFIG` names; the environment wins. `docs/settings.md` is this room's output.
"""

from __future__ import annotations

from flask import current_app

from idp.networks import LOOPBACK
from idp.settings.fields import LOOPBACK_BIND, Settings, SettingsError
from idp.settings.reading import load

__all__ = ["LOOPBACK", "LOOPBACK_BIND", "Settings", "SettingsError", "current", "load"]


def current() -> Settings:
    """The settings of the application at work."""
    settings: Settings = current_app.config["IDP"]
    return settings

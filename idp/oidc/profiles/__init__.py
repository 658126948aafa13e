"""The client profiles: one file each, with a `PROFILE`; this folder is the list of what exists.

A profile is policy without a branch: pure, imports `secret_values` and nothing else of the house.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from idp.oidc.profiles.policy import IdTokenFacts, Profile
from idp.settings import Settings, SettingsError

__all__ = ["IdTokenFacts", "Profile", "enabled", "known"]


@cache
def known() -> Mapping[str, Profile]:
    """Every profile that has a file here, by name."""
    modules = (
        importlib.import_module(f"{__name__}.{found.name}")
        for found in pkgutil.iter_modules(__path__)
    )
    profiles = (module.PROFILE for module in modules if hasattr(module, "PROFILE"))
    return {profile.name: profile for profile in profiles}


def enabled(settings: Settings) -> tuple[Profile, ...]:
    """The profiles that this deployment offers; `SettingsError` for one that does not exist."""
    strangers = [name for name in settings.enabled_profiles if name not in known()]
    if strangers or not settings.enabled_profiles:
        raise SettingsError(
            f"IDP_ENABLED_PROFILES: {', '.join(strangers) or 'nothing'} is no profile; "
            f"there are {', '.join(sorted(known()))}"
        )
    return tuple(known()[name] for name in settings.enabled_profiles)

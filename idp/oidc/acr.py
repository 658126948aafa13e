"""`acr` on the wire: which values there are here, and what each of them stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from idp import settings
from idp.assurance import PHISHING_RESISTANT, Assurance, Level
from idp.mfa import catalogue
from idp.settings import Settings

#: Says how somebody signed in and nothing of how the account was enrolled (OpenID EAP ACR Values section 2).
PHR: Final = Assurance(Level.LAAG, phishing_resistant=True)


def values(here: Settings, *, resists_phishing: bool) -> Mapping[str, Assurance]:
    """Every value that somebody can reach with these settings, the weakest first."""
    highest = highest_level(here, resists_phishing=resists_phishing)
    levels = {here.acr[level]: Assurance(level) for level in Level if Level.NONE < level <= highest}
    return levels | ({PHISHING_RESISTANT: PHR} if resists_phishing else {})


def highest_level(here: Settings, *, resists_phishing: bool) -> Level:
    """The highest level that a second step earns with these settings: *hoog* takes a list of models of keys."""
    return Level.HOOG if here.key_models and resists_phishing else Level.SUBSTANTIEEL


def highest() -> Level:
    """The same for the deployment at work."""
    return highest_level(settings.current(), resists_phishing=catalogue.phishing_can_be_resisted())


def offered() -> Mapping[str, Assurance]:
    """The same for the deployment at work."""
    return values(settings.current(), resists_phishing=catalogue.phishing_can_be_resisted())


def of_level(level: Level) -> str:
    """The value that states a level."""
    return settings.current().acr[level]

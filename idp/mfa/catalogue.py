"""The factors of this release: every module of this folder that has a `FACTOR`, in our order of preference."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache

from idp import mfa
from idp.mfa.factor import Factor
from idp.models import Credential


@cache
def every() -> tuple[Factor, ...]:
    """Every factor of this release, whether a deployment offers it or not."""
    modules = (
        importlib.import_module(f"idp.mfa.{found.name}")
        for found in pkgutil.iter_modules(mfa.__path__)
    )
    factors: list[Factor] = [module.FACTOR for module in modules if hasattr(module, "FACTOR")]
    return tuple(sorted(factors, key=lambda factor: factor.order))


def factors() -> tuple[Factor, ...]:
    """Every factor that this deployment can offer."""
    return tuple(factor for factor in every() if factor.available())


def named(kind: str) -> Factor | None:
    """The factor of this kind, if it is offered."""
    return next((factor for factor in factors() if factor.kind == kind), None)


def phishing_can_be_resisted() -> bool:
    """Whether this deployment offers a second step that phishing does not get past."""
    return any(factor.phishing_resistant for factor in factors())


def usable(credentials: Sequence[Credential]) -> list[tuple[Factor, list[Credential]]]:
    """What somebody with these credentials may choose from, each factor with its credentials."""
    choices = (
        (factor, [each for each in credentials if each.kind == factor.kind]) for factor in factors()
    )
    return [(factor, own) for factor, own in choices if own]

"""The settings as a page: docs/settings.md."""

from __future__ import annotations

from typing import Any

from idp.settings.fields import Settings
from idp.settings.providers import ProviderSettings
from idp.settings.reading import PREFIX


def as_markdown() -> str:
    """The table of `docs/settings.md`."""
    lines = [
        "# Settings",
        "",
        "Environment variables, or the same names in lower case and without `IDP_` in the TOML file that `IDP_CONFIG` names.",
        "This page is made by `python -m idp.settings`; `make docs` renews it.",
        "",
        "| name | default | meaning |",
        "| --- | --- | --- |",
    ]
    of_providers = ProviderSettings.model_fields
    for (
        name,
        field,
    ) in sorted(  # stays in its order otherwise: the house first, its providers after it
        Settings.model_fields.items(), key=lambda each: each[0] in of_providers
    ):
        lines.append(
            f"| `{PREFIX}{name.upper()}` | {_default(name, field.get_default())} | {field.description} |"
        )
    return "\n".join(lines) + "\n"


def _default(name: str, value: Any) -> str:
    if name in {"workers", "parallel_hashes"}:  # what this machine has must not show in a document
        return "cores" if name == "workers" else "cores, at most 4"
    if name == "issuer" or value in (None, ()):
        return "–"
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"

"""From a handful of colours to the design tokens that components and our own styles ask for."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

Tokens = dict[str, str]

#: Which family of tokens takes which scale of `theme.json`.
SCALES: Final = {
    "default": "neutral",
    "accent-1": "accent",
    "negative": "negative",
    "positive": "positive",
    "warning": "warning",
    "info": "info",
}

#: Families that follow another, so that an organisation's theme overrides `accent-1` and the font, and nothing else.
FOLLOWS: Final = {
    "action-1": "accent-1",
    "action-2": "accent-1",
    "selected": "accent-1",
    "disabled": "default",
    "highlight": "warning",
}

#: Which step of a scale (0 is the lightest in light mode) each token takes; a word is a colour outside the scale.
STEPS: Final[dict[str, int | str]] = {
    "color-document": 7,
    "color-subtle": 4,
    "color-active": 6,
    "color-hover": 6,
    "color-default": 5,
    "border-active": 5,
    "border-hover": 5,
    "border-default": 4,
    "border-subtle": 3,
    "bg-active": 2,
    "bg-hover": 1,
    "bg-default": 1,
    "bg-subtle": 0,
    "bg-document": "surface",
    "inverse-color-document": "on-inverse",
    "inverse-color-subtle": 3,
    "inverse-color-active": "on-inverse",
    "inverse-color-hover": "on-inverse",
    "inverse-color-default": "on-inverse",
    "inverse-border-active": 2,
    "inverse-border-hover": 2,
    "inverse-border-default": 3,
    "inverse-border-subtle": 4,
    "inverse-bg-active": 7,
    "inverse-bg-hover": 6,
    "inverse-bg-default": 5,
    "inverse-bg-subtle": 7,
    "inverse-bg-document": 6,
}

#: Our own tokens that take a colour outside the scales.
OWN_COLOURS: Final = {
    "--mcz-page": "page",
    "--mcz-line": "line",
    "--mcz-focus": "focus",
    "--mcz-focus-gap": "focus-gap",
}


def stylesheet(base: str, source: Path, *, used_by: str) -> str:
    """The tokens that `used_by` reaches, light and dark.

    `base` is the theme that gives every token a value, `source` the folder with `theme.json` (our colours) and
    `overrides.json` (our sizes). Of some 2,800 tokens our pages reach a quarter; the rest is left out.
    """
    colours: dict[str, dict[str, Any]] = json.loads(
        (source / "theme.json").read_text(encoding="utf-8")
    )
    overrides: Tokens = json.loads((source / "overrides.json").read_text(encoding="utf-8"))
    light, dark = colour_tokens(colours["light"]), colour_tokens(colours["dark"])
    everything = declared_in(base) | light | overrides
    reached = reachable(everything, names_in(used_by))
    night = {
        name: value for name, value in dark.items() if name in reached and value != light[name]
    }
    return "\n".join(
        [
            rule({name: value for name, value in everything.items() if name in reached}),
            "@media (prefers-color-scheme: dark) {",
            rule(night),
            "}",
        ]
    )


def colour_tokens(colours: dict[str, Any]) -> Tokens:
    """Every colour token of one mode."""
    tokens = {token: colours[name] for token, name in OWN_COLOURS.items()}
    for family, scale in SCALES.items():
        for part, step in STEPS.items():
            tokens[f"--basis-color-{family}-{part}"] = (
                colours[scale][step] if isinstance(step, int) else colours[step]
            )
    for family, leader in FOLLOWS.items():
        for part in STEPS:
            tokens[f"--basis-color-{family}-{part}"] = f"var(--basis-color-{leader}-{part})"
    return tokens


def declared_in(css: str) -> Tokens:
    """Every custom property that a stylesheet gives a value, one per line."""
    return dict(re.findall(r"^\s*(--[\w-]+):\s*(.+?);", css, flags=re.MULTILINE))


def names_in(text: str) -> set[str]:
    """Every custom property that a text names."""
    return set(re.findall(r"--[\w-]+", text))


def reachable(tokens: Tokens, wanted: set[str]) -> set[str]:
    """The tokens behind `wanted`, and those that they refer to in turn."""
    found: set[str] = set()
    waiting = set(wanted)
    while waiting:
        name = waiting.pop()
        if name in tokens and name not in found:
            found.add(name)
            waiting |= names_in(tokens[name])
    return found


def rule(tokens: Tokens) -> str:
    """The tokens on the root element."""
    return ":root {" + " ".join(f"{name}: {value};" for name, value in tokens.items()) + "}"

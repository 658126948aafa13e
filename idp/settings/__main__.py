"""Prints docs/settings.md."""

from __future__ import annotations

from idp.settings.described import as_markdown

print(as_markdown(), end="")

"""Templates compiled once per process instead of once per application: most tests open a house of their own."""

from __future__ import annotations

from typing import Final

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class CompiledPages(BytecodeCache):
    """Keeps compiled templates in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


def compile_once(app: Flask) -> None:
    """Let this application use what others compiled for the same language and the same styles."""
    styles = frozenset(app.extensions["idp.assets"].addresses.items())
    for language, environment in app.extensions["idp.pages"].items():
        environment.bytecode_cache = _COMPILED.setdefault((language, styles), CompiledPages())


_COMPILED: Final[dict[tuple[str, frozenset[tuple[str, str]]], CompiledPages]] = {}

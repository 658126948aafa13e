"""The project's own files, and what Python sources import, read without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Made, not written: what .gitignore names.
MADE = frozenset(
    {
        ".git", ".venv", ".venv-build", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache",
        "__pycache__", "build", "dist", "idp/pages/static", "node_modules", "var",
    }
)  # fmt: skip


def written_files(*suffixes: str) -> list[Path]:
    """Files that somebody wrote (the ones git tracks or would track), with one of these suffixes if any is given."""
    return [path for path in _walk(ROOT) if not suffixes or path.suffix in suffixes]


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        place = path.relative_to(ROOT).as_posix()
        if path.name in MADE or place in MADE:
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.parent != ROOT / "keys" or path.name == "README.md":
            yield path


@dataclass(frozen=True)
class Module:
    """One Python file of a package."""

    path: Path
    name: str  # as in `import idp.flows.sign_in`

    @property
    def is_package(self) -> bool:
        """Whether this is the `__init__.py` of a package."""
        return self.path.name == "__init__.py"

    @property
    def tree(self) -> ast.Module:
        """What is in it."""
        return _parse(self.path)

    def imports(self) -> Iterator[str]:
        """Full names of everything it imports, wherever the statement stands: modules, and names in modules."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = ".".join(filter(None, [self._above(node.level), node.module]))
                yield from (f"{origin}.{alias.name}" for alias in node.names)

    def _above(self, level: int) -> str:
        """The package that a relative import with `level` dots starts from; "" for an absolute one."""
        if level == 0:
            return ""
        parts = self.name.split(".")
        return ".".join(parts[: len(parts) - level + self.is_package])


@cache
def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def modules(package: str) -> list[Module]:
    """All modules of a package of ours, the package itself included."""
    found = []
    for path in written_files(".py"):
        place = path.relative_to(ROOT)
        if place.parts[0] == package:
            parts = (
                place.parent.parts
                if path.name == "__init__.py"
                else (*place.parent.parts, path.stem)
            )
            found.append(Module(path, ".".join(parts)))
    return found

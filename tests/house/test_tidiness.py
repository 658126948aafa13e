"""What keeps the house readable: small files, honest names, a sentence on everything public."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import ROOT, Module, modules, written_files

MOST_LINES = 400
MEASURED = (".py", ".html", ".css", ".js", ".sh", ".toml")
BANNED_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "manager",
    "managers",
    "common",
    "core",
    "misc",
    "base",
}

#: Paths of one machine, and hosts that packages come from: they belong in the reader's own configuration.
#: The brackets keep these lines from finding themselves.
TIES_TO_A_MACHINE = re.compile(
    r"(?<![\w.:/-])/(?:home|root|Users|work)/[\w.-]+"
    r"|pypi[.]org|pythonhosted[.]org|registry[.]npmjs|registry[.]yarnpkg|deb[.]debian[.]org|astral[.]sh"
    r"|playwright[.]azureedge|cdn[.]playwright",
)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def measured_files() -> list[Path]:
    """Sources; not the steps of the schema's history, which are written once and never read as a whole."""
    return [path for path in written_files(*MEASURED) if path.parent.name != "versions"]


@pytest.mark.parametrize("path", measured_files(), ids=relative)
def test_a_file_has_one_job_and_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


#: What gives another answer each time it is asked.
NEVER_THE_SAME = {"time", "monotonic", "now", "utcnow", "uuid4", "urandom"}


def asked_at_import(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls that run when a module is imported: outside functions, decorators of functions included."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for decorator in getattr(node, "decorator_list", []):
                yield from (found for found in ast.walk(decorator) if isinstance(found, ast.Call))
            continue
        if isinstance(node, ast.Call):
            yield node
        yield from asked_at_import(node)


def test_what_a_test_is_called_depends_on_neither_clock_nor_chance() -> None:
    """Two processes share the tests by name: a second that passed between them gave two different lists."""
    found = []
    for module in modules("tests"):
        for call in asked_at_import(ast.parse(module.path.read_text(encoding="utf-8"))):
            asked = ast.unparse(call.func)
            if asked.split(".")[-1] in NEVER_THE_SAME or asked.split(".")[0] in {
                "random",
                "secrets",
            }:
                found.append(f"{relative(module.path)}:{call.lineno} {asked}")
    assert not found


def test_no_name_says_nothing() -> None:
    """A module is named for what it does; what is useful everywhere belongs somewhere."""
    parts = {
        part
        for path in written_files(".py")
        for part in path.relative_to(ROOT).with_suffix("").parts
    }
    assert not parts & BANNED_NAMES


def test_nothing_written_ties_the_project_to_one_machine() -> None:
    found = {}
    for path in written_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        if match := TIES_TO_A_MACHINE.search(text):
            found[relative(path)] = match.group()
    assert not found


@pytest.mark.parametrize("package", ["idp", "relying_party_demo"])
def test_every_package_says_what_lives_there_in_at_most_five_lines(package: str) -> None:
    for folder in {module.path.parent for module in modules(package)}:
        if relative(folder) == "idp/migrations/versions":
            continue  # a folder of scripts for Alembic, not a package
        assert (folder / "__init__.py").exists(), f"{relative(folder)} is no package"
    for module in modules(package):
        if module.is_package:
            lines = (ast.get_docstring(module.tree) or "").splitlines()
            assert lines, f"{module.name} says nothing"
            assert len(lines) <= 5, f"the docstring of {module.name} has {len(lines)} lines"


@pytest.mark.parametrize("module", modules("idp"), ids=lambda module: module.name)
def test_every_public_name_has_a_docstring(module: Module) -> None:
    silent = [
        name
        for name in public_names_without_docstring(module)
        if not inherits_docstring(module, name)
    ]
    assert not silent


def public_names_without_docstring(module: Module) -> Iterator[str]:
    """Names of the module, its public classes, functions and methods, where no docstring stands."""
    if not ast.get_docstring(module.tree):
        yield "the module itself"
    for node in public(module.tree):
        if not ast.get_docstring(node):
            yield node.name
        for inner in public(node) if isinstance(node, ast.ClassDef) else ():
            if (
                isinstance(inner, ast.FunctionDef)
                and not ast.get_docstring(inner)
                and not is_a_setter(inner)
            ):
                yield f"{node.name}.{inner.name}"


def public(inside: ast.Module | ast.ClassDef) -> Iterator[ast.ClassDef | ast.FunctionDef]:
    """The public classes and functions that stand right inside."""
    for node in inside.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def is_a_setter(function: ast.FunctionDef) -> bool:
    """Whether this is the second half of a property, or one of several signatures of a function."""
    return any(
        ast.unparse(one).endswith((".setter", "overload")) for one in function.decorator_list
    )


def inherits_docstring(module: Module, name: str) -> bool:
    """Whether a method overrides one that has a docstring: then that promise holds for it too."""
    class_name, _, method = name.partition(".")
    if not method or " " in name:
        return False
    owner = getattr(importlib.import_module(module.name), class_name)
    return bool(inspect.getdoc(getattr(owner, method)))

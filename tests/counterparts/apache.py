"""Debian's Apache with mod_auth_openidc, in a folder of a test's own: no service of the machine is touched."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.counterparts.programs import serving, surroundings
from tests.counterparts.wire import browser_at
from tests.support.house import Visitor

MODULES = (
    "mpm_event", "authn_core", "authz_core", "authz_user", "dir", "env", "headers", "include",
    "auth_openidc",
)  # fmt: skip
TOLD_WITHIN_SECONDS = 30
#: Debian's own, for the processes that answer; only root can become somebody else.
NOBODY = "User www-data\nGroup www-data\n"
CONFIGURATION = """\
ServerRoot "{folder}"
ServerName localhost:{port}
Listen 127.0.0.1:{port}
PidFile "{folder}/apache.pid"
DefaultRuntimeDir "{folder}"
ErrorLog "{folder}/apache.log"
TransferLog "{folder}/apache.log"
{modules}
{user}
DocumentRoot "{pages}"
DirectoryIndex index.html
<Directory "{pages}">
    Options +Includes
    ForceType text/html
    SetOutputFilter INCLUDES
</Directory>
Include "{folder}/openid.conf"
"""
#: The application behind it: shows the environment that a program there would read.
APPLICATION = "<!doctype html><title>Applicatie</title><pre><!--#printenv --></pre>"
SIGNED_OUT = "<!doctype html><title>Uitgelogd</title><p>U bent uitgelogd.</p>"


@dataclass
class Apache:
    """A running Apache, and a browser in front of it."""

    home: str
    folder: Path
    browser: Visitor

    def shown(self) -> dict[str, str]:
        """What the application behind it finds in its environment."""
        [text] = self.browser.page.document.descendants("pre")
        lines = (str(line).partition("=") for line in str(text.children[0]).splitlines())
        return {name: value for name, _, value in lines}

    def log(self) -> str:
        """What it said."""
        return (self.folder / "apache.log").read_text(encoding="utf-8")

    def waits_for(self, line: str) -> None:
        """Until it says so: what the provider sends it goes by no browser."""
        deadline = time.monotonic() + TOLD_WITHIN_SECONDS
        while line not in self.log():
            assert time.monotonic() < deadline, f"nobody told it:\n{self.log()}"
            time.sleep(0.05)


@contextmanager
def apache_at(
    port: int, *, binary: Path, modules: Path, openid_conf: str, client_secret: str, folder: Path
) -> Iterator[Apache]:
    """Apache on a port of loopback, with the configuration for the module as it was printed."""
    pages = _pages()
    (folder / "openid.conf").write_text(openid_conf, encoding="utf-8")
    loaded = "\n".join(f"LoadModule {name}_module {modules}/mod_{name}.so" for name in MODULES)
    (folder / "apache.conf").write_text(
        CONFIGURATION.format(
            folder=folder,
            port=port,
            pages=pages,
            modules=loaded,
            user=NOBODY if os.geteuid() == 0 else "",
        ),
        encoding="utf-8",
    )
    command = [binary, "-f", folder / "apache.conf", "-D", "FOREGROUND"]
    environment = surroundings(
        OIDC_CLIENT_SECRET=client_secret, OIDC_CRYPTO_PASSPHRASE="van de proef en niet geheim"
    )
    home = f"http://localhost:{port}"
    try:
        with serving(command, port=port, log=folder / "apache.log", environment=environment):
            yield Apache(home, folder, browser_at(home))
    finally:
        shutil.rmtree(pages)


def _pages() -> Path:
    """The site, where Apache's own user can read it: a test's folder is closed to others."""
    pages = Path(tempfile.mkdtemp(prefix="idp-tests-apache-"))
    pages.chmod(0o755)
    (pages / "index.html").write_text(APPLICATION, encoding="utf-8")
    (pages / "uitgelogd").mkdir()
    (pages / "uitgelogd" / "index.html").write_text(SIGNED_OUT, encoding="utf-8")
    return pages

"""Every verb of `idp`, hung on one line; each is imported when it is asked for, so that none pays for the others."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module
from typing import Final

import click

from idp.cli.line import OperatorsLine

#: This release; a test holds it to pyproject.toml, because nothing here is installed as a distribution.
VERSION = "0.1.0"

#: Where each verb is, as `module:name` in this room.
_WHERE: Final = {
    "serve": "serve:serve",
    "demo": "demo:demo",
    "check-config": "check:check_config",
    "doctor": "check:doctor",
    "explain": "explain:explain",
    "purge": "purge:purge",
    "deliver": "deliver:deliver",
    "db": "migration:database",
    "keys": "keys:keys",
    "relation": "relation:relation",
    "account": "account:account",
    "passwords": "passwords:passwords",
    "activation-code": "activation_code:activation_code",
    "letters": "letters:letters",
    "import": "importing:import_",
    "application": "application:application",
    "client": "client:client",
    "audit": "audit_trail:audit",
    "conformance": "conformance:conformance",
}


class OnDemand(MutableMapping[str, click.Command]):
    """Commands by name, each imported at its first look-up: together they take a second and ten megabytes."""

    def __init__(self) -> None:
        self._found: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._found:
            module, _, attribute = _WHERE[name].partition(":")
            self._found[name] = getattr(import_module(f"idp.cli.{module}"), attribute)
        return self._found[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_WHERE)

    def __len__(self) -> int:
        return len(_WHERE)


@click.group(
    cls=OperatorsLine,
    commands=OnDemand(),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(VERSION, prog_name="idp", message="%(prog)s %(version)s")
def main() -> None:
    """The operator's line of the identity provider.

    Settings come from the environment (IDP_...) or the file that IDP_CONFIG names; docs/settings.md lists them.
    Every change is recorded with your name: IDP_OPERATOR, else your login name.
    """

"""Every verb of `idp`, hung on one line."""

from __future__ import annotations

import click

from idp.cli.account import account
from idp.cli.activation_code import activation_code
from idp.cli.application import application
from idp.cli.audit_trail import audit
from idp.cli.check import check_config, doctor
from idp.cli.client import client
from idp.cli.conformance import conformance
from idp.cli.deliver import deliver
from idp.cli.demo import demo
from idp.cli.explain import explain
from idp.cli.keys import keys
from idp.cli.letters import letters
from idp.cli.line import OperatorsLine
from idp.cli.migration import database
from idp.cli.passwords import passwords
from idp.cli.purge import purge
from idp.cli.relation import relation
from idp.cli.serve import serve

#: This release; a test holds it to pyproject.toml, because nothing here is installed as a distribution.
VERSION = "0.1.0"


@click.group(
    cls=OperatorsLine,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(VERSION, prog_name="idp", message="%(prog)s %(version)s")
def main() -> None:
    """The operator's line of the identity provider.

    Settings come from the environment (IDP_...) or the file that IDP_CONFIG names; docs/settings.md lists them.
    Every change is recorded with your name: IDP_OPERATOR, else your login name.
    """


for verb in (
    serve,
    demo,
    check_config,
    doctor,
    explain,
    purge,
    deliver,
    database,
    keys,
    relation,
    account,
    passwords,
    activation_code,
    letters,
    application,
    client,
    audit,
    conformance,
):
    main.add_command(verb)

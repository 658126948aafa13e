"""`idp conformance`: a provider apart, with clients and people of its own, at which an outside suite can be pointed.

It is an ordinary deployment: no check knows that it is one. docs/conformance.md tells which module meets which test.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import click
from sqlalchemy import create_engine, select
from sqlalchemy.exc import SQLAlchemyError

from idp import keyring, migrations
from idp.cli import conformance_seed, demo_tls
from idp.cli.answers import say
from idp.cli.conformance_suite import PLANS, Suite, configuration
from idp.cli.demo_folder import write_private
from idp.cli.line import Verbs
from idp.cli.work import at_work, operator, settings_of
from idp.errors import WrongInput
from idp.models import Account, Relation
from idp.settings import Settings

#: Stands in every folder that this command made, and in no other; only such a folder is ever emptied.
MARK: Final = "made-by-idp-conformance"
_DECIDED_HERE: Final = frozenset(
    {"database_url", "keys", "allow_file_keys", "secret_file", "ca_bundle", "demo"}
)
_DIR = click.Path(file_okay=False, path_type=Path)
_dir_option = click.option(
    "--dir", "path", type=_DIR, default="var/conformance", show_default=True, help="Where it lies."
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What the TOML file says."""

    suite: Suite
    trusts: tuple[Path, ...]
    settings: Mapping[str, Any]


@click.group(cls=Verbs)
def conformance() -> None:
    """A provider apart for an outside conformance suite; docs/conformance.md."""


@conformance.command()
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default="deploy/conformance.toml",
    show_default=True,
    help="Where the suite and this provider live.",
)
@_dir_option
def prepare(config: Path, path: Path) -> None:
    """Make database, keys, certificates, clients and people anew, and the suite's files DIR/suite-*.json.

    What an earlier run made is replaced; a folder whose database knows anybody else is refused. IDP_... settings of
    the environment play no part.
    """
    plan, folder = _read(config), path.absolute()
    _refuse_others(folder)
    _clear(folder)
    settings = _settings(plan, folder)
    migrations.upgrade(settings.database_url)
    with at_work(settings):
        keyring.rotate(actor=operator())
        people = conformance_seed.people()
        static = conformance_seed.static_clients(plan.suite)
        token = conformance_seed.token()
    for plan_name in PLANS:
        written = configuration(plan_name, plan.suite, settings.issuer, people, static, token)
        write_private(folder / f"suite-{plan_name}.json", json.dumps(written, indent=2) + "\n")
    write_private(folder / "people.json", json.dumps(people, indent=2) + "\n")
    say(f"Prepared {settings.issuer} in {folder}.")
    say(f"Start it with: idp conformance serve --dir {path}")
    say(f"Its authority, for who wants to trust it: {folder / 'tls' / 'ca.pem'}")
    for plan_name, plan_of in PLANS.items():
        say(f"suite-{plan_name}.json  {plan_of.identifier}  {plan_of.variant}".rstrip())


@conformance.command()
@_dir_option
def serve(path: Path) -> None:
    """Serve what was prepared, over https, until SIGTERM."""
    folder = path.absolute()
    if not (folder / "idp.toml").exists():
        raise WrongInput(f"nothing is prepared in {path}; run `idp conformance prepare` first")
    for name in [name for name in os.environ if name.startswith("IDP_")]:
        del os.environ[name]
    os.environ["IDP_CONFIG"] = str(folder / "idp.toml")
    certificate, key = (str(folder / "tls" / name) for name in ("server.pem", "server.key"))
    demo_tls.main("provider", settings_of().bind, certificate, key)


def _read(config: Path) -> Plan:
    try:
        said = tomllib.loads(config.read_text(encoding="utf-8"))
        suite = Suite(str(said.pop("suite")).rstrip("/"), str(said.pop("alias")))
        trusts = tuple(config.parent / str(each) for each in said.pop("trusts", ()))
        settings = dict(said.pop("settings"))
    except (OSError, ValueError, TypeError, KeyError) as wrong:
        raise WrongInput(
            f"{config}: it needs suite, alias and [settings], in TOML ({wrong})"
        ) from wrong
    if unknown := [*said, *sorted(_DECIDED_HERE & settings.keys())]:
        raise WrongInput(f"{config}: {', '.join(unknown)} cannot be said there")
    if not suite.address.startswith("https://") or not re.fullmatch(r"[a-z0-9-]+", suite.alias):
        raise WrongInput(f"{config}: suite is an https address, alias is a word in lower case")
    if not str(settings.get("issuer", "")).startswith("https://"):
        raise WrongInput(f"{config}: issuer has to be https, like the suite's own address")
    if missing := [str(each) for each in trusts if not each.is_file()]:
        raise WrongInput(f"{config}: trusts names {', '.join(missing)}, which is not there")
    return Plan(suite, trusts, settings)


def _refuse_others(folder: Path) -> None:
    """`WrongInput` unless the folder is empty or made here, and its database knows nobody but who is made here."""
    try:
        found_here = {each.name for each in folder.iterdir()} if folder.exists() else set()
    except OSError as wrong:
        raise WrongInput(f"{folder} cannot be read: {wrong.strerror}") from wrong
    if found_here and MARK not in found_here:
        raise WrongInput(f"{folder} holds what this command did not make; use another --dir")
    database = folder / "idp.db"
    if not database.exists() or database.stat().st_size == 0:
        return
    engine = create_engine(f"sqlite:///{database}")
    try:
        with engine.connect() as line:
            found = line.execute(select(Relation.number, Account.username).join(Account)).all()
            organisations = line.scalars(select(Relation.number)).all()
    except SQLAlchemyError as wrong:
        raise WrongInput(f"{database} is no database of ours; use another --dir") from wrong
    finally:
        engine.dispose()
    ours = {(conformance_seed.RELATION, name) for name in conformance_seed.USERNAMES}
    if not {tuple(each) for each in found} <= ours or not set(organisations) <= {
        conformance_seed.RELATION
    }:
        raise WrongInput(
            f"{database} knows other people than those that this command makes; use another --dir"
        )


def _clear(folder: Path) -> None:
    """Remove what an earlier run made, save certificates, which somebody may trust by now."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / MARK).touch(mode=0o600)
    for name in ("idp.db", "idp.db-wal", "idp.db-shm", "idp.toml", "secret", "people.json"):
        (folder / name).unlink(missing_ok=True)
    for plan_name in PLANS:
        (folder / f"suite-{plan_name}.json").unlink(missing_ok=True)
    shutil.rmtree(folder / "keys", ignore_errors=True)


def _settings(plan: Plan, folder: Path) -> Settings:
    """The provider's settings, written to DIR/idp.toml: `IDP_CONFIG=DIR/idp.toml idp …` works on it."""
    host = urlsplit(plan.settings["issuer"]).hostname or "localhost"
    demo_tls.make_certificates(folder / "tls", host=host)
    try:
        trusted = [
            each.read_text(encoding="ascii") for each in (folder / "tls/ca.pem", *plan.trusts)
        ]
    except (OSError, ValueError) as wrong:
        raise WrongInput(f"trusts: {wrong}") from wrong
    write_private(folder / "tls/trusted.pem", "\n".join(trusted))
    write_private(folder / "secret", secrets.token_hex(32) + "\n")
    settings = {
        **plan.settings,
        "database_url": f"sqlite:///{folder / 'idp.db'}",
        "keys": f"file:{folder / 'keys'}",
        "allow_file_keys": True,
        "secret_file": str(folder / "secret"),
        "ca_bundle": str(folder / "tls/trusted.pem"),
    }
    # JSON's strings, numbers, booleans and lists are TOML's too.
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
    write_private(folder / "idp.toml", "".join(lines))
    return settings_of({"IDP_CONFIG": str(folder / "idp.toml")})

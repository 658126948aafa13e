"""`idp audit export`, `verify` and `key`: the chain over the audit events, for whoever has to believe it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from idp.audit import files, reading
from idp.audit.chain import signer
from idp.audit.reading import Verdict
from idp.audit.sealing import seal_everything
from idp.cli.answers import as_json as show_json
from idp.cli.answers import facts, json_option, say
from idp.cli.work import at_work
from idp.errors import WrongInput
from idp.settings import SettingsError

#: The exit code of `verify` when the chain does not hold.
BROKEN = 1


@click.command()
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path),
    required=True,
    help="A file that is not there yet.",
)
@json_option
def export(target: Path, as_json: bool) -> None:
    """Write the whole trail to a file that only you can read.

    What is committed now is sealed first. `idp audit verify FILE` checks it anywhere, with the public key.
    """
    with at_work(keep=False) as settings:
        seal_everything()
        events = files.export(target, settings.issuer)
        key = signer().public
    told = {
        "file": str(target),
        "events": events,
        "key": key,
        "fingerprint": files.fingerprint(key),
    }
    if as_json:
        show_json(told)
    else:
        say(f"{events} events are in {target}.")
        say(f"Public key {key}, fingerprint {told['fingerprint']}: pass these on by another way.")


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="KEY",
    help="Public audit key, as `idp audit key` shows it.",
)
@click.option(
    "--against",
    type=click.Path(path_type=Path),
    help="An earlier export or stream file: its last checkpoint must still hold in the database.",
)
@json_option
def verify(file: Path | None, keys: tuple[str, ...], against: Path | None, as_json: bool) -> int:
    """Check the trail: the database, or an export.

    A FILE is checked without database or network. Without --key the key comes from this deployment's secret or, where
    there is none, from the file itself: then compare its fingerprint. Exit code 1 names the first bad line.
    """
    verdict, note = _of_database(keys, against) if file is None else _of_file(file, keys, against)
    if as_json:
        show_json(dataclasses.asdict(verdict) | {"holds": verdict.why is None, "note": note})
    else:
        _tell(verdict, note, "number" if file is None else "line")
    return 0 if verdict.why is None else BROKEN


@click.command()
@json_option
def key(as_json: bool) -> None:
    """Show the public key that checkpoints are signed with."""
    with at_work(keep=False):
        public = signer().public
    told = {"key": public, "fingerprint": files.fingerprint(public)}
    if as_json:
        show_json(told)
    else:
        facts(told)


def _of_database(keys: tuple[str, ...], against: Path | None) -> tuple[Verdict, str]:
    with at_work(keep=False):
        own = signer().public
        trusted = files.trusted(own, *keys)
        known = None if against is None else files.last_checkpoint(against, trusted)
        return reading.verify(trusted, own, known), ""


def _of_file(file: Path, keys: tuple[str, ...], against: Path | None) -> tuple[Verdict, str]:
    if against is not None:
        raise WrongInput("--against is for the database; leave out FILE or --against")
    if keys:
        return files.verify(file, files.trusted(*keys), keys[0]), ""
    try:
        with at_work(keep=False):
            own = signer().public
        return files.verify(file, files.trusted(own), own), ""
    except SettingsError:
        named = files.key_in(file)
        note = (
            f"The key came from the file itself: compare its fingerprint, {files.fingerprint(named)},"
            " with what the deployment's operator tells you by another way."
        )
        return files.verify(file, files.trusted(named), named), note


def _tell(verdict: Verdict, note: str, unit: str) -> None:
    if verdict.why is None:
        say(f"{verdict.events} events hold, up to number {verdict.last}.")
        if verdict.unsealed:
            say(f"{verdict.unsealed} events wait to be sealed.")
    else:
        say(f"BROKEN at {unit} {verdict.line}, {verdict.why}: {verdict.what}.")
        say(f"{verdict.events} events before it hold, up to number {verdict.last}.")
    if note:
        say(note)

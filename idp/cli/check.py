"""`idp check-config` and `idp doctor`: what would go wrong, before somebody meets it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import click
from sqlalchemy import func, make_url, select
from sqlalchemy.exc import DBAPIError

from idp import clock, keyring
from idp.breach_list import BreachList
from idp.cli.answers import as_json as show_json
from idp.cli.answers import json_option, say
from idp.cli.demo_values import refuse_outside_the_demo
from idp.cli.line import NOT_WORKING, database_trouble
from idp.cli.work import at_work, settings_of
from idp.database import db
from idp.errors import WrongInput
from idp.oidc import clients
from idp.settings import Settings, SettingsError

#: Above this, times in tokens are wrong enough for applications to refuse them.
MOST_SECONDS_APART = 5


@click.command("check-config")
def check_config() -> None:
    """Check the settings and who can read the root secret, and nothing else.

    Exit code 2 and a line per problem, or the word that they can work.
    """
    settings = settings_of()
    refuse_outside_the_demo(settings)
    if (found := secret_file(settings)).verdict == "wrong":
        raise SettingsError(f"IDP_SECRET_FILE: {found.says}")
    if wrong := [each.says for each in providers(settings) if each.verdict == "wrong"]:
        raise SettingsError(*wrong)
    say(
        f"The settings can work: {settings.issuer}, profiles {', '.join(settings.enabled_profiles)}."
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """What one examination found: `ok`, `note` (works, but know this) or `wrong`."""

    about: str
    verdict: str
    says: str


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Examine this installation.

    Settings, secret, database, keys, clock, gateways. Exit code 1 when something is wrong.
    """
    settings = settings_of()
    refuse_outside_the_demo(settings)
    findings = list(examine(settings))
    if as_json:
        show_json(findings)
    else:
        for each in findings:
            say(f"{each.verdict.ljust(5)}  {each.about}: {each.says}")
    return NOT_WORKING if any(each.verdict == "wrong" for each in findings) else 0


def examine(settings: Settings) -> Iterator[Finding]:
    """Every examination in turn; the later ones need the database, and are left out without it."""
    yield secret_file(settings)
    yield file_keys(settings)
    yield proxies(settings)
    yield metrics_readers(settings)
    if settings.key_models:
        yield key_models(settings)
    yield breached_passwords(settings)
    if settings.redis_url is not None:
        yield counters(settings.redis_url)
    if settings.print_certificate is not None:
        yield print_house(settings.print_certificate)
    found = database(settings)
    yield found
    if found.verdict != "wrong":
        with at_work(settings, keep=False):
            yield the_clock()
            yield signing_keys()
    for what, setting in (("text messages", "sms_gateway"), ("telephone calls", "voice_gateway")):
        yield gateway(settings, what, setting)
    yield from providers(settings)


def secret_file(settings: Settings) -> Finding:
    """Whether others on this machine may read the root secret."""
    file = settings.secret_file
    assert file is not None, "the settings refuse to be without one"
    if others := _open_to_others(file):
        return Finding(
            "root secret", "wrong", f"{file} can be read by {others}; `chmod 600 {file}`"
        )
    return Finding("root secret", "ok", f"{file}, for its owner only")


def file_keys(settings: Settings) -> Finding:
    """What keys in files mean, and whether their folder is closed."""
    folder = settings.key_folder
    if not folder.is_dir():
        return Finding(
            "key folder", "wrong", f"{folder} is not there; `idp keys rotate` makes the first keys"
        )
    open_ones = [file.name for file in sorted(folder.glob("*.json")) if _open_to_others(file)]
    if open_ones:
        return Finding(
            "key folder", "wrong", f"others can read {', '.join(open_ones)}; `chmod 600` them"
        )
    return Finding(
        "key folder",
        "note",
        f"{folder} holds the signing keys, encrypted with the root secret: who controls this process, or has "
        "both, can sign as you; a hardware module would prevent that (see keys/README.md)",
    )


def print_house(certificate: Path) -> Finding:
    """Whether letters can be encrypted to the print house."""
    from idp.servicedesk.print_batches import print_certificate

    try:
        found = print_certificate(certificate)
    except WrongInput as wrong:
        return Finding("print house", "wrong", wrong.why)
    return Finding(
        "print house", "ok", f"its certificate is valid until {found.not_valid_after_utc:%Y-%m-%d}"
    )


def counters(url: str) -> Finding:
    """Whether Redis keeps the counters of tries."""
    from idp.throttle.in_redis import at  # here: most deployments never need its library

    if at(url).answers():
        return Finding("counters", "ok", "Redis keeps them")
    return Finding(
        "counters",
        "wrong",
        "the Redis of IDP_REDIS_URL does not answer; until it does, the database keeps them",
    )


def database(settings: Settings) -> Finding:
    """Whether the database answers and has the tables of this release."""
    from idp import (
        migrations,
    )  # here: Alembic takes 10 MB and a tenth of a second, of every command

    try:
        found = migrations.current(settings.database_url)
    except DBAPIError as wrong:
        return Finding("database", "wrong", database_trouble(wrong))
    if found is None:
        return Finding("database", "wrong", "it has no tables; run `idp db upgrade`")
    if found != migrations.head():
        return Finding(
            "database",
            "wrong",
            f"at {found}, this release needs {migrations.head()}; `idp db upgrade`",
        )
    if others := _open_to_others_as_a_file(settings.database_url):
        return Finding("database", "wrong", others)
    kind = "SQLite, for one machine" if settings.database_url.startswith("sqlite") else "PostgreSQL"
    return Finding("database", "ok", f"{kind}, at {found}")


def the_clock() -> Finding:
    """Whether this machine and the database agree on the time."""
    before = time.monotonic()
    if db.engine.dialect.name == "postgresql":
        theirs: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    else:
        theirs = datetime.fromisoformat(
            db.session.execute(select(func.datetime("now"))).scalar_one()
        )
        theirs = theirs.replace(tzinfo=UTC)
    apart = abs((clock.now() - theirs).total_seconds()) - (time.monotonic() - before)
    if apart > MOST_SECONDS_APART:
        return Finding(
            "clock",
            "wrong",
            f"{apart:.0f} seconds away from the database's; run a time service on both",
        )
    return Finding("clock", "ok", "agrees with the database's")


def signing_keys() -> Finding:
    """Whether there is a key at work for every algorithm that is always needed, and for those that clients ask."""
    active = {key.alg for key in keyring.listing() if key.state == "active"}
    asked = {alg for each in clients.listing() for alg in clients.signed_with(each)}
    if missing := [
        alg
        for alg in keyring.ALGORITHMS
        if alg not in active and (alg in asked or alg in keyring.ALWAYS_NEEDED)
    ]:
        of_clients = [alg for alg in missing if alg not in keyring.ALWAYS_NEEDED]
        who = f" (clients are registered for {', '.join(of_clients)})" if of_clients else ""
        return Finding(
            "signing keys",
            "wrong",
            f"none is active for {', '.join(missing)}{who}; run `idp keys rotate --alg {missing[0]}`",
        )
    if late := keyring.overdue():
        return Finding(
            "signing keys",
            "note",
            f"the next one is overdue for {', '.join(late)}; does the timer run `idp keys rotate --due`?",
        )
    return Finding("signing keys", "ok", f"active: {', '.join(sorted(active))}")


def proxies(settings: Settings) -> Finding:
    """Whether we would know who comes through the proxy."""
    if settings.trusted_proxies:
        return Finding(
            "proxies",
            "ok",
            f"{', '.join(settings.trusted_proxies)} may say where a request comes from",
        )
    if settings.is_loopback:
        return Finding("proxies", "ok", "none, and none is needed on this machine alone")
    return Finding(
        "proxies",
        "note",
        "IDP_TRUSTED_PROXIES is empty: everybody behind the proxy looks like one and shares one budget of tries",
    )


def metrics_readers(settings: Settings) -> Finding:
    """Who may read `/metrics`, and whether the world can come in by that way."""
    networks = [ip_network(each) for each in settings.metrics_from]
    if through := [
        proxy
        for proxy in settings.trusted_proxies
        if any(ip_address(proxy) in network for network in networks)
    ]:
        return Finding(
            "metrics",
            "wrong",
            f"IDP_METRICS_FROM holds the proxy {', '.join(through)}, through which everybody comes",
        )
    if wide := [str(each) for each in networks if each.is_global]:
        return Finding(
            "metrics", "note", f"IDP_METRICS_FROM opens them to public addresses: {', '.join(wide)}"
        )
    readers = ", ".join(("this machine", *settings.metrics_from))
    return Finding("metrics", "ok", f"for {readers}, past the proxy")


def key_models(settings: Settings) -> Finding:
    """Which keys reach *hoog*."""
    count = len(settings.key_models)
    return Finding("hoog", "ok", f"with keys of {count} {'model' if count == 1 else 'models'}")


def breached_passwords(settings: Settings) -> Finding:
    """Whether passwords that leaked elsewhere are refused."""
    file = settings.breached_passwords
    if file is None:
        return Finding(
            "leaked passwords",
            "note",
            "IDP_BREACHED_PASSWORDS names no list, so only what is easily guessed is refused "
            "(`idp passwords import-breached`)",
        )
    known = BreachList(file)  # whole, or the settings had refused it
    known.close()
    return Finding("leaked passwords", "ok", f"{known.entries} on the list {file}")


def gateway(settings: Settings, what: str, setting: str) -> Finding:
    """Whether codes can go out this way."""
    chosen: tuple[str, ...] = getattr(settings, setting)
    if not chosen:
        return Finding(
            what, "note", f"no gateway (IDP_{setting.upper()}), so this method is not offered"
        )
    if "outbox" in chosen:
        return Finding(what, "ok", "to the demo phone")
    return Finding(what, "ok", f"by {', and where that does not take one, by '.join(chosen)}")


def providers(settings: Settings) -> Iterator[Finding]:
    """Of each chosen provider, whether its secrets are closed and whether it can tell us what became of a message.

    What it cannot work without, the settings refuse to be without.
    """
    chosen = {*settings.sms_gateway, *settings.voice_gateway}
    if "cm" in chosen:
        files, note = [settings.cm_token_file, settings.cm_reports_secret_file], ""
        if settings.cm_reports_secret_file is None:
            note = "without IDP_CM_REPORTS_SECRET_FILE it cannot tell that a text was not delivered"
        yield _provider("CM.com", files, note)
    if "http" in chosen:
        yield _provider("http gateway", [settings.http_gateway_file], "")
    if "twilio" in chosen:
        note = ""
        if settings.is_loopback:
            note = (
                "it cannot reach a loopback issuer, so it says nothing in calls and reports nothing"
            )
        yield _provider("Twilio", [settings.twilio_token_file], note)


def _provider(name: str, secrets: Iterable[Path | None], note: str) -> Finding:
    for file in secrets:
        if file is not None and (others := _open_to_others(file)):
            return Finding(name, "wrong", f"{file} can be read by {others}; `chmod 600 {file}`")
    if note:
        return Finding(name, "note", note)
    return Finding(name, "ok", "complete; whether it knows the token shows at the first message")


def _open_to_others_as_a_file(database_url: str) -> str:
    file = make_url(database_url).database
    if not database_url.startswith("sqlite") or not file or not Path(file).is_file():
        return ""
    who = _open_to_others(Path(file))
    return f"{who} can open {file}; `chmod 600` it" if who else ""


def _open_to_others(file: Path) -> str:
    mode = file.stat().st_mode
    return " and ".join(
        who for bits, who in ((0o070, "its group"), (0o007, "everybody")) if mode & bits
    )

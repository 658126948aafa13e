"""`idp keys`: the keys that sign tokens, and those to which applications encrypt their requests."""

from __future__ import annotations

import click

from idp import keyring
from idp.cli.answers import as_json as show_json
from idp.cli.answers import json_option, listing, moment, say
from idp.cli.line import Verbs
from idp.cli.work import at_work, operator
from idp.errors import WrongInput


@click.group(cls=Verbs)
def keys() -> None:
    """Keys that sign, and keys to which applications encrypt.

    A key is next, active, retired or withdrawn; keys/README.md tells of the ceremony.
    """


@keys.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the keys in the order of their turn."""
    with at_work(keep=False):
        rows = [
            {
                "kid": each.kid,
                "alg": each.alg,
                "state": each.state,
                "published": each.published,
                "created_at": each.created_at,
                "active_from": each.active_from,
                "published_until": each.published_until,
            }
            for each in keyring.listing()
        ]
    headings = {
        "kid": "KID",
        "alg": "ALG",
        "state": "STATE",
        "published": "PUBLISHED",
        "active_from": "AT WORK FROM",
        "published_until": "PUBLISHED UNTIL",
    }
    listing(
        rows, headings, in_json=as_json, none="No keys; `idp keys rotate` makes the first ones."
    )


@keys.command()
@click.option("--alg", type=click.Choice(keyring.ALGORITHMS), help="Only for this algorithm.")
@click.option(
    "--at-once",
    is_flag=True,
    help="Sign with it now: applications that cached the old set fail for a while.",
)
@click.option(
    "--due",
    is_flag=True,
    help="Only where it is time: for a timer, every day, on as many machines as there are.",
)
def rotate(alg: str | None, at_once: bool, due: bool) -> None:
    """Make the next key: published now, signing in eight days; the first key of an algorithm signs at once."""
    if due and (alg or at_once):
        raise WrongInput("--due chooses by itself; leave --alg and --at-once out")
    with at_work():
        made = (
            keyring.rotate_due(actor=operator())
            if due
            else keyring.rotate(alg, actor=operator(), at_once=at_once)
        )
    for each in made:
        say(f"Added {each.alg} key {each.kid}, at work from {moment(each.active_from)}.")
    if not made:
        say("No key is due.")


#: One in sixty-four has a name that begins with a dash; it is a name all the same.
@keys.command(context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]})
@click.argument("kid")
def retire(kid: str) -> None:
    """Withdraw a key now, because it leaked: nothing it signed is ours any more. The beginning of KID is enough."""
    with at_work():
        withdrawn = keyring.retire(kid, actor=operator())
    say(f"Withdrew {withdrawn.alg} key {withdrawn.kid}; it has left the published set.")


@keys.command("export-jwks")
def export_jwks() -> None:
    """Print the public keys as a JWK Set (RFC 7517), as /oauth2/jwks serves it."""
    with at_work(keep=False):
        show_json(keyring.export_jwks())

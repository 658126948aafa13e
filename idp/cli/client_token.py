"""`idp client token`: leave for applications to register themselves (RFC 7591 section 3)."""

from __future__ import annotations

from datetime import timedelta

import click

from idp.assurance import Assurance
from idp.cli.answers import as_json as show_json
from idp.cli.answers import json_option, listing, moment, say
from idp.cli.line import Verbs
from idp.cli.parameters import REQUIRED_LEVEL
from idp.cli.work import at_work, operator
from idp.models import RegistrationToken
from idp.oidc import registration_tokens


@click.group(cls=Verbs)
def token() -> None:
    """Tokens with which applications register themselves; IDP_DYNAMIC_REGISTRATION switches that on."""


@token.command()
@click.argument("remark", metavar="FOR_WHOM")
@click.option("--profile", required=True, help="The policy its clients live under: basic or nlgov.")
@click.option(
    "--level",
    type=REQUIRED_LEVEL,
    help="The least a sign-in for them must be; substantieel (or the application's) when left out.",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="A scope they may have; the profile's own when left out. May be given more than once.",
)
@click.option("--application", "application_id", help="The application that they belong to.")
@click.option("--clients", "most", type=int, default=1, show_default=True, help="How many.")
@click.option(
    "--days",
    type=click.IntRange(1, registration_tokens.LONGEST_LIFE.days),
    default=registration_tokens.USUAL_LIFE.days,
    show_default=True,
    help="How long it can be used.",
)
@click.option("--test", "is_test", is_flag=True, help="They are test clients.")
@click.option(
    "--third-party/--own",
    "is_third_party",
    default=True,
    show_default=True,
    help="Whether people are asked what they may know.",
)
@json_option
def issue(
    remark: str,
    profile: str,
    level: Assurance | None,
    scopes: tuple[str, ...],
    application_id: str | None,
    most: int,
    days: int,
    is_test: bool,
    is_third_party: bool,
    as_json: bool,
) -> None:
    """Make a token, shown once; what its clients may become is said here and not by them."""
    with at_work() as settings:
        row, secret = registration_tokens.issue(
            remark=remark,
            profile=profile,
            level=level,
            scopes=[each for value in scopes for each in value.split()],
            application_id=application_id,
            is_test=is_test,
            is_third_party=is_third_party,
            most=most,
            lasts=timedelta(days=days),
            actor=operator(),
        )
        whole, until = _row(row), moment(row.expires_at)
    if as_json:
        show_json(whole | {"token": secret.reveal()})
        return
    say(f"Issued token {whole['id']} for {most} client(s) of {profile}, valid until {until}.")
    say(f"Registration token, shown this once: {secret.reveal()}")
    say(f"It goes as bearer token to {settings.issuer}/oauth2/register.")
    if not settings.dynamic_registration:
        say("That address is not there yet: set IDP_DYNAMIC_REGISTRATION to 1 and start again.")


@token.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the tokens ever issued, youngest first; never the tokens themselves."""
    with at_work(keep=False):
        rows = [_row(each) for each in registration_tokens.listing()]
    headings = {
        "id": "ID",
        "remark": "FOR",
        "standing": "STANDING",
        "profile": "PROFILE",
        "level": "LEVEL",
        "used": "USED",
        "most": "OF",
        "expires_at": "VALID UNTIL",
        "issued_by": "BY",
    }
    listing(rows, headings, in_json=as_json, none="No registration tokens.")


@token.command()
@click.argument("token_id", metavar="ID")
def withdraw(token_id: str) -> None:
    """Nobody registers with it any more; the clients that did stay, until `idp client remove`."""
    with at_work():
        row = registration_tokens.withdraw(token_id, actor=operator())
        sentence = (
            f"Withdrew token {row.id}, for {row.remark}; {row.used} client(s) registered with it."
        )
    say(sentence)


def _row(row: RegistrationToken) -> dict[str, object]:
    return {
        "id": row.id,
        "remark": row.remark,
        "standing": registration_tokens.standing(row),
        "profile": row.profile,
        "level": Assurance.numbered(row.level).label,
        "scopes": row.scopes,
        "application_id": row.application_id,
        "is_test": row.is_test,
        "is_third_party": row.is_third_party,
        "used": row.used,
        "most": row.most,
        "issued_at": row.issued_at,
        "issued_by": row.issued_by,
        "expires_at": row.expires_at,
    }

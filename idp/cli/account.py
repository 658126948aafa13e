"""`idp account`: people's access, one relation and user name each."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from idp.accounts import activation_codes, credentials, directory, grants, personal, sessions
from idp.assurance import Level
from idp.audit import Event, record
from idp.cli import account_import
from idp.cli.answers import as_json as show_json
from idp.cli.answers import facts, json_option, listing, many, say
from idp.cli.line import Verbs
from idp.cli.parameters import LEVEL, account_arguments, personal_options
from idp.cli.work import at_work, operator
from idp.errors import WrongInput
from idp.models import Account
from idp.servicedesk import colleagues
from idp.servicedesk.roles import Role

CONFIRMED: Final = (
    "You know that the address is the person's own: links to a new password may go there."
)


@click.group(cls=Verbs)
def account() -> None:
    """Accounts: a person under a relation."""


@account.command()
@account_arguments
@click.option("--name", required=True, help="The person's name.")
@click.option("--email", help="A mail address for notices.")
@click.option("--email-confirmed", is_flag=True, help=CONFIRMED)
@personal_options
@click.option("--level", type=LEVEL, help="Enrolment level; IDP_ENROLMENT_LEVEL when left out.")
@click.option(
    "--role",
    help="A role at the desk (medewerker, beheerder, auditor, applicatiebeheerder); for the body's own staff only.",
)
def add(
    number: str,
    username: str,
    name: str,
    email: str | None,
    email_confirmed: bool,
    level: Level | None,
    role: str | None,
    **further: str | None,
) -> None:
    """Add an account with a generated start password, shown once; the person replaces it after the second step."""
    with at_work() as settings:
        added, start = directory.add_account(
            relation=directory.find_relation(number),
            username=username,
            name=name,
            email=email,
            email_confirmed=email_confirmed,
            further=_given(further),
            level=level or Level.named(settings.enrolment_level),
            desk_role=_desk_role(role),
            actor=operator(),
        )
        sentence = f"Added account {_called(added)}, {added.name}, level {added.level.label}."
    say(sentence)
    if start is not None:
        say(f"Start password, shown this once: {start.reveal()}")


@account.command()
@account_arguments
@click.option("--name", help="The person's name.")
@click.option("--email", help='A mail address for notices; "" takes it away.')
@click.option("--email-confirmed", is_flag=True, help=CONFIRMED)
@personal_options
def update(
    number: str,
    username: str,
    name: str | None,
    email: str | None,
    email_confirmed: bool,
    **further: str | None,
) -> None:
    """Change what applications hear of a person. What is left out stays; an empty value ("") takes it away."""
    with at_work():
        found = directory.find_account(number, username)
        changed = directory.update_account(
            found,
            name=name,
            email=email,
            email_confirmed=email_confirmed,
            further=_given(further),
            actor=operator(),
        )
        sentence = f"Changed account {_called(found)}: {', '.join(changed)}."
    say(sentence)


@account.command()
@account_arguments
@click.argument("role", metavar="ROLE|none")
def role(number: str, username: str, role: str) -> None:
    """Give somebody of the body's own staff another role at the desk, or none; it holds from the next page."""
    with at_work():
        found = directory.find_account(number, username)
        given = None if role == "none" else Role.named(role)
        if given == found.desk_role:
            raise WrongInput(f"that is the role of {_called(found)} already")
        colleagues.write_role(found, given, actor=operator())
        sentence = f"Account {_called(found)} has {f'role {given}' if given else 'no role'} now."
    say(sentence)


@account.command("list")
@click.option(
    "--relation", "number", metavar="RELATIENUMMER", help="Only accounts of this relation."
)
@json_option
def list_(number: str | None, as_json: bool) -> None:
    """List accounts."""
    with at_work(keep=False):
        relation = directory.find_relation(number) if number else None
        rows = [_row(each) for each in directory.accounts(relation)]
    rows.sort(key=lambda row: (len(row["relatienummer"]), row["relatienummer"]))
    headings = {
        "relatienummer": "NUMBER",
        "gebruikersnaam": "USER NAME",
        "name": "NAME",
        "standing": "STANDING",
        "level": "LEVEL",
        "desk_role": "DESK ROLE",
    }
    listing(rows, headings, in_json=as_json, none="No accounts.")


@account.command()
@account_arguments
@json_option
def show(number: str, username: str, as_json: bool) -> None:
    """Show one account: standing, methods, activation codes, applications, sessions. Its holder sees that you did."""
    with at_work():
        found = directory.find_account(number, username)
        record(
            Event.ACCOUNT_SHOWN,
            actor=operator(),
            account_id=found.id,
            relation_id=found.relation_id,
        )
        whole = _row(found) | {
            "relation": found.relation.name,
            "relation_blocked_at": found.relation.blocked_at,
            "email": directory.email_of(found),
            "email_confirmed_at": found.email_confirmed_at,
            **personal.unseal(found.personal_sealed, found.id),
            "start_password": found.password_is_temporary,
            "password_scheme": found.password_scheme,
            "methods": [
                {
                    "kind": each.kind,
                    "confirmed_at": each.confirmed_at,
                    "last_used_at": each.last_used_at,
                }
                for each in credentials.of_account(found.id)
            ],
            "activation_codes": [
                {"standing": activation_codes.standing(each), "issued_at": each.issued_at}
                for each in activation_codes.of_account(found.id)
            ],
            "applications": [
                {"id": each.id, "roles": list(each.roles)} for each in grants.of_account(found.id)
            ],
            "sessions": len(sessions.of_account(found.id)),
        }
    if as_json:
        show_json(whole)
    else:
        facts(
            whole
            | {
                name: _short(whole[name])
                for name in ("methods", "activation_codes", "applications")
            }
        )


@account.command()
@account_arguments
def block(number: str, username: str) -> None:
    """Block an account; its sessions end now."""
    with at_work():
        found = directory.find_account(number, username)
        ended = directory.block_account(found, actor=operator())
        sentence = f"Blocked account {_called(found)}; sessions ended: {ended}."
    say(sentence)


@account.command()
@account_arguments
def unblock(number: str, username: str) -> None:
    """Let a blocked account sign in again."""
    with at_work():
        found = directory.find_account(number, username)
        directory.unblock_account(found, actor=operator())
        sentence = f"Unblocked account {_called(found)}."
    say(sentence)


@account.command("reset-password")
@account_arguments
def reset_password(number: str, username: str) -> None:
    """Give a new start password, shown once; its sessions end, its methods stay."""
    with at_work():
        found = directory.find_account(number, username)
        start = directory.reset_password(found, actor=operator())
        sentence = f"Reset the password of {_called(found)}; its sessions have ended."
    say(sentence)
    say(f"Start password, shown this once: {start.reveal()}")


@account.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every line, change nothing.")
@click.option("--emails-confirmed", is_flag=True, help=CONFIRMED)
@json_option
def import_(file: Path, dry_run: bool, emails_confirmed: bool, as_json: bool) -> None:
    """Add the accounts of a CSV file: all of them, or none.

    The header is relatienummer,gebruikersnaam,naam,email,niveau,wachtwoordhash. The last three may be empty. A hash
    is of bcrypt, PBKDF2 or Argon2 and is replaced by ours at the next sign-in; without one, a start password is made
    and shown once. After those may come any of voornaam,achternaam,telefoonnummer,straat,postcode,plaats,land.
    """
    with at_work(keep=not dry_run) as settings:
        people = account_import.read_people(file, Level.named(settings.enrolment_level))
        made = (
            []
            if dry_run
            else account_import.add_all(
                people, settings, actor=operator(), emails_confirmed=emails_confirmed
            )
        )
    if as_json:
        show_json({"dry_run": dry_run, "accounts": len(people), "start_passwords": made})
    elif dry_run:
        say(f"Dry run: {many(len(people), 'account')} can be added; nothing changed.")
    else:
        say(f"Added {many(len(people), 'account')}.")
        if made:
            say("Start passwords, shown this once:")
            listing(
                made,
                {
                    "relatienummer": "NUMBER",
                    "gebruikersnaam": "USER NAME",
                    "startwachtwoord": "START PASSWORD",
                },
                in_json=False,
                none="",
            )


def _given(further: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in further.items() if value is not None}


def _called(found: Account) -> str:
    return f"{found.relation.number} {found.username}"


def _row(found: Account) -> dict[str, Any]:
    return {
        "relatienummer": found.relation.number,
        "gebruikersnaam": found.username,
        "name": found.name,
        "standing": found.standing,
        "level": found.level.label,
        "desk_role": found.desk_role,
        "blocked_at": found.blocked_at,
        "created_at": found.created_at,
    }


def _short(rows: list[dict[str, Any]]) -> list[str]:
    return [str(next(iter(row.values()))) for row in rows]


def _desk_role(role: str | None) -> str | None:
    return None if role is None else Role.named(role).value

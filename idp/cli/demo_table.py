"""What `idp demo` prints once both servers answer: where to go, who can sign in, which code to use."""

from __future__ import annotations

import sys
from typing import Any

import click

from idp.cli import demo_people
from idp.cli.answers import say, table
from idp.cli.demo_folder import DemoFolder


def tell(folder: DemoFolder, description: dict[str, Any], *, code_waits: bool) -> None:
    """Print the table, in Dutch."""
    accounts = {each["purpose"]: each for each in description["accounts"]}
    places = {
        "Inloggen en portal": description["issuer"],
        "Demo-applicatie": description["relying_party"],
        "Demo-telefoon": description["outbox"],
        "Alles voor scripts": str(folder.ready),
    }
    if "ca_bundle" in description:
        places["Demo-CA (https)"] = description["ca_bundle"]
    click.echo()
    for name, place in places.items():
        say(f"{name.ljust(19)} {place}")
    click.echo()
    rows = [
        [
            person.says,
            account["relatienummer"],
            account["gebruikersnaam"],
            account["wachtwoord"],
        ]
        for person in demo_people.PEOPLE
        if (account := accounts.get(person.purpose))
    ]
    table(rows, ["VOOR", "RELATIENUMMER", "GEBRUIKERSNAAM", "WACHTWOORD"])
    click.echo()
    new = accounts["new"]
    over = "al gebruikt of verlopen; begin opnieuw met `make demo FRESH=1`"
    say(
        f"Activatiecode van {new['gebruikersnaam']}: {new['activatiecode'] if code_waits else over}"
    )
    click.echo()
    apps = [
        [account["relatienummer"], account["gebruikersnaam"], account["totp_secret"]]
        for person in demo_people.PEOPLE
        if "totp_secret" in (account := accounts.get(person.purpose, {}))
    ]
    table(apps, ["RELATIENUMMER", "GEBRUIKERSNAAM", "AUTHENTICATOR-APP"])
    click.echo()
    say("Ctrl-C stopt de demo.")
    sys.stdout.flush()

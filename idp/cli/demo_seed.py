"""Filling the demo: by the same functions that an operator's verbs call."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any, Final, cast

import pyotp
from joserfc.jwk import RSAKey

from idp import clock, keyring, migrations
from idp.accounts import activation_codes, directory, grants, passwords
from idp.assurance import REGISTRABLE, Level
from idp.cli import demo_people, demo_tls
from idp.cli.application import find_application
from idp.cli.demo_folder import Addresses, DemoFolder
from idp.cli.demo_people import DemoApplication, DemoPerson
from idp.cli.work import at_work, settings_of
from idp.database import db
from idp.errors import WrongInput
from idp.mfa import seeding
from idp.models import Account, ActivationCode
from idp.oidc import clients
from idp.servicedesk import applications
from idp.settings import Settings

ACTOR = "demo"
_ADDED_BY: Final = {"sms": seeding.add_sms, "voice": seeding.add_voice}

Description = dict[str, Any]


def seed(folder: DemoFolder, addresses: Addresses) -> Description:
    """Make everything anew in the folder and return what `demo.json` tells of it."""
    folder.clear()
    _certificates(folder, addresses)
    folder.new_secret()
    environment = folder.environment(addresses)
    settings = settings_of(environment)
    migrations.upgrade(settings.database_url)
    with at_work(settings):
        keyring.rotate(actor=ACTOR)
        applications = [_application(settings, each, addresses) for each in demo_people.CLIENTS]
        for relation in demo_people.RELATIONS:
            directory.add_relation(
                number=relation.number, name=relation.name, kind=relation.kind, actor=ACTOR
            )
        accounts = [_person(each) for each in demo_people.PEOPLE]
    description = describe(folder, addresses, accounts, applications)
    folder.note(description)
    return description


def move(folder: DemoFolder, addresses: Addresses, kept: Description) -> Description:
    """Let what was seeded before follow the addresses of this start, on the tables of this release."""
    _certificates(folder, addresses)
    settings = settings_of(folder.environment(addresses))
    if migrations.current(settings.database_url) != migrations.head():
        migrations.upgrade(settings.database_url)
    if (kept["issuer"], kept["relying_party"]) != (addresses.issuer, addresses.relying_party):
        with at_work(settings):
            for each in demo_people.CLIENTS:
                here = addresses_of(each, addresses)
                if each.of is None:
                    find_application(each.id).address = here["initiate_login_uri"]
                with contextlib.suppress(
                    WrongInput
                ):  # a client that somebody removed stays removed
                    clients.update(each.id, actor=ACTOR, **cast("clients.Changes", here))
        for client in kept["clients"]:
            application = next(
                each for each in demo_people.CLIENTS if each.id == client["client_id"]
            )
            client["redirect_uris"] = addresses_of(application, addresses)["redirect_uris"]
    description = describe(folder, addresses, kept["accounts"], kept["clients"])
    folder.note(description)
    return description


def _certificates(folder: DemoFolder, addresses: Addresses) -> None:
    """Before the settings are read, which name the authority."""
    if addresses.tls:
        demo_tls.make_certificates(folder.tls)


def describe(
    folder: DemoFolder,
    addresses: Addresses,
    accounts: list[Description],
    registered: list[Description],
) -> Description:
    """The contents of `demo.json`."""
    return {
        "issuer": addresses.issuer,
        "relying_party": addresses.relying_party,
        "outbox": f"{addresses.issuer}/demo/telefoon",
        "environment": folder.environment(addresses),
        **({"ca_bundle": str(folder.tls / "ca.pem")} if addresses.tls else {}),
        "accounts": accounts,
        "clients": registered,
    }


def code_still_waits(folder: DemoFolder, addresses: Addresses) -> bool:
    """Whether the new person of the demo can still activate."""
    new = next(each for each in demo_people.PEOPLE if each.purpose == "new")
    with at_work(settings_of(folder.environment(addresses)), keep=False):
        return activation_codes.has_live(directory.find_account(new.relation, new.username).id)


def addresses_of(application: DemoApplication, addresses: Addresses) -> Description:
    """Where one application lives at the demo relying party; the first one also at the root."""
    root = addresses.relying_party
    homes = [f"{root}/{application.id}"]
    if application is demo_people.APPLICATIONS[0]:
        homes.append(root)
    return {
        "redirect_uris": [f"{home}/callback" for home in homes],
        "post_logout_redirect_uris": [f"{home}/uitgelogd" for home in homes],
        "initiate_login_uri": f"{homes[0]}/inloggen",
        "backchannel_logout_uri": f"{homes[0]}/afgemeld",
    }


def _application(
    settings: Settings, application: DemoApplication, addresses: Addresses
) -> Description:
    registered = addresses_of(application, addresses)
    private_jwks, public_jwks = (
        _key_pair() if application.auth_method == "private_key_jwt" else (None, None)
    )
    if application.of is None:
        applications.add(
            settings,
            identifier=application.id,
            name=application.name,
            address=registered["initiate_login_uri"],
            description=application.description,
            level=REGISTRABLE[application.level],
            position=None,
            actor=ACTOR,
        )
    client, secret = clients.add(
        client_id=application.id,
        name=application.name,
        profile=application.profile,
        auth_method=application.auth_method,
        scopes=application.scopes,
        jwks=public_jwks,
        application_id=application.id if application.of is None else None,
        level=REGISTRABLE[application.level],
        sector=f"{application.id}.voorbeeld",
        actor=ACTOR,
        **registered,
    )
    described: Description = {
        "client_id": client.client_id,
        "profile": client.profile,
        "auth_method": client.auth_method,
        "redirect_uris": client.redirect_uris,
    }
    if secret is not None:
        described["client_secret"] = secret.reveal()
    if private_jwks is not None:
        described["private_jwks"] = private_jwks
    return described


def _key_pair() -> tuple[Description, Description]:
    """A key for `private_key_jwt` (RS256, which every library knows), private and public."""
    key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
    return {"keys": [key.as_dict(private=True)]}, {"keys": [key.as_dict(private=False)]}


def _person(person: DemoPerson) -> Description:
    account, _ = directory.add_account(
        relation=directory.find_relation(person.relation),
        username=person.username,
        name=person.name,
        level=Level.SUBSTANTIEEL,
        desk_role=person.desk_role,
        email=person.mail_address,
        email_confirmed=person.mail_confirmed,
        actor=ACTOR,
    )
    passwords.set_password(account, person.password, temporary=False)
    described: Description = {
        "purpose": person.purpose,
        "relatienummer": person.relation,
        "gebruikersnaam": person.username,
        "wachtwoord": person.password,
    }
    if person.code is not None:
        described["activatiecode"] = _code(account, person.code)
    if person.totp:
        described["totp_secret"] = pyotp.random_base32()
        seeding.add_totp(account, described["totp_secret"])
    if person.phone is not None:
        described["telefoonnummer"] = person.phone
        for kind in person.reached_by:
            _ADDED_BY[kind](account, person.phone)
    if person.mail_address is not None:
        described["mailadres"] = person.mail_address
    for application, roles in person.grants:
        grants.grant(
            account,
            find_application(application),
            roles=roles,
            starts_at=None,
            ends_at=None,
            actor=ACTOR,
        )
    if person.blocked:
        directory.block_account(account, actor=ACTOR)
    db.session.flush()
    return described


def _code(account: Account, state: str) -> str:
    """Issue the person's code, at a moment in the past where its state needs one, and let happen what did."""
    ago = {
        "live": timedelta(0),
        "expired": timedelta(days=30),
        "used": timedelta(days=9),
        "window-closed": timedelta(days=3),
    }
    with clock.standing_at(clock.now() - ago[state]) as then:
        code, readable = activation_codes.issue(account, channel="letter", actor=ACTOR)
        if state in {"used", "window-closed"}:
            _spend(code, then.move(timedelta(hours=2)), with_a_method=state == "used")
    return readable.reveal()


def _spend(code: ActivationCode, at: datetime, *, with_a_method: bool) -> None:
    """What entering the code leaves behind; of a browser that no longer exists."""
    code.spent_at = at
    code.window_browser = "0" * 64
    code.window_ends_at = at + activation_codes.WINDOW
    if with_a_method:
        code.method_confirmed_at = at + timedelta(minutes=4)
        code.finished_at = at + timedelta(minutes=5)

"""Whom and what `idp conformance prepare` makes, by the same functions that an operator's verbs call.

The clients are test clients at `laag`: they may leave out PKCE, as the plans do, and a password suffices to sign in.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

import pyotp
from joserfc.jwk import RSAKey

from idp.accounts import directory, passwords
from idp.assurance import REGISTRABLE, Level
from idp.cli.conformance_suite import Suite
from idp.cli.work import operator
from idp.mfa import seeding
from idp.oidc import clients, registration_tokens

#: The only organisation that a folder of ours ever holds.
RELATION: Final = "10000009"
USERNAMES: Final = ("suite", "suite2")
SCOPES: Final = ("openid", "profile", "email", "address", "phone")
#: Name in the suite's files -> how that client authenticates.
STATIC: Final = {
    "client": "client_secret_basic",
    "client2": "client_secret_basic",
    "client_secret_post": "client_secret_post",
    "client_private_key_jwt": "private_key_jwt",
}


def people() -> list[dict[str, str]]:
    """Two people with every standard claim that we hold, and a method, without which nobody is let in at `laag`."""
    relation = directory.add_relation(
        number=RELATION, name="Conformiteitstest", kind="test", actor=operator()
    )
    told = []
    for place, username in enumerate(USERNAMES, 1):
        account, _ = directory.add_account(
            relation=relation,
            username=username,
            name=f"Test Persoon {place}",
            email=f"{username}@example.com",
            further={
                "given_name": "Test",
                "family_name": f"Persoon {place}",
                "phone_number": "+31881234567",
                "street_address": f"Teststraat {place}",
                "postal_code": "1234 AB",
                "locality": "Voorbeeld",
                "country": "Nederland",
            },
            level=Level.SUBSTANTIEEL,
            actor=operator(),
        )
        password, totp = secrets.token_urlsafe(18), pyotp.random_base32()
        passwords.set_password(account, password, temporary=False)
        seeding.add_totp(account, totp)
        told.append(
            {
                "relatienummer": RELATION,
                "gebruikersnaam": username,
                "wachtwoord": password,
                "totp_secret": totp,
            }
        )
    return told


def static_clients(suite: Suite) -> dict[str, dict[str, Any]]:
    """The static clients, in the words of the suite's files."""
    made = {}
    for name, method in STATIC.items():
        key = _key() if method == "private_key_jwt" else None
        client, secret = clients.add(
            client_id=f"suite-{name.replace('_', '-')}",
            name=f"Conformance suite, {name}",
            profile="basic",
            auth_method=method,
            grant_types=("authorization_code", "refresh_token"),
            redirect_uris=suite.redirect_uris,
            post_logout_redirect_uris=[suite.at("post_logout_redirect")],
            backchannel_logout_uri=suite.at("backchannel_logout"),
            frontchannel_logout_uri=suite.at("frontchannel_logout"),
            frontchannel_logout_session_required=True,
            scopes=SCOPES,
            jwks={"keys": [key.as_dict(private=False)]} if key else None,
            level=REGISTRABLE["laag"],
            is_test=True,
            actor=operator(),
        )
        credential: dict[str, Any] = {}
        if secret is not None:
            credential["client_secret"] = secret.reveal()
        if key is not None:
            credential["jwks"] = {"keys": [key.as_dict(private=True)]}
        made[name] = {"client_id": client.client_id, **credential}
    return made


def token() -> str:
    """Leave for the suite to register its own clients, at the same level and for nothing more."""
    _, secret = registration_tokens.issue(
        remark="conformance suite",
        profile="basic",
        level=REGISTRABLE["laag"],
        scopes=SCOPES,
        is_test=True,
        is_third_party=False,
        most=registration_tokens.MOST_CLIENTS,
        lasts=registration_tokens.LONGEST_LIFE,
        actor=operator(),
    )
    return secret.reveal()


def _key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

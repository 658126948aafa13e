"""What a client's registration can say on the line, for `idp client add` and `update` alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from idp import keyring
from idp.cli.client_logouts import ADDRESSES, OPTIONS
from idp.cli.parameters import REQUIRED_LEVEL

Command = TypeVar("Command", bound=Callable[..., Any])

#: An option that may be given several times, and what it is called in a registration (RFC 7591 section 2).
LISTS: Final = {
    "--redirect-uri": ("redirect_uris", "Where codes may go, exactly."),
    "--post-logout-redirect-uri": (
        "post_logout_redirect_uris",
        "Where people may go after signing out, exactly.",
    ),
    "--form-action-origin": (
        "form_action_origins",
        "A further origin that the callback redirects on to.",
    ),
    "--audience": (
        "audiences",
        "An API that its access tokens may be for; the first is the usual one.",
    ),
    "--id-token-claim": (
        "id_token_claims",
        "A claim of its scopes that stands in its ID Token too.",
    ),
    "--request-uri": (
        "request_uris",
        "Where its signed requests may be fetched, exactly; a fragment is the SHA-256 of what lies there.",
    ),
    "--scope": ("scopes", "A scope it may ask; the profile's own when left out."),
}
#: What an empty value takes away.
CLEARED: Final = (
    "application_id",
    "initiate_login_uri",
    "sector",
    "resource",
    "jwks_uri",
    "request_object_signing_alg",
    "id_token_encrypted_response_alg",
    "id_token_encrypted_response_enc",
    "userinfo_signed_response_alg",
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    *ADDRESSES,
)
_GRANTS: Final = ("authorization_code", "refresh_token", "client_credentials", "")
_METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")


def registration_options(command: Command) -> Command:
    """What `add` and `update` both take."""
    options = [
        click.option(
            "--auth-method",
            type=click.Choice(_METHODS),
            help="How it authenticates; the profile's first when left out.",
        ),
        click.option(
            "--grant-type",
            "grant_types",
            multiple=True,
            type=click.Choice(_GRANTS),
            help='authorization_code when left out; refresh_token beside it; client_credentials alone; "" for an API.',
        ),
        click.option(
            "--access-token-format",
            type=click.Choice(("opaque", "jwt")),
            help="What its access tokens look like; jwt when they are for an API, else the profile's first.",
        ),
        click.option(
            "--resource", help="The address of the API that it is; it may ask about tokens for it."
        ),
        *(
            click.option(option, member, multiple=True, help=f"{says} May be given more than once.")
            for option, (member, says) in LISTS.items()
        ),
        click.option(
            "--jwks",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="File with its public keys (a JWK Set), for private_key_jwt, signed requests and encryption.",
        ),
        click.option("--jwks-uri", help="Or: the address where it publishes them."),
        click.option(
            "--request-object-signing-alg",
            help="The only algorithm that signs its requests; any of the profile when left out.",
        ),
        click.option(
            "--require-signed/--no-require-signed",
            "require_signed_request_object",
            default=None,
            help="Whether its requests count only when it signed them.",
        ),
        click.option(
            "--application-type",
            type=click.Choice(("web", "native")),
            help="native may return to http://127.0.0.1 on any port.",
        ),
        click.option(
            "--application",
            "application_id",
            help="The application it belongs to: without a grant, no sign-in.",
        ),
        click.option(
            "--level",
            type=REQUIRED_LEVEL,
            help="The least a sign-in must be: laag, substantieel, phr or hoog; the application's when left out.",
        ),
        click.option(
            "--id-token-alg",
            "--id-token-signed-response-alg",
            "id_token_alg",
            help=f"What signs its ID Tokens: {', '.join(keyring.SIGNING)}.",
        ),
        click.option(
            "--userinfo-signed-response-alg",
            help="What signs its UserInfo, which is a JWT then; JSON when left out.",
        ),
        *(
            click.option(f"--{of}-encrypted-response-{part}", help=f"{says} its {called}.")
            for of, called in (("id-token", "ID Tokens"), ("userinfo", "UserInfo"))
            for part, says in (
                ("alg", "How we wrap the key (RSA-OAEP-256 ...) that encrypts"),
                ("enc", "What encrypts (A256GCM ...); the profile's first when left out:"),
            )
        ),
        click.option(
            "--sector", help="What its pseudonyms are for; the host of its addresses when left out."
        ),
        click.option(
            "--subject-type", type=click.Choice(("pairwise", "public")), help="The kind of `sub`."
        ),
        click.option(
            "--initiate-login-uri", help="Where the portal sends people to sign in there."
        ),
        click.option(
            "--test/--no-test",
            "is_test",
            default=None,
            help="A test client: basic may use http://localhost.",
        ),
        click.option(
            "--require-pushed/--no-require-pushed",
            "require_pushed_authorization_requests",
            default=None,
            help="Whether its requests count only when it pushed them (PAR).",
        ),
        click.option(
            "--third-party/--own",
            "is_third_party",
            default=None,
            help="Whether it belongs to somebody else: then people are asked what it may know.",
        ),
        click.option(
            "--represents/--no-represents",
            default=None,
            help="Whether nlgov tells for whom a person acts; without only when that was agreed not to apply.",
        ),
    ]
    for option in reversed((*options, *OPTIONS)):
        command = option(command)
    return command

"""A program of the body: it gets a token for itself, and asks the API with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from werkzeug.test import TestResponse

from idp.oidc.own_api import PATH, SCOPES
from tests.protocol.relying_party import ISSUER, Provider, RelyingParty
from tests.support.house import House

AUDIENCE: Final = f"{ISSUER}{PATH}"
#: Why it changes something.
ERRAND: Final = {"Reden": "organisation", "Controle": "letter", "Ticket": "T-77"}


@dataclass
class Program:
    """A client with the grant client_credentials, and its token."""

    house: House
    client: RelyingParty
    token: str

    def ask(
        self,
        method: str,
        path: str,
        *,
        headers: dict[str, str] | None = None,
        token: str | None = None,
        **said: Any,
    ) -> TestResponse:
        """A request with the token, and with a reason where it changes something."""
        why = {} if method == "GET" else ERRAND
        bearer = {"Authorization": f"Bearer {self.token if token is None else token}"}
        response: TestResponse = self.house.app.test_client().open(
            f"{PATH}{path}",
            method=method,
            base_url=ISSUER,
            headers={**bearer, **why, **(headers or {})},
            **said,
        )
        return response


def program_of(provider: Provider, *scopes: str, asks: str | None = None, **said: Any) -> Program:
    """A registered program with these scopes (all, when none is named) and a token for what it `asks`."""
    held = scopes or tuple(SCOPES)
    usual: dict[str, Any] = {
        "grant_types": ("client_credentials",),
        "post_logout_redirect_uris": (),
        "audiences": (AUDIENCE,),
    }
    client = provider.application(None, redirect_uri="", scopes=held, **(usual | said))
    answer = client.own_token(scope=" ".join(held) if asks is None else asks).get_json()
    return Program(provider.house, client, answer["access_token"])

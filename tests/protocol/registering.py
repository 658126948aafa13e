"""Applications that register themselves, over HTTP only, with a token that the operator made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from werkzeug.test import TestResponse

from idp.oidc import registration_tokens
from tests.protocol.relying_party import CALLBACK, RelyingParty
from tests.support.journeys import ISSUER, House

REGISTER: Final = "/oauth2/register"


@dataclass
class Newcomer:
    """An application with a token, and what it was told when it registered."""

    house: House
    token: str
    told: dict[str, Any] = field(default_factory=dict)

    def post(self, said: Any = None, *, token: str | None = None, **members: Any) -> TestResponse:
        """Ask to be registered, with one callback unless said otherwise."""
        body = {"redirect_uris": [CALLBACK], **members} if said is None else said
        return self.send("POST", REGISTER, self.token if token is None else token, body)

    def register(self, **members: Any) -> dict[str, Any]:
        """The same, where it has to succeed."""
        response = self.post(**members)
        assert response.status_code == 201, response.get_data(as_text=True)
        self.told = response.get_json()
        return self.told

    def managed(self, method: str, said: Any = None, *, token: str | None = None) -> TestResponse:
        """Read, replace or end what was registered."""
        path = self.told["registration_client_uri"].removeprefix(ISSUER)
        access = self.told["registration_access_token"] if token is None else token
        return self.send(method, path, access, said)

    def send(self, method: str, path: str, token: str, said: Any) -> TestResponse:
        """One request of an application's server."""
        content = {"data": said} if isinstance(said, bytes) else {"json": said}
        return self.house.app.test_client().open(
            path,
            method=method,
            base_url=ISSUER,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            **({} if said is None else {"content_type": "application/json", **content}),
        )

    def party(self, **more: Any) -> RelyingParty:
        """The application, ready to ask."""
        return RelyingParty(
            self.house,
            self.told["client_id"],
            self.told["token_endpoint_auth_method"],
            secret=self.told.get("client_secret"),
            redirect_uri=self.told["redirect_uris"][0],
            **more,
        )


def newcomer(house: House, *, profile: str = "basic", **said: Any) -> Newcomer:
    """An application that the operator gave a token."""
    with house.inside():
        _, secret = registration_tokens.issue(
            remark="an application of a test", profile=profile, actor="test", **said
        )
    return Newcomer(house, secret.reveal())


def error_of(response: TestResponse) -> tuple[int, str]:
    """Status and code of a refusal."""
    return response.status_code, response.get_json()["error"]

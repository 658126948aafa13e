"""The places where somebody can hand us a token, and what each says to one that does not belong there.

A `Place` is called with a token and the client that presents it, and returns what came back in a few words; `refusal`
is that of its standard. Nobody's credentials are used up by asking: each call brings its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from werkzeug.test import TestResponse

from tests.attacks.life import every_row
from tests.protocol.relying_party import ASSERTION, ISSUER, RelyingParty
from tests.support.journeys import House, Visitor

#: What grows by asking: what was written down, how often somebody was refused, and which assertions proved the asker.
WRITTEN_DOWN: Final = ("audit_event", "throttle_counter", "spent_assertion")


@dataclass(frozen=True)
class Holder:
    """A client with a browser in which its person is signed in."""

    shop: RelyingParty
    browser: Visitor
    machine: RelyingParty | None = None
    """Whose token it is, when nobody signs in to that client."""

    @property
    def owner(self) -> RelyingParty:
        """The client that asks about the token and gives it back."""
        return self.machine or self.shop

    @property
    def house(self) -> House:
        """Where all of this happens."""
        return self.shop.house

    def asks(self, **changes: str | None) -> str:
        """How an authorization request that may not show a page ends: with `code` or with an error."""
        sent = {name: value for name, value in changes.items() if value is not None}
        address = f"{ISSUER}/oauth2/authorize?{urlencode(sent, quote_via=quote)}"
        page = self.browser.get(address)
        if page.left_for is None:
            return f"page {page.error or page.name}"
        answer = self.shop.answer(page)
        return "code" if "code" in answer else answer["error"]

    def bearer(self, token: str, *, in_form: bool = False) -> str:
        """What UserInfo says."""
        client = self.house.app.test_client()
        if in_form:
            form = {"access_token": token}
            return told(client.post("/oauth2/userinfo", base_url=ISSUER, data=form))
        header = {"Authorization": f"Bearer {token}"}
        return told(client.get("/oauth2/userinfo", base_url=ISSUER, headers=header))

    def signs_out(self, hint: str) -> str:
        """Whether a hint ends the session of this browser without a question."""
        then = "http://localhost:8401/uitgelogd"
        fields = {"id_token_hint": hint, "post_logout_redirect_uri": then}
        page = self.browser.get(f"{ISSUER}/oauth2/logout?{urlencode(fields)}")
        return "signed out" if page.left_for else f"page {page.error or page.name}"

    def comes_with_cookie(self, value: str) -> str:
        """Whether a value is somebody's session."""
        stranger = self.house.browser()
        stranger.plant("__Host-idp_session", value)
        return Holder(self.shop, stranger).asks(**self.shop.request(prompt="none"))


def told(answer: TestResponse) -> str:
    """Status and error of an endpoint's answer; holds the error to its standard's place and form."""
    if answer.status_code == 200:
        body = answer.get_json(silent=True)
        if isinstance(body, dict) and "active" in body:
            return f"active {body['active']}"
        return "200"
    if answer.status_code == 201:
        return "201"
    body = answer.get_json()
    assert {"error"} <= body.keys() <= {"error", "error_description"}, body
    assert answer.headers["Cache-Control"] == "no-store"
    if answer.status_code == 401:
        assert "WWW-Authenticate" in answer.headers
    return f"{answer.status_code} {body['error']}"


@dataclass(frozen=True)
class Place:
    """One way to hand over a token."""

    present: Callable[[Holder, str], str]
    refusal: str
    """What comes back for a token that does not belong there."""
    welcome: str
    """And for one that does."""


def _redeem(holder: Holder, **changes: Any) -> str:
    return told(holder.shop.redeem("x" * 43, **changes))


def _given_back(holder: Holder, token: str) -> str:
    before = what_lasts(holder.house)
    said = told(holder.owner.revoke(token))
    ended = what_lasts(holder.house) != before
    return f"{said}, {'ended' if ended else 'nothing ended'}"


PLACES: Final = {
    "bearer token at UserInfo": Place(
        lambda who, token: who.bearer(token), "401 invalid_token", "200"
    ),
    "bearer token at UserInfo, in a form": Place(
        lambda who, token: who.bearer(token, in_form=True), "401 invalid_token", "200"
    ),
    "token to ask about": Place(
        lambda who, token: told(who.owner.introspect(token)), "active False", "active True"
    ),
    "request": Place(
        lambda who, token: who.asks(
            client_id=who.shop.client_id, request=token, redirect_uri=who.shop.redirect_uri
        ),
        "invalid_request_object",
        "code",
    ),
    "pushed request": Place(
        lambda who, token: told(who.shop.push(request=token)), "400 invalid_request_object", "201"
    ),
    "request_uri": Place(
        lambda who, token: who.asks(
            client_id=who.shop.client_id, request_uri=token, redirect_uri=who.shop.redirect_uri
        ),
        "invalid_request_uri",
        "code",
    ),
    "id_token_hint": Place(
        lambda who, token: who.asks(**who.shop.request(prompt="none", id_token_hint=token)),
        "invalid_request",
        "code",
    ),
    "client_assertion": Place(
        lambda who, token: _redeem(who, client_assertion=token, client_assertion_type=ASSERTION),
        "401 invalid_client",
        "400 invalid_grant",
    ),
    "client_secret": Place(
        lambda who, token: _redeem(
            who,
            client_assertion=None,
            client_assertion_type=None,
            client_id=who.shop.client_id,
            client_secret=token,
            headers={},
        ),
        "401 invalid_client",
        "400 invalid_grant",
    ),
    "code": Place(
        lambda who, token: told(who.shop.redeem(token)),
        "400 invalid_grant",
        "200",
    ),
    "refresh_token": Place(
        lambda who, token: told(who.shop.refresh(token)), "400 invalid_grant", "200"
    ),
    "cookie of a session": Place(
        lambda who, token: who.comes_with_cookie(token), "login_required", "code"
    ),
    "token to give back": Place(_given_back, "200, nothing ended", "200, ended"),
    "id_token_hint for signing out": Place(
        lambda who, token: who.signs_out(token), "page logout", "signed out"
    ),
}


def what_lasts(house: House) -> dict[str, list[str]]:
    """Every row that a refusal must leave alone, by its table."""
    return {
        name: sorted(repr([pair for pair in row.items() if pair[0] != "used_at"]) for row in rows)
        for name, rows in every_row(house).items()
        if name not in WRITTEN_DOWN
    }

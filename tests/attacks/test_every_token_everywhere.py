"""Every kind of token that the house makes or takes, at every place that takes one (ASVS 5.0 section 9.2.2).

`BELONGS` is the whole law: a token counts where it stands there, and nowhere else. The first thing that the test does
is to present it everywhere else; then it is presented where it belongs, which shows that no refusal spent it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from idp import keyring, throttle
from idp.throttle import Budget
from tests.attacks.presented import PLACES, Holder, what_lasts
from tests.protocol.relying_party import ISSUER, Provider, client_key, unverified
from tests.protocol.request_objects import signed_request
from tests.support.journeys import House
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

GRANTS: Final = ("authorization_code", "refresh_token")


def holder(provider: Provider, method: str = "private_key_jwt", **said: Any) -> Holder:
    """A client that can have every kind of token, and somebody who is signed in."""
    key = client_key("RSA") if method == "private_key_jwt" else None
    usual: dict[str, Any] = {"grant_types": GRANTS, "key": key, "auth_method": method}
    shop = provider.application(**usual | said)
    return Holder(shop, provider.browser(provider.person()))


def from_sign_in(name: str, **said: Any) -> Callable[[Provider], tuple[Holder, str]]:
    """One of the tokens of a token response."""

    def make(provider: Provider) -> tuple[Holder, str]:
        who = holder(provider, **said)
        return who, who.shop.tokens(who.browser)[name]

    return make


def signed_userinfo(provider: Provider) -> tuple[Holder, str]:
    who = holder(provider, userinfo_signed_response_alg="RS256")
    token = who.shop.tokens(who.browser)["access_token"]
    return who, who.shop.userinfo(token).get_data(as_text=True)


def logout_token(provider: Provider) -> tuple[Holder, str]:
    """What a client hears when somebody signs out (Back-Channel Logout 1.0 section 2.4), in our own signature."""
    who = holder(provider)
    claims = unverified(who.shop.tokens(who.browser)["id_token"])[1]
    event = {"http://schemas.openid.net/event/backchannel-logout": {}}
    with who.house.app.app_context():
        alone = {name: claims[name] for name in ("iss", "sub", "aud", "iat", "exp", "sid")}
        made = keyring.current().sign(alone | {"events": event}, alg="RS256", typ="logout+jwt")
    return who, made


def own_token(kind: str) -> Callable[[Provider], tuple[Holder, str]]:
    """What a client gets for itself."""

    def make(provider: Provider) -> tuple[Holder, str]:
        machine = provider.machine(access_token_format=kind)
        who = replace(holder(provider), machine=machine)
        return who, machine.own_token().get_json()["access_token"]

    return make


def cookie(provider: Provider) -> tuple[Holder, str]:
    who = holder(provider)
    return who, who.browser.cookie("__Host-idp_session") or ""


def secret(provider: Provider) -> tuple[Holder, str]:
    who = holder(provider, "client_secret_post")
    return who, who.shop.secret or ""


def made_by(make: Callable[[Holder], str]) -> Callable[[Provider], tuple[Holder, str]]:
    """Something of a client with everything."""

    def of(provider: Provider) -> tuple[Holder, str]:
        who = holder(provider)
        return who, make(who)

    return of


Makes = Callable[[Provider], tuple[Holder, str]]

#: A kind of token → how it is made.
KINDS: Final[dict[str, Makes]] = {
    "ID Token": from_sign_in("id_token"),
    "access token": from_sign_in("access_token"),
    "access token, signed": from_sign_in("access_token", access_token_format="jwt"),
    "refresh token": from_sign_in("refresh_token"),
    "signed UserInfo": signed_userinfo,
    "logout token": logout_token,
    "client's own token": own_token("opaque"),
    "client's own token, signed": own_token("jwt"),
    "authorization code": made_by(lambda who: who.shop.ask(who.browser, prompt="none")["code"]),
    "client assertion": made_by(lambda who: who.shop.assertion()),
    "client assertion, for the issuer alone": made_by(
        lambda who: who.shop.assertion(aud=[ISSUER], client_id=who.shop.client_id)
    ),
    "request object": made_by(lambda who: signed_request(who.shop)),
    "handle of a pushed request": made_by(lambda who: who.shop.handle()),
    "client secret": secret,
    "cookie of a session": cookie,
}
_AS_BEARER: Final = ("bearer token at UserInfo", "bearer token at UserInfo, in a form")
#: A kind of token → the places where it counts. The last of them ends it, where one does.
BELONGS: Final[dict[str, tuple[str, ...]]] = {
    "ID Token": ("id_token_hint", "id_token_hint for signing out"),
    "access token": (*_AS_BEARER, "token to ask about", "token to give back"),
    "access token, signed": (*_AS_BEARER, "token to ask about", "token to give back"),
    "refresh token": ("refresh_token", "token to give back"),
    "signed UserInfo": (),
    "logout token": (),
    "client's own token": ("token to ask about", "token to give back"),
    "client's own token, signed": ("token to ask about", "token to give back"),
    "authorization code": ("code",),
    "client assertion": ("client_assertion",),
    "client assertion, for the issuer alone": ("client_assertion",),
    "request object": ("pushed request", "request"),
    "handle of a pushed request": ("request_uri",),
    "client secret": ("client_secret",),
    "cookie of a session": ("cookie of a session",),
}
#: A client without keys has no requests to sign, and hears that.
OTHERWISE: Final = {
    ("client secret", "request"): "request_not_supported",
    ("client secret", "pushed request"): "400 request_not_supported",
}


@pytest.fixture
def provider(house: House, run: Run, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The house with signing keys; a client may fail here as often as it takes."""
    patient = Budget(times=10_000, window=throttle.CLIENT_FAILURES.window)
    monkeypatch.setattr(throttle, "CLIENT_FAILURES", patient)
    return Provider.of(house, run)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_counts_where_it_belongs_and_nowhere_else(provider: Provider, kind: str) -> None:
    who, token = KINDS[kind](provider)
    before = what_lasts(who.house)
    for name, place in PLACES.items():
        if name not in BELONGS[kind]:
            expected = OTHERWISE.get((kind, name), place.refusal)
            assert place.present(who, token) == expected, f"{kind} as {name}"
    assert what_lasts(who.house) == before
    for name in BELONGS[kind]:
        assert PLACES[name].present(who, token) == PLACES[name].welcome, f"{kind} as {name}"

"""The logout plans and third-party-initiated login, module by module, for clients that registered themselves."""

from __future__ import annotations

import base64
from urllib.parse import parse_qsl

import pytest

from idp.clock import Standing
from tests.protocol import conformance
from tests.protocol.conformance import Module
from tests.protocol.registering import error_of, newcomer
from tests.protocol.relying_party import AFTERWARDS, CALLBACK, Provider
from tests.protocol.test_frontchannel_logout import frames
from tests.protocol.test_logout import sign_out
from tests.support.journeys import ISSUER, House, house_of_this_worker
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

FRAME = "http://localhost:8401/frame"
HEARS = "http://localhost:8401/afgemeld"


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """As deploy/conformance.toml has it."""
    return house_of_this_worker(
        database_url,
        run,
        dynamic_registration=True,
        frontchannel_logout=True,
        enabled_profiles=("basic",),
    )


@pytest.fixture
def module(provider: Provider) -> Module:
    return conformance.start(provider, "dynamic", "query")


def asks(module: Module, **said: str | bool) -> str:
    """The client of this module, signed in; its hint."""
    module.shop = module.another(post_logout_redirect_uris=[AFTERWARDS], **said)
    hint: str = module.tokens()["id_token"]
    return hint


def is_signed_out(module: Module) -> bool:
    return module.asks(prompt="none").get("error") == "login_required"


@pytest.mark.parametrize("state", ["s" * 128, None], ids=["with", "without"])
def test_rp_initiated_logout_with_and_without_state(module: Module, state: str | None) -> None:
    sent = {"id_token_hint": asks(module), "post_logout_redirect_uri": AFTERWARDS}
    page = sign_out(module.browser, **sent, **({} if state is None else {"state": state}))
    assert page.left_for is not None
    came_to, _, query = page.left_for.partition("?")
    assert came_to == AFTERWARDS
    assert dict(parse_qsl(query)) == ({} if state is None else {"state": state})
    assert is_signed_out(module)


@pytest.mark.parametrize(
    ("changes", "is_asked"),
    [
        ({"post_logout_redirect_uri": f"{AFTERWARDS}/other"}, False),
        ({"post_logout_redirect_uri": f"{AFTERWARDS}?foo=bar"}, False),
        ({"post_logout_redirect_uri": None}, False),
        ({"id_token_hint": "unsigned"}, True),
        ({"id_token_hint": "of another"}, True),
        ({"id_token_hint": None}, True),
        ({"id_token_hint": None, "post_logout_redirect_uri": None, "state": "only"}, True),
        ({"id_token_hint": None, "post_logout_redirect_uri": None}, True),
    ],
    ids=[
        "bad-post-logout-redirect-uri",
        "query-added-to-post-logout-redirect-uri",
        "no-post-logout-redirect-uri",
        "modified-id-token-hint",
        "bad-id-token-hint",
        "no-id-token-hint",
        "only-state",
        "no-params",
    ],
)
def test_rp_initiated_logout_that_ends_on_our_page(
    module: Module, changes: dict[str, str | None], is_asked: bool
) -> None:
    hint = asks(module)
    head, claims, signature = hint.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    bent = {"unsigned": f"{none}.{claims}.", "of another": f"{head}.{claims}.{signature[::-1]}"}
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": AFTERWARDS} | {
        name: bent.get(value or "", value) for name, value in changes.items()
    }
    page = sign_out(module.browser, **{name: value for name, value in sent.items() if value})
    assert (page.name == "logout") == is_asked
    if is_asked:
        page = module.browser.submit("uitloggen")
    assert (page.name, page.status, page.left_for) == ("logged-out", 200, None)
    assert is_signed_out(module)


def test_the_metadata_of_the_logout_plans(module: Module) -> None:
    told = module.browser.get("/.well-known/openid-configuration").json
    assert told["end_session_endpoint"] == f"{ISSUER}/oauth2/logout"
    for kind in ("backchannel", "frontchannel"):
        assert told[f"{kind}_logout_supported"] is True
        assert told[f"{kind}_logout_session_supported"] is True


def test_frontchannel_rp_initiated_logout(module: Module) -> None:
    hint = asks(module, frontchannel_logout_uri=FRAME, frontchannel_logout_session_required=True)
    sid = module.shop.verified(hint)["sid"]
    page = sign_out(
        module.browser, id_token_hint=hint, post_logout_redirect_uri=AFTERWARDS, state="s"
    )
    assert page.name == "logged-out"
    [frame] = frames(page)
    came_to, _, query = frame.partition("?")
    assert (came_to, dict(parse_qsl(query))) == (FRAME, {"iss": ISSUER, "sid": sid})
    [after] = [
        meta.get("content")
        for meta in page.document.descendants("meta")
        if meta.get("http-equiv") == "refresh"
    ]
    assert after is not None
    assert after.endswith(f"url={AFTERWARDS}?state=s")
    assert is_signed_out(module)


def test_third_party_initiated_login_is_registered_and_told_back(house: House) -> None:
    new = newcomer(house, is_test=True)
    told = new.register(initiate_login_uri="https://suite.example/initiate")
    assert told["initiate_login_uri"] == "https://suite.example/initiate"
    read = new.managed("GET")
    assert read.status_code == 200
    assert read.get_json()["initiate_login_uri"] == "https://suite.example/initiate"
    assert new.managed("DELETE").status_code == 204


def test_third_party_initiated_login_wants_https(house: House) -> None:
    new = newcomer(house, is_test=True)
    response = new.post(initiate_login_uri="http://suite.example/initiate")
    assert error_of(response) == (400, "invalid_client_metadata")
    assert new.register(redirect_uris=[CALLBACK]), "and the token was not used up"


def test_backchannel_logout_is_registered_with_the_session(module: Module) -> None:
    hint = asks(module, backchannel_logout_uri=HEARS, backchannel_logout_session_required=True)
    assert module.shop.verified(hint)["sid"]

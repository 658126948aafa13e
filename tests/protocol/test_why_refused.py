"""Why was my application refused? Every refusal carries a kenmerk, and `idp explain` turns it into words that help."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from idp.clock import Standing
from idp.oidc import clients
from idp.servicedesk.diagnosis import Explanation, explain_reference
from idp.servicedesk.explain_refusals import TO_BUILDERS, refusal
from tests.protocol.relying_party import Provider, RelyingParty, basic
from tests.support.journeys import House
from tests.support.source import ROOT

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KENMERK = re.compile(r"\(kenmerk ([0-9A-Z]{4}-[0-9A-Z]{4})\)$")

#: What a person did, or the desk can mend: no fault of an application.
OF_PEOPLE = {
    "the person stopped",
    "the person refused consent",
    "the person has to agree first",
    "the account has no grant for the application",
    "the person went back: 1",
    "the account has no key, and one is asked",
    "the client always needs more than this account can reach",
    "the account was enrolled below the level that is asked",
    "somebody else signed in than the request is about",
    "the session ended, or account or relation is blocked",
    "the grant for the application was withdrawn",
    "the consent was withdrawn",
    "the consent does not cover the roles that an API is told",
    "the account was enrolled at a lower level since",
}


def explained(house: House, description: str) -> Explanation:
    """What `idp explain` says of the kenmerk at the end of an `error_description`."""
    found = KENMERK.search(description)
    assert found, f"no kenmerk in {description!r}"
    with house.app.app_context():
        return explain_reference(found[1])


REQUESTS: list[tuple[dict[str, str | None], str]] = [
    ({"response_type": "token"}, "iets anders dan een code"),
    ({"response_mode": "fragment"}, "het antwoord op een manier"),
    ({"scope": "profile"}, "scope openid ontbrak"),
    ({"scope": "openid email"}, "een scope die zij niet heeft"),
    ({"code_challenge": None, "code_challenge_method": None}, "PKCE"),
    ({"code_challenge_method": "plain"}, "PKCE"),
    ({"prompt": "none login"}, "prompt"),
    ({"max_age": "soon"}, "max_age"),
    ({"claims": "{"}, "claims"),
    ({"id_token_hint": "x.y.z"}, "id_token_hint"),
    ({"request": "x.y.z"}, "niet ondersteunen"),
    ({"state": "s" * 3000}, "te lang"),
]


@ONE
@pytest.mark.parametrize(("changes", "says"), REQUESTS)
def test_a_refused_request_explains_itself_to_its_builder(
    provider: Provider, house: House, changes: dict[str, str | None], says: str
) -> None:
    shop = provider.application(scopes=("openid", "profile"))
    answer = shop.answer(shop.visit(provider.browser(), **changes))
    outcome = explained(house, answer["error_description"]).uitkomst
    assert not outcome.gelukt
    assert says in outcome.resultaat
    assert outcome.zeg.startswith(TO_BUILDERS)


@ONE
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"client_id": "wie-is-dit"}, "niet bekend"),
        ({"redirect_uri": "http://localhost:8401/elders"}, "adres dat niet is geregistreerd"),
    ],
)
def test_the_page_that_stands_in_for_an_answer_explains_itself_too(
    provider: Provider, house: House, changes: dict[str, str | None], says: str
) -> None:
    page = provider.application().visit(provider.browser(), **changes)
    outcome = explained(house, f"(kenmerk {page.text('kenmerk')})").uitkomst
    assert (outcome.fout, says in outcome.resultaat) == ("client-request", True)


Redeem = Callable[[RelyingParty, str], Any]
TOKENS: dict[str, tuple[Redeem, str]] = {
    "secret": (lambda it, code: it.redeem(code, headers=basic(it.client_id, "x")), "geheim"),
    "stranger": (lambda it, code: it.redeem(code, headers=basic("onbekend", "x")), "niet bekend"),
    "nothing": (lambda it, code: it.redeem(code, headers={}), "zei niet wie zij is"),
    "method": (
        lambda it, code: it.redeem(
            code, headers={}, client_id=it.client_id, client_secret=it.secret
        ),
        "op een andere manier",
    ),
    "verifier": (lambda it, code: it.redeem(code, code_verifier="v" * 43), "code_verifier"),
    "address": (lambda it, code: it.redeem(code, redirect_uri="https://x.nl/"), "ander adres"),
    "code": (lambda it, _: it.redeem("x" * 43), "bestaat niet"),
    "grant type": (lambda it, code: it.redeem(code, grant_type="password"), "manier die niet kan"),
    "grant of others": (
        lambda it, _: it.own_token(),
        "waarvoor zij niet is geregistreerd",
    ),
    "no code": (lambda it, _: it.redeem(None), "niet volledig"),
}


@ONE
@pytest.mark.parametrize(("redeem", "says"), TOKENS.values(), ids=TOKENS)
def test_a_refused_token_explains_itself_to_its_builder(
    provider: Provider, house: House, redeem: Redeem, says: str
) -> None:
    shop = provider.application()
    code = shop.ask(provider.browser(provider.person()))["code"]
    body = redeem(shop, code).get_json()
    outcome = explained(house, body["error_description"]).uitkomst
    assert says in outcome.resultaat
    assert outcome.zeg.startswith(TO_BUILDERS)


@ONE
def test_a_code_that_came_too_late_is_found_under_its_sign_in(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.application(), provider.person()
    code = shop.ask(provider.browser(anna))["code"]
    time.move(timedelta(seconds=61))
    explanation = explained(house, shop.redeem(code).get_json()["error_description"])
    assert "verlopen" in explanation.uitkomst.resultaat
    assert anna.username in (explanation.wie or "")
    assert [step.event for step in explanation.stappen] == ["code-issued", "token-refused"]


@ONE
def test_a_copied_refresh_token_is_reported_under_its_sign_in(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = provider.application(grant_types=("authorization_code", "refresh_token"))
    anna = provider.person()
    token = shop.tokens(provider.browser(anna))["refresh_token"]
    shop.refresh(token)
    time.move(timedelta(seconds=11))
    explanation = explained(house, shop.refresh(token).get_json()["error_description"])
    assert "twee keer gebruikt" in explanation.uitkomst.resultaat
    assert anna.username in (explanation.wie or "")
    assert [step.event for step in explanation.stappen][-2:] == [
        "token-refreshed",
        "refresh-replayed",
    ]


@ONE
def test_who_is_refused_because_of_a_replay_hears_of_the_replay(
    provider: Provider, house: House, time: Standing
) -> None:
    shop = provider.application(grant_types=("authorization_code", "refresh_token"))
    browser = provider.browser(provider.person())
    old = shop.tokens(browser)["refresh_token"]
    new = shop.refresh(old).get_json()["refresh_token"]
    time.move(timedelta(seconds=11))
    shop.refresh(old)
    after = explained(house, shop.refresh(new).get_json()["error_description"])
    assert "twee keer gebruikt" in after.uitkomst.resultaat
    code = shop.ask(browser)["code"]
    token = shop.redeem(code).get_json()["refresh_token"]
    shop.redeem(code)
    after = explained(house, shop.refresh(token).get_json()["error_description"])
    assert "twee keer" in after.uitkomst.resultaat


@ONE
def test_an_assertion_about_another_and_a_missing_address_explain_themselves(
    provider: Provider, house: House
) -> None:
    shop = provider.nlgov()
    code = shop.ask(provider.browser(provider.person()))["code"]
    of_another = shop.redeem(code, client_assertion=shop.assertion(sub="een-ander")).get_json()
    assert (
        "van of over een ander"
        in explained(house, of_another["error_description"]).uitkomst.resultaat
    )
    missing = shop.redeem(code, redirect_uri=None).get_json()["error_description"]
    assert "geen redirect_uri" in explained(house, missing).uitkomst.resultaat


@ONE
def test_keys_that_cannot_be_fetched_are_not_called_a_wrong_assertion(
    provider: Provider, house: House
) -> None:
    shop = provider.nlgov()
    with house.inside():
        clients.update(shop.client_id, jwks=None, jwks_uri="http://127.0.0.1:9/k", actor="test")
    refused = shop.redeem("x" * 43).get_json()["error_description"]
    outcome = explained(house, refused).uitkomst
    assert "konden niet worden opgehaald" in outcome.resultaat
    assert "jwks_uri" in outcome.zeg


@ONE
@pytest.mark.parametrize(
    ("misuse", "says"),
    [
        (lambda it, token: it.refresh("x" * 43), "bestaat niet"),
        (lambda it, token: it.refresh(token, scope="openid email"), "meer dan zij had"),
        (lambda it, token: (it.revoke(token), it.refresh(token))[1], "geldt niet meer"),
    ],
)
def test_a_refused_refresh_explains_itself_to_its_builder(
    provider: Provider, house: House, misuse: Redeem, says: str
) -> None:
    shop = provider.application(grant_types=("authorization_code", "refresh_token"))
    token = shop.tokens(provider.browser(provider.person()))["refresh_token"]
    outcome = explained(house, misuse(shop, token).get_json()["error_description"]).uitkomst
    assert says in outcome.resultaat
    assert outcome.zeg.startswith(TO_BUILDERS)


@ONE
def test_who_brings_the_code_of_another_application_learns_nothing_of_that_sign_in(
    provider: Provider, house: House
) -> None:
    shop, thief = provider.application(), provider.application(None)
    code = shop.ask(provider.browser(provider.person()))["code"]
    explanation = explained(house, thief.redeem(code).get_json()["error_description"])
    assert "andere applicatie" in explanation.uitkomst.resultaat
    assert explanation.wie is None
    assert [step.event for step in explanation.stappen] == ["token-refused"]


@ONE
def test_what_is_no_fault_of_an_application_is_not_called_one(
    provider: Provider, house: House
) -> None:
    answer = provider.application().ask(provider.browser(), prompt="none")
    outcome = explained(house, answer["error_description"]).uitkomst
    assert outcome.fout == "login_required"
    assert TO_BUILDERS not in outcome.zeg


MODULES = (
    *("checks", "calls", "token", "credentials", "codes", "refresh_tokens", "holders", "server"),
    *("revocation", "introspection", "decide", "authorize"),
    *("par", "received", "request_objects", "requests_pushed", "requests_fetched"),
    *("register", "register_managed", "metadata", "sectors"),
)


def reasons() -> Iterator[tuple[str, str]]:
    """Every reason for which the protocol refuses, read from the source: what is varied in one stands as `1`."""
    for name in MODULES:
        for function, node in nodes_of(name):
            said = None
            if isinstance(node, ast.Call):
                place = PLACES.get(ast.unparse(node.func))
                said = node.args[place] if place is not None and len(node.args) > place else None
            elif is_reason(function, node):
                said = node.value
            if (text := literal(said)) is not None:
                yield name, text


def is_reason(function: str, node: ast.AST) -> bool:
    """Whether a reason is named here that is used elsewhere."""
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) == "why"
    return isinstance(node, ast.Return) and function == "_why"


def nodes_of(name: str) -> Iterator[tuple[str, ast.AST]]:
    """Everything inside every function of a module of the protocol, with the function's name."""
    tree = ast.parse((ROOT / "idp" / "oidc" / f"{name}.py").read_text(encoding="utf-8"))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                yield function.name, node


#: Which argument holds the reason.
PLACES = {
    "_on_our_page": 1,
    "_to_client": 1,
    "_refuse": 0,
    "_wrong": 2,
    "_unusable": 1,
    "refuse": 1,
    "_fail": 0,
    "RefusedToClient": 1,
    "Refuse": 1,
}


def literal(node: ast.expr | None) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values
        )
    return None


@pytest.mark.parametrize(("module", "reason"), sorted(set(reasons())))
def test_every_reason_in_the_source_has_words(module: str, reason: str) -> None:
    filled = [reason, *(reason.replace("1", name, 1) for name in ("request", "state", "code"))]
    assert reason in OF_PEOPLE or any(refusal(each) for each in filled), f"{module}: {reason}"


def test_the_reasons_are_really_found_in_the_source() -> None:
    found = {reason for _, reason in reasons()}
    assert {"wrong secret", "the code is too old", "code_challenge is missing"} <= found
    assert len(found) > 50

"""The API opens for a client's own token, made for it, with the scope; for nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp import clock
from idp.audit import Event
from idp.errors import WrongInput
from idp.oidc import clients
from idp.oidc.own_api import PATH, SCOPES
from tests.api.program import AUDIENCE, Program, program_of
from tests.protocol.relying_party import ISSUER, Provider

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("format_", ["jwt", "opaque"])
def test_a_token_of_either_format_with_the_scope_opens_it(provider: Provider, format_: str) -> None:
    program = program_of(provider, "beheer:lezen", access_token_format=format_)
    answer = program.ask("GET", "/applicaties")
    assert (answer.status_code, answer.get_json()) == (200, {"regels": []})
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_a_token_the_challenge_names_no_error(program: Program) -> None:
    answer = program.house.app.test_client().get(f"{PATH}/applicaties", base_url=ISSUER)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="beheer"'
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["status"] == 401


def is_turned_away(program: Program, token: str) -> bool:
    answer = program.ask("GET", "/applicaties", token=token)
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    return answer.status_code == 401


def test_a_token_that_is_unknown_expired_or_given_back_opens_nothing(
    program: Program, time: clock.Standing
) -> None:
    assert is_turned_away(program, "x")
    assert is_turned_away(program, "é")
    assert is_turned_away(program, "x" * 20_000)
    assert program.ask("GET", "/applicaties").status_code == 200
    program.client.revoke(program.token)
    assert is_turned_away(program, program.token)
    fresh = program.client.own_token(scope="beheer:lezen").get_json()["access_token"]
    time.move(timedelta(hours=1, seconds=1))
    assert is_turned_away(program, fresh)


def test_a_persons_token_opens_nothing_even_where_it_is_for_this_api(
    program: Program, provider: Provider
) -> None:
    shop = provider.application("wmo", audiences=(AUDIENCE,))
    token = shop.tokens(provider.browser(provider.person()))["access_token"]
    assert is_turned_away(program, token)


def test_a_token_for_another_api_or_for_none_opens_nothing(
    program: Program, provider: Provider
) -> None:
    api = "https://api.voorbeeld.nl"
    provider.machine(None, resource=api, grant_types=())
    both = program_of(provider, "beheer:lezen", audiences=(api, AUDIENCE))
    assert is_turned_away(program, both.token)  # the first of its audiences is the usual one
    ours = both.client.own_token(scope="beheer:lezen", resource=AUDIENCE).get_json()
    assert program.ask("GET", "/applicaties", token=ours["access_token"]).status_code == 200
    none = provider.machine().own_token().get_json()["access_token"]
    assert is_turned_away(program, none)


def test_a_token_of_a_client_that_was_removed_or_lost_the_scope_opens_nothing(
    program: Program, provider: Provider
) -> None:
    with provider.house.inside():
        clients.update(program.client.client_id, scopes=["beheer:logboek"], actor="test")
    answer = program.ask("GET", "/applicaties")
    assert answer.status_code == 403
    with provider.house.inside():
        clients.remove(program.client.client_id, actor="test")
    assert is_turned_away(program, program.token)


@ONE
@pytest.mark.parametrize("scope", list(SCOPES))
def test_each_scope_opens_its_own_operations_only(provider: Provider, scope: str) -> None:
    program = program_of(provider, asks=scope)
    asked = {
        ("GET", "/zoeken?zoek=x"): "beheer:lezen",
        ("PUT", "/accounts/x/blokkade"): "beheer:accounts",
        ("PUT", "/applicaties/x"): "beheer:applicaties",
        ("PUT", "/applicaties/x/koppelingen/y"): "beheer:koppelingen",
        ("DELETE", "/applicaties/x/toegang/y"): "beheer:toegang",
        ("DELETE", "/accounts/x/methoden"): "beheer:hulp",
        ("GET", "/brieven"): "beheer:brieven",
        ("GET", "/logboek"): "beheer:logboek",
    }
    for (method, path), needed in asked.items():
        answer = program.ask(method, path)
        assert (answer.status_code == 403) is (needed != scope), path
        if needed != scope:
            challenge = answer.headers["WWW-Authenticate"]
            assert f'error="insufficient_scope", scope="{needed}"' in challenge
    refused = provider.events(Event.DESK_REFUSED)
    assert {row.actor for row in refused} == {f"client:{program.client.client_id}"}
    assert len(refused) == len(asked) - 1


@ONE
def test_a_token_gets_no_scope_that_the_operator_did_not_register(provider: Provider) -> None:
    program = program_of(provider, "beheer:lezen")
    answer = program.client.own_token(scope="beheer:lezen beheer:accounts")
    assert answer.get_json()["error"] == "invalid_scope"


@ONE
def test_only_clients_that_act_for_themselves_with_this_audience_can_have_the_scopes(
    provider: Provider,
) -> None:
    for wrong in (
        {"redirect_uris": ["http://localhost:1/c"], "scopes": ["openid", "beheer:lezen"]},
        {"redirect_uris": [], "grant_types": ["client_credentials"], "scopes": ["beheer:lezen"]},
        {"redirect_uris": [], "grant_types": [], "resource": f"{ISSUER}{PATH}"},
    ):
        with provider.house.inside(), pytest.raises(WrongInput):
            clients.add(**{"name": "X", "profile": "basic", "actor": "test"} | wrong)


@ONE
def test_what_no_operation_reads_is_told_as_a_problem_too(program: Program) -> None:
    for method, path, status in (
        ("GET", "/nergens", 404),
        ("PATCH", "/applicaties", 405),
        ("GET", "/accounts/%00", 404),
        ("GET", "/zoeken", 400),
        ("GET", "/zoeken?zoek=a&zoek=b", 400),
        ("GET", "/zoeken?zoek=%00", 400),
        ("GET", "/relaties?cursor=x", 422),
        ("GET", "/logboek?cursor=x", 422),
        ("GET", "/kenmerken/x", 404),
    ):
        answer = program.ask(method, path)
        assert answer.status_code == status, path
        assert answer.mimetype == "application/problem+json", path
    big = program.ask("PUT", "/applicaties/wmo", json={"naam": "x" * 70_000})
    assert (big.status_code, big.mimetype) == (413, "application/problem+json")

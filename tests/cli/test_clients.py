"""Clients at the operator's line."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from idp import clock
from idp.oidc import clients
from tests.cli.operator import Operator

CALLBACK = "https://app.voorbeeld.nl/callback"


def add(operator: Operator, *more: str) -> tuple[str, str | None]:
    said = operator.types("client", "add", "Applicatie", "--redirect-uri", CALLBACK, *more).out
    client_id = re.search(r"Added client (\S+),", said)
    secret = re.search(r"shown this once: (\S+)", said)
    assert client_id is not None
    return client_id[1], secret[1] if secret else None


def shown(operator: Operator, client_id: str) -> dict[str, Any]:
    registration: dict[str, Any] = operator.types("client", "show", client_id, "--json").json
    return registration


def knows(operator: Operator, client_id: str, secret: str) -> bool:
    with operator.at_work():
        client = clients.load(client_id)
        return client is not None and client.knows(secret)


def test_a_client_with_a_secret_sees_it_once(operator: Operator) -> None:
    client_id, secret = add(operator, "--profile", "basic")
    assert secret is not None
    assert knows(operator, client_id, secret)
    assert secret not in operator.types("client", "show", client_id).out
    assert secret not in operator.types("client", "list", "--json").out
    assert secret not in operator.types("audit", "tail", "--json").out


def test_for_generic_software_the_profile_is_basic(operator: Operator) -> None:
    client_id, _ = add(operator, "--for", "generic", "--id", "mijn-applicatie")
    assert client_id == "mijn-applicatie"
    assert shown(operator, client_id)["profile"] == "basic"


def test_a_client_with_a_key_is_registered_from_a_file(operator: Operator) -> None:
    key = ECKey.generate_key("P-256", auto_kid=True)
    file = operator.folder / "jwks.json"
    refused = (
        "client",
        "add",
        "A",
        "--profile",
        "nlgov",
        "--redirect-uri",
        CALLBACK,
        "--jwks",
        str(file),
    )
    file.write_text("{geen json")
    operator.is_refused(*refused)
    file.write_text(json.dumps({"keys": [key.as_dict(private=True)]}))
    assert "private key" in operator.is_refused(*refused)
    for text in ({"keys": [key.as_dict(private=False)]}, key.as_dict(private=False)):
        file.write_text(json.dumps(text))
        client_id, secret = add(operator, "--profile", "nlgov", "--jwks", str(file))
        assert secret is None
        assert shown(operator, client_id)["keys"] == [key.kid]


def test_a_public_client_has_neither(operator: Operator) -> None:
    client_id, secret = add(operator, "--profile", "basic", "--auth-method", "none")
    assert secret is None
    assert "has no secret" in operator.is_refused("client", "rotate-secret", client_id)


def test_an_api_and_a_client_that_acts_for_itself_are_registered_by_the_line(
    operator: Operator,
) -> None:
    api = "https://api.voorbeeld.nl/wmo"
    line = ("client", "add", "Api", "--profile", "basic", "--json")
    assert "name its resource" in operator.is_refused(*line, "--grant-type", "")
    made = operator.types(*line, "--grant-type", "", "--resource", api).json
    assert (made["grant_types"], made["resource"], made["redirect_uris"]) == ([], api, [])
    own = ("--grant-type", "client_credentials", "--audience", api)
    machine = operator.types("client", "add", "Nacht", "--profile", "basic", "--json", *own).json
    assert (machine["access_token_format"], machine["audiences"]) == ("jwt", [api])
    assert operator.types("client", "list").out.count("\n") == 3
    operator.types("client", "update", machine["client_id"], "--audience", "")
    assert shown(operator, machine["client_id"])["audiences"] == []
    assert "redirect-uri" in operator.is_refused(*line)


@pytest.mark.parametrize("ours", ["/oauth2/token", "/api/beheer/v1", "/x"])
def test_no_client_is_an_api_at_an_address_of_ours(operator: Operator, ours: str) -> None:
    add = ("client", "add", "Api", "--profile", "basic", "--grant-type", "", "--resource")
    said = operator.is_refused(*add, f"https://inloggen.voorbeeld.nl{ours}")
    assert "is an address of ours" in said
    operator.types(*add, f"https://api.voorbeeld.nl{ours}")


def test_an_api_is_named_once(operator: Operator) -> None:
    add, api = ("client", "add", "A", "--profile", "basic"), "https://api.voorbeeld.nl/"
    operator.types(*add, "--grant-type", "", "--resource", api)
    once = (*add, "--redirect-uri", CALLBACK, "--audience", api)
    assert "stands there twice" in operator.is_refused(*once, "--audience", api)
    operator.types(*once)


def test_an_update_changes_what_is_named_and_nothing_else(operator: Operator) -> None:
    operator.types(
        "application", "add", "app", "App", "--address", "https://app.voorbeeld.nl/inloggen"
    )
    client_id, _ = add(
        operator,
        "--profile",
        "basic",
        "--application",
        "app",
        "--scope",
        "openid profile",
        "--test",
    )
    before = shown(operator, client_id)
    said = operator.types(
        "client", "update", client_id, "--name", "Anders", "--post-logout-redirect-uri", "https://app.voorbeeld.nl/uit"
    ).out  # fmt: skip
    assert said == f"Changed client {client_id}: name, post_logout_redirect_uris.\n"
    after = before | {
        "name": "Anders",
        "post_logout_redirect_uris": ["https://app.voorbeeld.nl/uit"],
    }
    assert shown(operator, client_id) == after
    operator.types(
        "client",
        "update",
        client_id,
        "--post-logout-redirect-uri",
        "",
        "--application",
        "",
        "--no-test",
    )
    assert shown(operator, client_id) == after | {
        "post_logout_redirect_uris": [],
        "application_id": None,
        "is_test": False,
    }
    assert "nothing to change" in operator.is_refused("client", "update", client_id)
    operator.is_refused(
        "client", "update", client_id, "--redirect-uri", "http://app.voorbeeld.nl/callback"
    )


def test_a_client_of_a_profile_that_is_offered_no_more_is_not_changed(operator: Operator) -> None:
    operator.types(
        "client", "add", "A", "--id", "app", "--profile", "basic", "--redirect-uri", CALLBACK
    )
    change = ("client", "update", "app", "--name", "Anders")
    answer = operator.tries(*change, IDP_ENABLED_PROFILES="nlgov")
    assert (answer.code, "basic is no profile of this deployment" in answer.err) == (2, True)
    assert shown(operator, "app")["name"] == "A"
    operator.types(*change)


def test_whose_a_client_is_and_whether_it_must_push_can_be_said_and_taken_back(
    operator: Operator,
) -> None:
    said = {"require_pushed_authorization_requests": True, "is_third_party": True}
    client_id, _ = add(operator, "--profile", "basic", "--require-pushed", "--third-party")
    before = shown(operator, client_id)
    assert said.items() <= before.items()
    operator.types("client", "update", client_id, "--name", "Anders")
    assert said.items() <= shown(operator, client_id).items()
    operator.types("client", "update", client_id, "--no-require-pushed", "--own")
    assert dict.fromkeys(said, False).items() <= shown(operator, client_id).items()


def test_check_says_what_will_not_work(operator: Operator) -> None:
    client_id, _ = add(operator, "--profile", "basic")
    answer = operator.tries("client", "check", client_id, "--json")
    assert answer.code == 1
    assert any("no key of ours signs RS256" in each for each in answer.json["problems"])
    operator.types("keys", "rotate")
    answer = operator.types("client", "check", client_id, "--json")
    assert answer.json["problems"] == []
    assert any("post_logout_redirect_uri" in each for each in answer.json["notes"])
    operator.types(
        "client", "update", client_id, "--post-logout-redirect-uri", "https://app.voorbeeld.nl/uit"
    )
    said = operator.types("client", "check", client_id).out.splitlines()
    assert said[0] == f"Client {client_id} can work."
    assert [line.split("  ")[0] for line in said[1:]] == ["note"]
    assert "never got a token" in said[1]


def test_a_rotated_secret_leaves_the_old_one_the_time_that_was_said(operator: Operator) -> None:
    client_id, first = add(operator, "--profile", "basic")
    said = operator.types("client", "rotate-secret", client_id, "--old-lasts", "2").out
    second = said.rsplit(maxsplit=1)[1]
    assert first is not None
    assert knows(operator, client_id, first)
    assert knows(operator, client_id, second)
    with clock.standing_at(clock.now() + timedelta(hours=2, seconds=1)):
        assert not knows(operator, client_id, first)
        assert knows(operator, client_id, second)


def test_a_leaked_secret_stops_at_once(operator: Operator) -> None:
    client_id, leaked = add(operator, "--profile", "basic")
    operator.types("client", "rotate-secret", client_id, "--old-lasts", "0")
    assert leaked is not None
    assert not knows(operator, client_id, leaked)


def test_a_removed_client_is_gone_and_its_id_stays_taken(operator: Operator) -> None:
    client_id, _ = add(operator, "--profile", "basic", "--id", "weg")
    operator.types("client", "remove", client_id)
    assert operator.types("client", "list", "--json").json == []
    operator.is_refused("client", "show", client_id)
    operator.is_refused(
        "client", "add", "A", "--profile", "basic", "--id", "weg", "--redirect-uri", CALLBACK
    )


def test_every_change_of_a_client_is_in_the_trail(operator: Operator) -> None:
    client_id, _ = add(operator, "--profile", "basic")
    operator.types("client", "update", client_id, "--name", "Anders")
    operator.types("client", "rotate-secret", client_id)
    operator.types("client", "remove", client_id)
    trail = operator.types("audit", "tail", "--json").json
    assert [(each["event"], each["client_id"], each["actor"]) for each in trail] == [
        (event, client_id, "operator:joke")
        for event in ("client-added", "client-updated", "client-secret-rotated", "client-removed")
    ]

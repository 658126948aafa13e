"""What people are told of and how, at the operator's line: facts of a person, keys that sign, a client's contract."""

from __future__ import annotations

import json
from typing import Any

from joserfc.jwk import RSAKey

from tests.cli.operator import Operator

CALLBACK = "https://app.voorbeeld.nl/callback"
JANSEN = ("10023456", "jansen")


def person(operator: Operator, *more: str) -> None:
    operator.types("relation", "add", "10023456", "Gemeente Voorbeeld", "--kind", "gemeente")
    operator.types("account", "add", *JANSEN, "--name", "Jo Jansen", *more)


def shown(operator: Operator, *named: str) -> dict[str, Any]:
    found: dict[str, Any] = operator.types("account", "show", *(named or JANSEN), "--json").json
    return found


def client(operator: Operator, *more: str) -> str:
    said = operator.types(
        "client", "add", "A", "--profile", "basic", "--redirect-uri", CALLBACK, "--json", *more
    )
    return str(said.json["client_id"])


def test_facts_of_a_person_are_written_down_changed_and_taken_away(operator: Operator) -> None:
    person(operator, "--given-name", "Jo", "--phone-number", "088 - 123 45 67")
    assert shown(operator)["given_name"] == "Jo"
    assert shown(operator)["phone_number"] == "+31881234567"
    said = operator.types(
        "account",
        "update",
        *JANSEN,
        "--locality",
        "Voorbeeldstad",
        "--given-name",
        "",
        "--name",
        "J.",
    ).out
    assert said == "Changed account 10023456 jansen: name, given_name, locality.\n"
    whole = shown(operator)
    assert (whole["name"], whole["locality"]) == ("J.", "Voorbeeldstad")
    assert "given_name" not in whole
    [event] = [
        each
        for each in operator.types("audit", "tail", "--json").json
        if each["event"] == "account-updated"
    ]
    assert event["details"]["changed"] == ["name", "given_name", "locality"]
    assert "Voorbeeldstad" not in json.dumps(event), "the trail tells which, never what"


def test_what_cannot_be_written_down_is_refused_and_changes_nothing(operator: Operator) -> None:
    person(operator)
    for words, given in {
        "nothing to change": (),
        "no telephone number": ("--phone-number", "bel mij"),
        "at most 20": ("--postal-code", "1" * 21),
        "the person's name": ("--name", " "),
        "mail address": ("--email", "nergens"),
    }.items():
        refused = operator.is_refused("account", "update", *JANSEN, *given)
        assert words.removeprefix("no ") in refused, refused


def test_an_import_may_bring_facts_in_any_order(operator: Operator) -> None:
    person(operator)
    header = "relatienummer,gebruikersnaam,naam,email,niveau,wachtwoordhash"
    file = operator.folder / "mensen.csv"
    file.write_text(f"{header},plaats,telefoonnummer\n10023456,b,Bo,,,,Voorbeeldstad,0881234567\n")
    operator.types("account", "import", str(file))
    whole = shown(operator, "10023456", "b")
    assert (whole["locality"], whole["phone_number"]) == ("Voorbeeldstad", "+31881234567")
    for wrong, words in {
        f"{header},bsn\n": "first line must be",
        f"{header},plaats,plaats\n": "stands twice",
    }.items():
        file.write_text(wrong)
        assert words in operator.is_refused("account", "import", str(file))
    file.write_text(f"{header},telefoonnummer\n10023456,c,Co,,,,bel mij\n")
    answer = operator.tries("account", "import", str(file))
    assert (answer.code, "line 2: that is not a telephone number" in answer.err) == (2, True)


def test_a_key_for_ps256_is_needed_only_when_a_client_asks_for_it(operator: Operator) -> None:
    for alg in ("RS256", "ES256", "RSA-OAEP", "RSA-OAEP-256"):
        operator.types("keys", "rotate", "--alg", alg)
    assert "active: ES256, RS256" in operator.types("doctor").out
    client_id = client(operator, "--userinfo-signed-response-alg", "PS256")
    answer = operator.tries("doctor")
    assert answer.code == 1
    assert "none is active for PS256 (clients are registered for PS256)" in answer.out
    assert "idp keys rotate --alg PS256" in answer.out
    check = operator.tries("client", "check", client_id)
    assert "no key of ours signs PS256" in check.out
    assert "Added PS256 key" in operator.types("keys", "rotate", "--alg", "PS256").out
    operator.types("doctor")
    assert "no key of ours" not in operator.tries("client", "check", client_id).out


def test_how_answers_come_is_registered_by_the_line(operator: Operator) -> None:
    key = RSAKey.generate_key(2048, {"use": "enc"}, auto_kid=True)
    file = operator.folder / "jwks.json"
    file.write_text(json.dumps({"keys": [key.as_dict(private=False)]}))
    client_id = client(
        operator,
        *("--jwks", str(file), "--id-token-encrypted-response-alg", "RSA-OAEP-256"),
        *("--id-token-signed-response-alg", "Ed25519", "--id-token-claim", "name"),
    )
    registered = operator.types("client", "show", client_id, "--json").json
    assert registered["id_token_alg"] == "Ed25519"
    assert registered["id_token_claims"] == ["name"]
    assert registered["id_token_encrypted_response_enc"] == "A128CBC-HS256"
    operator.types("client", "update", client_id, "--id-token-encrypted-response-enc", "A256GCM")
    told = operator.types("client", "claims", client_id).out
    assert (
        "id_token: JWT, signed with Ed25519, then encrypted with RSA-OAEP-256 and A256GCM" in told
    )


def test_the_claim_contract_is_a_table_and_json(operator: Operator) -> None:
    client_id = client(operator, "--scope", "openid email")
    told = operator.types("client", "claims", client_id)
    assert "userinfo: JSON" in told.out
    assert "scope email or asked by name" in told.out
    whole = operator.types("client", "claims", client_id, "--json").json
    assert whole["forms"] == {
        "id_token": "JWT, signed with RS256",
        "userinfo": "JSON",
        "access_token": "opaque",
        "introspection": "JSON",
    }
    assert {
        "claim": "email",
        "where": "userinfo",
        "when": ["scope email", "asked by name"],
        "source": "the account",
        "kind": "mail address",
    } in whole["claims"]
    assert "there is no client" in operator.is_refused("client", "claims", "onbekend")


def test_a_client_of_several_apis_names_the_usual_one_first(operator: Operator) -> None:
    apis = [f"https://api.voorbeeld.nl/{name}" for name in ("wmo", "zorg")]
    for api in apis:
        operator.types(
            "client", "add", "API", "--profile", "basic", "--grant-type", "", "--resource", api
        )
    client_id = client(operator, "--audience", apis[1], "--audience", apis[0])
    assert operator.types("client", "show", client_id, "--json").json["audiences"] == apis[::-1]
    operator.types("client", "update", client_id, "--audience", "")
    assert operator.types("client", "show", client_id, "--json").json["audiences"] == []


def test_going_back_keeps_the_usual_api_and_forgets_what_that_release_did_not_know(
    blank_operator: Operator, blank_database_url: str
) -> None:
    operator = blank_operator
    operator.environment["IDP_DATABASE_URL"] = blank_database_url
    operator.types("db", "upgrade")
    person(operator, "--locality", "Voorbeeldstad")
    apis = [f"https://api.voorbeeld.nl/{name}" for name in ("wmo", "zorg")]
    for api in apis:
        operator.types(
            "client", "add", "API", "--profile", "basic", "--grant-type", "", "--resource", api
        )
    client_id = client(operator, "--audience", apis[1], "--audience", apis[0])
    without = client(operator)
    operator.types("db", "downgrade", "2026_11_22_consent", "--yes")
    operator.types("db", "upgrade")
    shown_now = {
        each: operator.types("client", "show", each, "--json").json["audiences"]
        for each in (client_id, without)
    }
    assert shown_now == {client_id: [apis[1]], without: []}
    assert "locality" not in shown(operator)

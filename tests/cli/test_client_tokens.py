"""Leave for applications to register themselves, at the operator's line; and keys at an address."""

from __future__ import annotations

import re

from idp.oidc import registration_tokens
from tests.cli.operator import Operator

ISSUE = ("client", "token", "issue", "Leverancier X", "--profile", "basic")


def test_a_token_is_shown_once_listed_and_withdrawn(operator: Operator) -> None:
    said = operator.types(*ISSUE, "--level", "laag", "--clients", "3", "--test").out
    found = re.search(r"shown this once: (\S{43})", said)
    assert found is not None
    assert "IDP_DYNAMIC_REGISTRATION" in said
    with operator.at_work():
        assert registration_tokens.find(found[1]) is not None
    (row,) = operator.types("client", "token", "list", "--json").json
    assert (row["remark"], row["standing"], row["level"]) == ("Leverancier X", "open", "laag")
    assert (row["most"], row["used"], row["is_test"], row["is_third_party"]) == (3, 0, True, True)
    assert found[1] not in operator.types("client", "token", "list").out
    operator.types("client", "token", "withdraw", row["id"])
    assert operator.last_event()["event"] == "registration-token-withdrawn"
    assert operator.types("client", "token", "list", "--json").json[0]["standing"] == "withdrawn"
    with operator.at_work():
        assert registration_tokens.find(found[1]) is None


def test_a_token_that_no_client_could_use_is_refused(operator: Operator) -> None:
    operator.is_refused("client", "token", "issue", "X", "--profile", "anders")
    operator.is_refused(*ISSUE, "--scope", "profile")
    operator.is_refused(*ISSUE, "--scope", "openid bestaat-niet")
    operator.is_refused(*ISSUE, "--clients", "0")
    operator.is_refused(*ISSUE, "--days", "91")
    operator.is_refused(*ISSUE, "--application", "bestaat-niet")
    operator.is_refused("client", "token", "withdraw", "bestaat-niet")


def test_keys_at_an_address_take_the_place_of_keys_in_a_file(operator: Operator) -> None:
    add = ("client", "add", "A", "--profile", "nlgov", "--id", "app")
    address = ("--redirect-uri", "https://app.voorbeeld.nl/cb")
    operator.is_refused(*add, *address)
    operator.types(*add, *address, "--jwks-uri", "https://app.voorbeeld.nl/jwks.json")
    signed = ("--request-uri", "https://app.voorbeeld.nl/r.jwt", "--require-signed")
    operator.types("client", "update", "app", *signed)
    shown = operator.types("client", "show", "app", "--json").json
    assert shown["jwks_uri"] == "https://app.voorbeeld.nl/jwks.json"
    assert shown["request_uris"] == ["https://app.voorbeeld.nl/r.jwt"]
    assert shown["require_signed_request_object"] is True
    operator.is_refused("client", "update", "app", "--jwks-uri", "http://app.voorbeeld.nl/k")
    operator.is_refused("client", "update", "app", "--jwks-uri", "")


def test_bytes_that_are_no_text_are_refused_in_a_sentence(operator: Operator) -> None:
    for words in (
        ("client", "token", "issue", "x", "--profile", "basic", "--application", "\udcff"),
        ("client", "token", "withdraw", "\udcff"),
        ("client", "check", "\udcff"),
        ("client", "logouts", "\udcff"),
    ):
        assert "UTF-8" in operator.is_refused(*words)

"""Leave for applications to register themselves, at the operator's line; and keys at an address."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from idp import clock
from idp.assurance import REGISTRABLE
from idp.database import db
from idp.errors import WrongInput
from idp.oidc import profiles, registration_tokens
from idp.oidc.registration_tokens import LONGEST_LIFE, MOST_CLIENTS, USUAL_LIFE
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


USUAL: dict[str, Any] = {"remark": "Leverancier X", "profile": "basic", "actor": "joke"}


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        ({"remark": "x" * 100}, {"remark": "x" * 101}),
        ({"remark": "x"}, {"remark": ""}),
        ({"remark": "Zoë & Co"}, {"remark": "Zoë\n& Co"}),
        ({"most": MOST_CLIENTS}, {"most": MOST_CLIENTS + 1}),
        ({"most": 1}, {"most": 0}),
        ({"lasts": LONGEST_LIFE}, {"lasts": LONGEST_LIFE + timedelta(seconds=1)}),
        ({"lasts": timedelta(seconds=1)}, {"lasts": timedelta(0)}),
        ({"scopes": profiles.known()["basic"].scopes}, {"scopes": ("openid", "anders")}),
        ({"level": REGISTRABLE["laag"]}, {"level": REGISTRABLE["hoog"]}),
    ],
    ids=lambda values: next(iter(values)),
)
def test_a_token_is_bounded(
    operator: Operator, within: dict[str, Any], beyond: dict[str, Any]
) -> None:
    with operator.at_work():
        with pytest.raises(WrongInput):
            registration_tokens.issue(**USUAL | beyond)
        assert registration_tokens.listing() == []
        row, secret = registration_tokens.issue(**USUAL | within)
        assert registration_tokens.find(secret.reveal()) is row


def test_a_token_for_a_profile_that_is_not_offered_here_is_refused(operator: Operator) -> None:
    answer = operator.tries(*ISSUE, IDP_ENABLED_PROFILES="nlgov")
    assert (answer.code, answer.out) == (2, "")
    assert "it offers nlgov" in answer.err
    operator.types(*ISSUE)


def test_clients_of_an_application_never_ask_less_than_it_does(operator: Operator) -> None:
    operator.types("application", "add", "zorg", "Zorg", "--address", "https://zorg.voorbeeld.nl/")
    belongs = (*ISSUE, "--application", "zorg")
    assert "asks more" in operator.is_refused(*belongs, "--level", "laag")
    operator.types(*belongs)
    (row,) = operator.types("client", "token", "list", "--json").json
    assert (row["level"], row["application_id"]) == ("substantieel", "zorg")
    operator.types(*belongs, "--level", "phr")
    strict = ("--address", "https://strikt.voorbeeld.nl/", "--level", "phr")
    operator.types("application", "add", "strikt", "Strikt", *strict)
    operator.types(*ISSUE, "--application", "strikt")
    listed = operator.types("client", "token", "list", "--json").json
    levels = sorted((row["application_id"], row["level"]) for row in listed)
    assert levels == [("strikt", "phr"), ("zorg", "phr"), ("zorg", "substantieel")]


def test_issuing_a_token_is_told_with_what_its_clients_may_become(operator: Operator) -> None:
    operator.types(*ISSUE, "--level", "laag", "--clients", "3")
    (row,) = operator.types("client", "token", "list", "--json").json
    event = operator.last_event()
    told = {name: event["details"][name] for name in ("token", "profile", "level", "most")}
    assert event["event"] == "registration-token-issued"
    assert told == {"token": row["id"], "profile": "basic", "level": "laag", "most": 3}


@pytest.mark.parametrize("ends", ["used", "expired", "withdrawn"])
def test_what_ended_between_the_look_and_the_claim_is_not_claimed(
    operator: Operator, ends: str
) -> None:
    with clock.standing_at(clock.now().replace(microsecond=0)) as time, operator.at_work(keep=True):
        row, secret = registration_tokens.issue(**USUAL, most=2)
        db.session.commit()
        assert registration_tokens.find(secret.reveal()) is row
        assert registration_tokens.claim(row.id)
        if ends == "used":
            assert registration_tokens.claim(row.id)
        elif ends == "expired":
            time.move(USUAL_LIFE)
            assert row.expires_at == clock.now()
        else:
            registration_tokens.withdraw(row.id, actor="joke")
            db.session.commit()
        assert not registration_tokens.claim(row.id)
        db.session.refresh(row)
        assert registration_tokens.standing(row) == ends
        assert registration_tokens.find(secret.reveal()) is None


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

"""`idp explain`: what a colleague hears about one sign-in."""

from __future__ import annotations

from typing import Any

import pytest

from idp.accounts import directory
from idp.audit import Event, origin_is, record
from idp.pages import error_copy, form_copy
from idp.servicedesk.event_names import NAMES
from idp.servicedesk.explain_errors import ERRORS
from idp.servicedesk.explain_events import SENTENCES
from tests.cli.operator import Operator

REFERENCE = "7F3K-2QXM"


@pytest.fixture
def happened(operator: Operator, jansen: tuple[str, str]) -> Operator:
    """A sign-in with one wrong code, then a right one, at an application without a grant."""
    operator.types(
        "client",
        "add",
        "Berichten",
        "--profile",
        "basic",
        "--id",
        "berichten",
        "--redirect-uri",
        "https://x.nl/cb",
    )
    with operator.at_work(keep=True):
        who: Any = {"account_id": directory.find_account(*jansen).id, "reference": REFERENCE}
        origin_is("192.0.2.7")
        record(Event.AUTHORIZATION_REQUESTED, client_id="berichten", reference=REFERENCE)
        record(Event.SIGN_IN_FAILED, succeeded=False, reason="wrong password", **who)
        record(Event.PASSWORD_ACCEPTED, **who)
        record(Event.STEP_FAILED, succeeded=False, kind="totp", reason="code-invalid", **who)
        record(Event.STEP_ACCEPTED, kind="totp", **who)
        record(
            Event.SIGN_IN_COMPLETED, how=["wachtwoord", "totp"], device="Firefox op Windows", **who
        )
        record(
            Event.ERROR_SHOWN,
            succeeded=False,
            reason="no grant in force",
            error="no-access",
            reference=REFERENCE,
        )
        origin_is(None)
    return operator


def test_the_time_line_reads_as_sentences_with_an_end_a_cause_and_a_way_out(
    happened: Operator,
) -> None:
    said = happened.types("explain", REFERENCE).out
    in_order = (
        "n.jansen, relatie 10023456 (Gemeente Voorbeeld)",
        "Berichten",
        "De applicatie vroeg ons",
        "✗ Relatienummer en gebruikersnaam bestaan, maar het wachtwoord klopte niet.",
        "Relatienummer, gebruikersnaam en wachtwoord klopten.",
        "✗ De tweede stap met de authenticator-app lukte niet: een verkeerde code.",
        "Ingelogd met het wachtwoord en de authenticator-app (Firefox op Windows).",
        "mag deze applicatie niet gebruiken. Reden in ons logboek: no grant in force.",
        "Resultaat  Niet gelukt: de gebruiker mag deze applicatie niet gebruiken.",
        "Oorzaak    Het account heeft geen recht",
        "geef die daarna bij Applicaties",
    )
    places = [said.find(each) for each in in_order]
    assert -1 not in places, said
    assert places == sorted(places), said
    assert "192.0.2.7" not in said


def test_it_answers_programs_in_json(happened: Operator) -> None:
    answer = happened.types("explain", "--json", REFERENCE).json
    assert (answer["uitkomst"]["gelukt"], answer["uitkomst"]["fout"]) == (False, "no-access")
    assert answer["stappen"][0]["event"] == "authorization-requested"


@pytest.mark.parametrize(
    "typed",
    [
        "7f3k2qxm",
        " 7F3K 2QXM ",
        "7F3K–2QXM",
        "7F3K.2QXM",
        "Kenmerk: 7F3K-2QXM",
        "Reference: 7F3K-2QXM · 22 November",
    ],
)
def test_a_reference_is_known_however_it_is_read_out_or_pasted(
    happened: Operator, typed: str
) -> None:
    assert happened.types("explain", typed).out.startswith("Kenmerk   7F3K-2QXM")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_last_word_counts(operator: Operator, jansen: tuple[str, str]) -> None:
    told = {
        (Event.SIGN_IN_FAILED, Event.PASSWORD_ACCEPTED, Event.SIGN_IN_COMPLETED): (True, None),
        (Event.SIGN_IN_COMPLETED, Event.CODE_ISSUED, Event.SESSION_ENDED): (True, None),
        (Event.PASSWORD_ACCEPTED, Event.PASSCODE_SENT): (False, None),
        (Event.PASSWORD_ACCEPTED, Event.STEP_ATTEMPTS_SPENT): (False, "code-attempts"),
        (Event.SIGN_IN_FAILED,): (False, "login-failed"),
        (Event.CODE_ISSUED, Event.TOKEN_ISSUED, Event.CODE_REPLAYED): (False, None),
    }
    for number, (events, expected) in enumerate(told.items()):
        reference = f"0000-000{number}"
        with operator.at_work(keep=True):
            for event in events:
                record(event, reference=reference)
        outcome = operator.types("explain", reference, "--json").json["uitkomst"]
        assert (outcome["gelukt"], outcome["fout"]) == expected, events
        assert outcome["zeg"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("reason", "helps"),
    [("sends-login", "meteen opnieuw in"), ("sends-hour", "wacht tot"), ("sends-day", "wacht tot")],
)
@pytest.mark.parametrize("event", [Event.PASSCODE_NOT_SENT, Event.ERROR_SHOWN])
def test_why_no_code_went_out_any_more_is_told_by_what_helps(
    operator: Operator, event: Event, reason: str, helps: str
) -> None:
    with operator.at_work(keep=True):
        record(event, succeeded=False, reference=REFERENCE, reason=reason, error="sends-spent")
    outcome = operator.types("explain", REFERENCE, "--json").json["uitkomst"]
    assert (outcome["fout"], helps in outcome["zeg"]) == ("sends-spent", True)
    assert "leverancier" not in outcome["oorzaak"]


def test_after_too_many_wrong_codes_nobody_is_told_to_wait() -> None:
    assert "meteen" in ERRORS["code-attempts"].zeg
    assert "kwartier" not in ERRORS["code-attempts"].zeg


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_stranger_and_a_wrong_password_are_told_apart(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    with operator.at_work(keep=True):
        account = directory.find_account(*jansen)
        record(Event.SIGN_IN_FAILED, succeeded=False, reference="0000-0001")
        record(Event.SIGN_IN_FAILED, succeeded=False, reference="0000-0002", account_id=account.id)
    stranger, known = (operator.types("explain", f"0000-000{number}").out for number in (1, 2))
    assert "bestaat niet" in stranger
    assert "niet bewezen, want het wachtwoord klopte niet" in known


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_event_of_a_newer_release_is_named_as_it_is(operator: Operator) -> None:
    from idp.database import db
    from idp.models import AuditEvent

    with operator.at_work(keep=True):
        db.session.add(
            AuditEvent(
                event="moon-landed", succeeded=True, actor="person", reference=REFERENCE, details={}
            )
        )
    assert "moon-landed" in operator.types("explain", REFERENCE).out


def test_what_a_colleague_hears_names_no_command_that_only_an_operator_has() -> None:
    for name, trouble in ERRORS.items():
        assert "`" not in f"{trouble.kort} {trouble.oorzaak} {trouble.zeg}", name


def test_every_event_has_a_name_of_its_own_in_the_list_of_the_log() -> None:
    assert set(NAMES) == set(Event)
    assert len(set(NAMES.values())) == len(NAMES)


def test_every_event_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Event)


def test_every_error_that_a_page_can_show_has_a_cause_and_a_way_out() -> None:
    assert set(error_copy.PAGES) | set(form_copy.SENTENCES) <= set(ERRORS)

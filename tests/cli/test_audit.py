"""`idp audit`: the chain over the events, exports, what expires, and what an auditor asks."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
import sqlalchemy

from idp import clock
from idp.audit import Event, expiry, reading, record, views
from idp.audit.sealing import AT_ONCE, Settling, seal, seal_everything
from idp.database import db
from idp.models import AuditCheckpoint, AuditEvent, AuditSeal
from idp.servicedesk import log
from tests.cli.operator import Operator

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def happens(operator: Operator, count: int, event: Event = Event.SIGN_IN_FAILED) -> None:
    with operator.at_work(keep=True):
        for number in range(count):
            record(event, succeeded=False, number=number)


def verdict(operator: Operator, *words: str) -> tuple[int, dict[str, object]]:
    answer = operator.tries("audit", "verify", *words, "--json")
    return answer.code, answer.json


def test_what_was_committed_is_sealed_and_holds(operator: Operator) -> None:
    happens(operator, AT_ONCE + 3)
    assert verdict(operator)[1]["unsealed"] == AT_ONCE + 3
    with operator.at_work():
        assert seal_everything() == AT_ONCE + 3
        assert seal_everything() == 0
    code, found = verdict(operator)
    assert (code, found["events"], found["unsealed"]) == (0, AT_ONCE + 3, 0)


def test_an_export_is_private_whole_and_verified_without_the_deployment(operator: Operator) -> None:
    happens(operator, 5)
    out = operator.folder / "audit.jsonl"
    told = operator.types("audit", "export", "--out", str(out), "--json").json
    assert (told["events"], out.stat().st_mode & 0o777) == (5, 0o600)
    assert "there already" in operator.is_refused("audit", "export", "--out", str(out))
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["kind"] for line in lines] == ["header", *["event"] * 5, "checkpoint", "end"]
    assert told["key"] == operator.types("audit", "key", "--json").json["key"]
    elsewhere = Operator({}, operator.folder)
    with_key = elsewhere.tries("audit", "verify", str(out), "--key", told["key"], "--json")
    assert (with_key.code, with_key.json["events"], with_key.json["note"]) == (0, 5, "")
    without = elsewhere.tries("audit", "verify", str(out), "--json")
    assert without.code == 0
    assert told["fingerprint"] in without.json["note"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_event_that_commits_after_a_higher_one_is_sealed_all_the_same(
    operator: Operator,
) -> None:
    """Two transactions get ids 1 and 2; the second commits first, and is sealed before the first one ends."""
    engine = sqlalchemy.create_engine(operator.environment["IDP_DATABASE_URL"])
    adding = sqlalchemy.insert(AuditEvent).values(
        event="sign-in-failed", succeeded=False, actor="person", details={}
    )
    settling = Settling()
    with engine.connect() as slow, engine.connect() as fast:
        slow.execute(adding)
        fast.execute(adding)
        fast.commit()
        with operator.at_work():
            assert seal(settling) == 1
            assert db.session.execute(sqlalchemy.select(AuditSeal.event_id)).scalars().all() == [2]
            assert db.session.execute(sqlalchemy.select(AuditCheckpoint.settled)).scalar() == 0
            db.session.rollback()
            happens_now = seal(settling)
        assert happens_now == 0
        slow.commit()
    with operator.at_work():
        assert seal(settling) == 1
    happens(operator, 1)
    with operator.at_work():
        assert seal(settling) == 1
        order = sqlalchemy.select(AuditSeal.event_id).order_by(AuditSeal.number)
        assert db.session.execute(order).scalars().all() == [2, 1, 3]
        newest = sqlalchemy.select(sqlalchemy.func.max(AuditCheckpoint.settled))
        assert db.session.execute(newest).scalar() == 3
    assert verdict(operator)[0] == 0
    engine.dispose()


def test_classes_leave_each_after_its_time_and_what_is_left_holds(operator: Operator) -> None:
    for days, event in (
        (1200, Event.SIGN_IN_FAILED),
        (1200, Event.CODE_REPLAYED),
        (700, Event.SIGN_IN_FAILED),
        (700, Event.CODE_REPLAYED),
        (600, Event.SIGN_IN_FAILED),
        (600, Event.APPLICATION_GRANTED),
        (100, Event.SIGN_IN_FAILED),
    ):
        with clock.standing_at(clock.now() - timedelta(days=days)):
            happens(operator, 1, event)
            with operator.at_work():
                seal_everything()
    with operator.at_work():
        assert expiry.expire() == 4
        assert expiry.expire() == 0
    with operator.at_work():
        left = db.session.execute(sqlalchemy.select(AuditEvent.event)).scalars().all()
        assert sorted(left) == ["application-granted", "code-replayed", "sign-in-failed"]
        numbers = sqlalchemy.select(AuditSeal.number).order_by(AuditSeal.number)
        assert db.session.execute(numbers).scalars().all() == [4, 5, 6, 7]
    assert verdict(operator)[1]["events"] == 4
    out = operator.folder / "after.jsonl"
    operator.types("audit", "export", "--out", str(out))
    assert verdict(operator, str(out))[0] == 0


@ON_SQLITE
def test_of_days_that_are_over_one_checkpoint_stays(operator: Operator) -> None:
    for hours in (24 * 30, 24 * 30 - 1, 24 * 20, 2, 1):
        with clock.standing_at(clock.now() - timedelta(hours=hours)):
            happens(operator, 1)
            with operator.at_work():
                seal_everything()
    with operator.at_work():
        expiry.expire()
        assert db.session.query(AuditCheckpoint).count() in {4, 5}  # midnight may lie between
    assert verdict(operator)[0] == 0


def test_an_auditor_sees_who_had_access_and_who_gave_and_took_it(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    account = "/".join(jansen)
    operator.types("application", "add", "wmo", "Wmo", "--address", "https://wmo.voorbeeld.nl/")
    operator.types("application", "grant", *jansen, "wmo")
    today = clock.now().astimezone(clock.HERE).date()
    had = operator.types("audit", "access", "wmo", "--on", str(today), "--json").json
    assert [(row["gebruikersnaam"], row["granted_by"]) for row in had] == [
        ("n.jansen", "operator:joke")
    ]
    yesterday = str(today - timedelta(days=1))
    assert operator.types("audit", "access", "wmo", "--on", yesterday, "--json").json == []
    operator.types("application", "revoke", *jansen, "wmo")
    assert len(operator.types("audit", "access", "wmo", "--on", str(today), "--json").json) == 1
    changed = operator.types("audit", "changes", "wmo", "--json").json
    assert [row["event"] for row in changed][:2] == ["application-revoked", "application-granted"]
    operator.types("account", "show", *jansen)
    looks = operator.types("audit", "looked", account, "--json").json
    assert [(row["event"], row["actor"]) for row in looks] == [("account-shown", "operator:joke")]
    assert "no application" in operator.is_refused("audit", "access", "nee")
    assert "a day is written as" in operator.is_refused(
        "audit", "access", "wmo", "--on", "gisteren"
    )


@ON_SQLITE
def test_pages_of_access_follow_on_one_another(operator: Operator) -> None:
    operator.types("relation", "add", "1", "Een", "--kind", "gemeente")
    operator.types("application", "add", "wmo", "Wmo", "--address", "https://wmo.voorbeeld.nl/")
    for name in ("a", "b", "c"):
        operator.types("account", "add", "1", name, "--name", name)
        operator.types("application", "grant", "1", name, "wmo")
    today = clock.now().astimezone(clock.HERE).date()
    with operator.at_work():
        first = views.access_on("wmo", today, limit=2)
        rest = views.access_on("wmo", today, limit=2, after=first[-1].grant_id)
    assert sorted(each.gebruikersnaam for each in (*first, *rest)) == ["a", "b", "c"]


def test_a_chain_that_was_made_anew_does_not_hold_against_an_earlier_export(
    operator: Operator,
) -> None:
    happens(operator, 3)
    out = operator.folder / "before.jsonl"
    operator.types("audit", "export", "--out", str(out))
    assert verdict(operator, "--against", str(out))[0] == 0
    with operator.at_work(keep=True):
        for each in (AuditSeal, AuditCheckpoint):
            db.session.query(each).delete()
        db.session.query(AuditEvent).filter_by(id=1).delete()
    with operator.at_work():
        seal_everything()
    assert verdict(operator)[0] == 0
    code, found = verdict(operator, "--against", str(out))
    assert (code, found["why"], found["line"]) == (1, "cut-short", 3)
    assert reading.PAGE > 3


def test_a_grant_that_was_withdrawn_before_it_began_gave_no_access_however_it_is_asked(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    """The command line, the auditor's page and the API ask the same."""
    operator.types(
        "application", "add", "wmo", "Wmo", "--address", "https://wmo.voorbeeld.nl/in",
        "--level", "substantieel",
    )  # fmt: skip
    tomorrow = (clock.now() + timedelta(days=1)).astimezone(clock.HERE).date()
    operator.types("application", "grant", *jansen, "wmo", "--from", f"{tomorrow}")
    operator.types("application", "revoke", *jansen, "wmo")
    for day in (tomorrow - timedelta(days=1), tomorrow):
        shown = operator.types("audit", "access", "wmo", "--on", f"{day}", "--json").json
        with operator.at_work():
            assert [len(shown), len(log.had_access("wmo", f"{day}").lines)] == [0, 0]

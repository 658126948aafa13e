"""The auditor's pages: the log by question, who had access on a date; and that looking is written down too."""

from __future__ import annotations

from datetime import timedelta

import pytest

from idp import clock
from idp.accounts import directory, grants
from idp.database import db
from idp.models import Application
from idp.servicedesk import log
from idp.servicedesk.roles import Role
from tests.servicedesk.scene import Desk
from tests.servicedesk.test_application_access import give
from tests.servicedesk.test_applications import ONE
from tests.support.house import House
from tests.support.journeys import account_of, add_application, add_person, grant

LOG = "/servicedesk/logboek"


def day(days: int) -> str:
    return f"{(clock.now() + timedelta(days=days)).astimezone(clock.HERE):%Y-%m-%d}"


def test_an_auditor_sees_who_gave_access_to_whom_and_why(desk: Desk, house: House) -> None:
    add_application(house, "Wmo")
    anna = add_person(house)
    give(desk.colleague(Role.MEDEWERKER, "mia"), anna)
    auditor = desk.colleague(Role.AUDITOR)
    asked = f"relatienummer={anna.relation}&gebruikersnaam={anna.username}&gebeurtenis=toegang"
    page = auditor.get(f"{LOG}?{asked}")
    told = page.text("logboek")
    assert "De gebruiker kreeg de applicatie wmo" in told
    assert "Controlevragen goed beantwoord. Ticket T-1042." in told
    with house.inside():
        name = account_of(desk.colleagues["mia"]).name
    assert name in told
    [looked] = desk.events("audit-read", anna.id)
    assert looked["actor"] == f"desk:{desk.colleagues[f'{Role.AUDITOR}'].id}"
    assert looked["asked"] == ["relatienummer", "gebruikersnaam", "gebeurtenis"]


def test_the_log_is_asked_by_who_did_it_by_application_and_by_day(desk: Desk, house: House) -> None:
    for name in ("Wmo", "Huur"):
        add_application(house, name)
    anna = add_person(house)
    give(desk.colleague(Role.MEDEWERKER, "mia"), anna)
    grant(house, anna, "huur")
    auditor = desk.colleague(Role.AUDITOR)
    assert "huur" not in auditor.get(f"{LOG}?wie=mia&gebeurtenis=toegang").text("logboek")
    assert "wmo" not in auditor.get(f"{LOG}?applicatie=huur").text("logboek")
    page = auditor.get(f"{LOG}?applicatie=huur&vanaf={day(-9)}&tot={day(-8)}")
    assert page.find("niets")


def test_each_line_of_the_log_stands_on_one_page_only(
    desk: Desk, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_application(house, "Wmo")
    for number in range(5):
        grant(house, add_person(house, f"p{number}"), "wmo")
    auditor = desk.colleague(Role.AUDITOR)
    with house.inside():
        asked = log.question(event="application-granted")
        whole = [each.id for each in log.lines(asked).lines]
        first = log.lines(asked, most=3)
        assert first.following is not None
        rest = log.lines(asked, before=first.following, most=3)
    assert [each.id for each in (*first.lines, *rest.lines)] == whole
    assert (len(whole), rest.following) == (5, None)
    assert auditor.get(f"{LOG}?gebeurtenis=application-granted").status == 200


@ONE
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("relatienummer=%25", "relatienummer"),
        ("relatienummer=999", "relatienummer"),
        ("gebruikersnaam=anna", "relatienummer"),
        ("relatienummer=10000001&gebruikersnaam=%00", "gebruikersnaam"),
        ("gebeurtenis=verzonnen", "gebeurtenis"),
        ("wie=niemand", "wie"),
        ("vanaf=gisteren", "vanaf"),
        ("vanaf=2026-11-20&tot=2026-11-19", "tot"),
        ("vanaf=2020-01-01", "vanaf"),
    ],
)
def test_a_question_that_cannot_be_is_said_at_its_field(desk: Desk, asked: str, field: str) -> None:
    page = desk.colleague(Role.AUDITOR).get(f"{LOG}?{asked}")
    assert (page.status, page.name) == (400, "desk-log")
    assert page.field_error(field)
    assert not desk.events("audit-read")


def test_who_had_access_on_a_date_is_who_had_it_then_and_not_now(desk: Desk, house: House) -> None:
    add_application(house, "Wmo")
    then, now, later = (add_person(house, name) for name in ("toen", "nu", "straks"))
    grant(house, then, "wmo")
    first = day(0)
    desk.time.move(timedelta(days=3))
    with house.inside():
        application = db.session.get_one(Application, "wmo")
        grants.revoke(account_of(then), application, actor="operator:test")
    grant(house, now, "wmo")
    grant(house, later, "wmo", starts_at=clock.now() + timedelta(days=5))
    desk.time.move(timedelta(days=1))
    auditor = desk.colleague(Role.AUDITOR)
    for asked, expected in ((first, {"toen"}), (day(0), {"nu"}), (day(5), {"nu", "straks"})):
        shown = auditor.get(f"{LOG}/toegang?applicatie=wmo&dag={asked}").at("hadden")
        names = {one.text for one in shown.descendants("span")}
        assert names & {"toen", "nu", "straks"} == expected, asked
    assert auditor.get(f"{LOG}/toegang?applicatie=wmo&dag={day(-30)}").find("niemand")
    assert len(desk.events("audit-read")) == 4


def test_a_removed_application_can_still_be_asked_about(desk: Desk, house: House) -> None:
    add_application(house, "Wmo")
    grant(house, add_person(house), "wmo")
    with house.inside():
        db.session.get_one(Application, "wmo").removed_at = clock.now()
    page = desk.colleague(Role.AUDITOR).get(f"{LOG}/toegang?applicatie=wmo&dag={day(0)}")
    assert page.find("hadden")


@ONE
def test_what_somebody_typed_into_a_name_is_text_in_the_log(desk: Desk, house: House) -> None:
    anna = add_person(house)
    with house.inside():
        directory.block_account(account_of(anna), actor="operator:<script>alert(1)</script>")
    page = desk.colleague(Role.AUDITOR).get(f"{LOG}?relatienummer={anna.relation}")
    assert "<script>alert" not in page.html


@ONE
def test_a_day_stands_once_above_its_lines_which_tell_the_whole_moment_to_machines(
    desk: Desk, house: House
) -> None:
    anna = add_person(house)
    for name, later in (("Wmo", 0), ("Huur", 1), ("Zorg", 48), ("Jeugd", 1)):
        desk.time.move(timedelta(hours=later))
        grant(house, anna, add_application(house, name))
    auditor = desk.colleague(Role.AUDITOR)
    table = auditor.get(f"{LOG}?gebeurtenis=application-granted").at("logboek")
    days = [f"{clock.now() - timedelta(days=back):%Y-%m-%d}" for back in (0, 2)]
    shown = [one for one in table.descendants("th") if one.get("scope") == "rowgroup"]
    assert [one.text for one in shown] == ["zondag 22 november 2026", "vrijdag 20 november 2026"]
    times = [one.get("datetime") or "" for one in table.descendants("time")]
    assert [when[:10] for when in times] == [day for day in days for _line in range(3)]
    of_account = auditor.get(f"/servicedesk/accounts/{anna.id}/logboek")
    assert of_account.html.count("vrijdag 20 november 2026") == 1

"""Letters at the desk: a beheerder makes a batch, fetches it once and says that it was posted."""

from __future__ import annotations

import pytest

from idp.accounts import directory
from idp.servicedesk import letters
from idp.servicedesk.letters import Standing
from tests.servicedesk.print_house import PrintHouse, code_on
from tests.servicedesk.scene import Desk
from tests.support.house import House
from tests.support.journeys import account_of, add_person
from tests.support.run import Run


def test_a_beheerder_makes_fetches_and_posts_a_batch_at_the_desk(
    desk: Desk, house: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, print_house, anna = (
        house.app.config["IDP"],
        PrintHouse.of(run),
        add_person(house, "anna"),
    )
    with house.inside():
        address = ["Postbus 12", "1234 AB Voorbeeldstad"]
        directory.write_address(account_of(anna).relation, address, actor="test")
    browser = desk.colleague("beheerder")
    assert "Er wachten geen brieven" in browser.get("/servicedesk/brieven").document.text
    with house.inside():
        letters.request_letter(account_of(anna), actor="desk:x")
    browser.get("/servicedesk/brieven")
    assert browser.submit("volgende").status == 422, "no print house is set"
    set_up = known.model_copy(update={"print_certificate": print_house.certificate})
    monkeypatch.setitem(house.app.config, "IDP", set_up)
    browser.get("/servicedesk/brieven")
    page = browser.submit("volgende")
    assert "De partij is gemaakt" in page.document.text
    with house.inside():
        batch_id = letters.batches()[0].id
    manifest = browser.send("GET", f"/servicedesk/brieven/{batch_id}/inhoud")
    assert manifest.json["letters"][0]["page"] == 1
    browser.get("/servicedesk/brieven")
    token = browser.token()
    answer = browser._client.post(
        f"/servicedesk/brieven/{batch_id}/ophalen",
        base_url="http://localhost:8400",
        data={"csrf_token": token},
    )
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{batch_id}.p7m"'
    assert code_on(print_house.opens(answer.get_data())[0])
    again = browser.send("POST", f"/servicedesk/brieven/{batch_id}/ophalen", csrf_token=token)
    assert (again.status, "al opgehaald" in again.document.text) == (422, True)
    browser.get("/servicedesk/brieven")
    page = browser.submit(f"gepost-{batch_id}")
    assert "heeft gepost" in page.document.text
    with house.inside():
        assert [one.standing for one in letters.of_account(anna.id)] == [Standing.DISPATCHED]

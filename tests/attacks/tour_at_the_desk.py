"""The part of the tour in which a colleague sees every page of the desk, and sends every form there, not filled in."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from idp.models import Account
from tests.attacks.life import Life
from tests.support.journeys import account_of, sign_in

MINUTE: Final = timedelta(minutes=1)


def work_at_the_desk(life: Life) -> None:
    """Every address of the desk, looked at and posted to without a reason, about somebody apart."""
    colleague, caller = life.person("balie", totp=True), life.person("beller", totp=True)
    with life.house.inside():
        account_of(colleague).desk_role = "beheerder"
        account: Account = account_of(caller)
        names = {"relation_id": account.relation_id, "account_id": account.id}
    browser = life.browser()
    life.time.move(MINUTE)
    sign_in(life.house, browser, colleague)
    browser.get(f"/servicedesk/accounts/{caller.id}/methoden-wissen")
    page = browser.submit("volgende", reden="lost", controle="called-back")
    (request,) = (link for link in page.links.values() if "/verzoeken/" in link)
    names |= {"request_id": request.rpartition("/")[2], "reference": "7F3K-2QXM"}
    for rule in sorted(life.house.app.url_map.iter_rules(), key=lambda each: each.rule):
        if not rule.rule.startswith("/servicedesk"):
            continue
        address = rule.rule
        for name, value in names.items():
            address = address.replace(f"<{name}>", value)
        browser.get("/servicedesk/")
        for method in sorted({"GET", "POST"} & set(rule.methods or ())):
            fields = {} if method == "GET" else {"csrf_token": browser.token()}
            browser.send(method, address, headers={"Origin": browser.origin}, **fields)
            browser.get("/servicedesk/")

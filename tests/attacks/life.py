"""A life of the house, and every secret in it: set-up, sign-ins, applications and failures, some of it left half done.

`lead_a_life` walks through all of that; the `Known` that it returns remembers each secret that was made, typed or sent.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, quote_plus

from sqlalchemy import inspect, text
from werkzeug.test import TestResponse

from idp import clock
from idp.accounts import code_symbols
from idp.database import db
from idp.flows.cookies import BROWSER, SESSION
from idp.pages.csrf import COOKIE as CSRF
from tests.protocol.relying_party import Provider, RelyingParty
from tests.support.journeys import (
    ISSUER,
    NEW_PASSWORD,
    PASSWORD,
    ROOT_SECRET,
    House,
    Person,
    Visitor,
    add_person,
    identify,
    set_up_totp,
    sign_in,
    totp_code,
    wrong_code,
)
from tests.support.pages import Page

MINUTE: Final = timedelta(minutes=1)
WRONG_PASSWORD: Final = "verkeerde koffie paraplu"
IN_THE_WRONG_FIELD: Final = "geheime zin in het verkeerde veld"
PHONES: Final = {"anna": "06 12345678", "bram": "06 87654321", "mistyped": "06 123456789"}
WRONG_ACTIVATION_CODE: Final = "7K3F-9MQX-2WAB" + code_symbols.check_symbol("7K3F9MQX2WAB")


@dataclass
class Known:
    """Every secret of one life, by what it is."""

    secrets: dict[str, set[str]] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list, repr=False)
    """Every page that a browser showed."""

    def add(self, what: str, *values: str | None) -> None:
        """Remember some."""
        self.secrets.setdefault(what, set()).update(value for value in values if value)

    def found_in(self, written: str) -> dict[str, list[str]]:
        """Which of them stand in a text, in any way that a log or a table might write them."""
        folded, alone = written.casefold(), set(ALONE.findall(written))
        found = {
            what: sorted(one for one in values if stands_in(one, written, folded, alone))
            for what, values in self.secrets.items()
        }
        return {what: values for what, values in found.items() if values}


#: Six digits count only where they stand alone: digests and moments hold many.
ALONE: Final = re.compile(r"(?<![\w.-])\d{3} ?\d{3}(?![\w-])")


def stands_in(value: str, written: str, folded: str, alone: set[str]) -> bool:
    """Whether a secret stands in a text."""
    if value.isdecimal() and len(value) == 6:
        return bool({value, f"{value[:3]} {value[3:]}"} & alone)
    return any(way in folded for way in plain_ways(value)) or encoded(value) in written


def plain_ways(value: str) -> set[str]:
    """A secret as it is, in an address, as bytes, and without what only makes it readable."""
    bare = re.sub(r"[ -]", "", value)
    ways = {value, quote(value), quote_plus(value), value.encode().hex(), bare}
    if bare.isdecimal():  # a telephone number, whichever country code stands before it
        ways.add(bare.removeprefix("0").removeprefix("+31"))
    return {way.casefold() for way in ways}


def encoded(value: str) -> str:
    """A secret in base64, as far as that does not depend on what stands after it."""
    return base64.b64encode(value.encode()).decode().rstrip("=")[: len(value) * 4 // 3 - 1]


class Watched(Visitor):
    """A browser whose cookies and form tokens are secrets too."""

    known: Known

    def _settle(self, response: TestResponse, target: str, **how: Any) -> Page:
        page = super()._settle(response, target, **how)
        self.known.pages.append(page)
        self.known.add("cookie", *(self.cookie(name) for name in (BROWSER, SESSION, CSRF)))
        for one in page.document.descendants("input"):
            if one.get("name") == "csrf_token":
                self.known.add("form token", one.get("value"))
        return page


@dataclass
class Life:
    """The walk through everything, and what is known of it."""

    house: House
    provider: Provider
    known: Known
    time: clock.Standing

    def browser(self) -> Watched:
        """A browser that is watched."""
        browser = Watched(self.house.app, ISSUER)
        browser.known = self.known
        return browser

    def person(self, name: str, **more: Any) -> Person:
        """Somebody whose secrets we know."""
        person = add_person(self.house, name, **more)
        self.known.add("password", person.password)
        self.known.add("seed", person.totp)
        self.known.add("activation code", person.code)
        return person

    def now_in_the_app(self, secret: str | None) -> str:
        """The code of this moment, and a wrong one, both remembered."""
        right = totp_code(secret)
        self.known.add("app code", right, wrong_code(right))
        return right

    def texts(self) -> str:
        """The newest text's code; every text is remembered."""
        for message in self.house.phone():
            self.known.add("text code", message["code"], wrong_code(message["code"]))
        return self.house.newest_code()


def lead_a_life(house: House, provider: Provider, time: clock.Standing) -> Known:
    """Everything a person and an application do, right and wrong."""
    life = Life(house, provider, Known(), time)
    life.known.add("password", PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, IN_THE_WRONG_FIELD)
    life.known.add("telephone number", *PHONES.values())
    life.known.add("activation code", WRONG_ACTIVATION_CODE)
    life.known.add("root secret", ROOT_SECRET)
    set_up(life)
    use_applications(life)
    leave_things_half_done(life)
    return life.known


def set_up(life: Life) -> None:
    """First set-up with a start password, both methods, and every kind of mistake."""
    anna = life.person("anna", password=None, code=True)
    browser = life.browser()
    assert identify(browser, anna, at="/2fa", password=WRONG_PASSWORD).error == "login-failed"
    browser.submit("volgende", gebruikersnaam=IN_THE_WRONG_FIELD, wachtwoord="x")
    identify(browser, anna, at="/2fa")
    browser.submit("volgende")
    assert anna.code is not None
    for code, error in (
        (anna.code[:-1] + "*", "activation-code-typo"),
        (WRONG_ACTIVATION_CODE, "activation-code-invalid"),
        (anna.code, None),
    ):
        assert browser.submit("volgende", activatiecode=code).error == error
    browser.submit("volgende", methode=["totp", "sms"])
    secret = browser.page.text("totp-geheim")
    life.known.add("seed", secret)
    wrong = wrong_code(life.now_in_the_app(secret))
    assert browser.submit("volgende", code=wrong).error == "code-invalid"
    assert set_up_totp(browser)[1].name == "set-password"
    life.known.add("password", "anna anna anna")
    assert browser.submit("volgende", nieuw_wachtwoord="anna anna anna").error == "password-weak"
    assert browser.submit("volgende", nieuw_wachtwoord=NEW_PASSWORD).name == "enrol-sms"
    assert browser.submit("volgende", telefoonnummer=PHONES["mistyped"]).error == "number-invalid"
    browser.submit("volgende", telefoonnummer=PHONES["anna"])
    assert browser.submit("volgende", code=wrong_code(life.texts())).error == "code-invalid"
    assert browser.submit("volgende", code=life.texts()).name == "enrolment-done"
    assert browser.submit("afronden").name == "portal"
    assert browser.get("/mijn/beveiliging").name == "security"
    assert browser.submit("uitloggen").name == "logged-out"


def use_applications(life: Life) -> None:
    """Three kinds of clients; codes redeemed, replayed and refused; tokens used and misused; signing out."""
    clients = [
        life.provider.application(grant_types=("authorization_code", "refresh_token")),
        life.provider.application(None, auth_method="client_secret_post"),
        life.provider.nlgov(None),
    ]
    bram = life.provider.person("bram", totp=True, phone=PHONES["bram"])
    life.known.add("seed", bram.totp)
    browser = life.browser()
    for number, client in enumerate(clients):
        life.known.add("client secret", client.secret)
        life.known.add(
            "client secret", client.header().get("Authorization", "").removeprefix("Basic ")
        )
        life.time.move(MINUTE)
        mode = {"response_mode": "form_post"} if number else {}
        page = client.visit(browser, prompt="login", **mode)
        identify(browser, bram, at=None)
        if number == 0:
            browser.submit("volgende", methode="sms")
            browser.submit("volgende")
            browser.submit("volgende", code=wrong_code(life.texts()))
            page = browser.submit("volgende", code=life.texts())
            code = client.answer(page)["code"]
        else:
            browser.submit("volgende", methode="totp")
            browser.submit("volgende", code=wrong_code(life.now_in_the_app(bram.totp)))
            page = browser.submit("volgende", code=life.now_in_the_app(bram.totp))
            fields = {
                one.get("name"): one.get("value") for one in page.document.descendants("input")
            }
            code = fields["code"] or ""
        redeem(life, client, code)
    hint = min(life.known.secrets["id token"])
    client = clients[0]
    life.known.add("id token", hint)
    client.visit(browser, prompt="login", id_token_hint=hint)
    browser.get(f"/oauth2/logout?id_token_hint={hint}&logout_hint=bram")


def redeem(life: Life, client: RelyingParty, code: str) -> None:
    """Every way in which a code can be redeemed or not."""
    life.known.add("authorization code", code)
    life.known.add("verifier", client.verifier, "verkeerd" * 6)
    made = client.assertion

    def assertion(**changes: Any) -> str:
        signed = made(**changes)
        life.known.add("assertion", signed)
        return signed

    client.assertion = assertion  # type: ignore[method-assign]
    assert client.redeem(code, code_verifier="verkeerd" * 6).status_code == 400
    if client.method == "client_secret_post":
        life.known.add("client secret", "verkeerd-geheim-van-een-client")
        refused = client.redeem(code, client_secret="verkeerd-geheim-van-een-client")
        assert refused.status_code == 401
    body = client.redeem(code).get_json()
    life.known.add("access token", body["access_token"])
    life.known.add("id token", body["id_token"])
    assert client.userinfo(body["access_token"]).status_code == 200
    assert client.userinfo(body["access_token"][::-1]).status_code == 401
    if "refresh_token" in body:
        renew(life, client, body["refresh_token"])
    assert client.introspect(body["access_token"]).get_json()["active"] is True
    assert client.redeem(code).status_code == 400  # a replay, which revokes
    assert client.userinfo(body["access_token"]).status_code == 401


def renew(life: Life, client: RelyingParty, token: str) -> None:
    """A refresh token used, looked at, and spoilt; what it gave is given back."""
    body = client.refresh(token).get_json()
    life.known.add("refresh token", token, body["refresh_token"])
    life.known.add("id token", body["id_token"])
    assert client.introspect(body["refresh_token"]).get_json() == {"active": False}
    life.known.add("access token", body["access_token"])
    assert client.revoke(body["access_token"]).status_code == 200
    spoilt = ("b" if token.startswith("a") else "a") + token[1:]
    assert client.refresh(spoilt).status_code == 400


def leave_things_half_done(life: Life) -> None:
    """What lies in the database on any morning: sessions, codes and set-ups that wait."""
    life.time.move(MINUTE)
    carla = life.person("carla", totp=True, phone="06 11223344")
    life.known.add("telephone number", "06 11223344")
    asked = life.browser()
    identify(asked, carla)
    asked.submit("volgende", methode="sms")
    asked.submit("volgende")
    life.texts()
    signed_in = life.browser()
    life.now_in_the_app(carla.totp)
    assert sign_in(life.house, signed_in, carla).name == "portal"
    open_client = life.provider.application(None)
    life.known.add("client secret", open_client.secret)
    life.known.add("verifier", open_client.verifier)
    life.known.add("authorization code", open_client.ask(signed_in)["code"])
    token = open_client.redeem(open_client.ask(signed_in)["code"]).get_json()
    life.known.add("access token", token["access_token"])
    dora = life.person("dora", code=True)
    starting = life.browser()
    identify(starting, dora, at="/2fa")
    starting.submit("volgende")
    life.person("esther", code=True)  # her letter is on its way
    assert dora.code is not None
    starting.submit("volgende", activatiecode=dora.code)
    starting.submit("volgende", methode=["totp", "sms"])
    life.known.add("seed", starting.page.text("totp-geheim"))


# --- what a thief of the database has -------------------------------------------------------------------------------


def every_row(house: House) -> dict[str, list[dict[str, Any]]]:
    """The whole database as a thief would have it: each table's rows, as the driver gives them."""
    with house.inside():
        return {
            name: [
                dict(row) for row in db.session.execute(text(f"SELECT * FROM {name}")).mappings()
            ]
            for name in inspect(db.engine).get_table_names()
        }


def written_out(rows: dict[str, list[dict[str, Any]]]) -> str:
    """All values of all rows, one a line, in every way in which their bytes can be read."""
    return "\n".join(
        _as_text(value) for table in rows.values() for row in table for value in row.values()
    )


def _as_text(value: Any) -> str:
    if not isinstance(value, bytes | memoryview):
        return str(value)
    raw = bytes(value)
    ways = (raw.decode("latin-1"), raw.hex(), base64.b64encode(raw).decode(), repr(raw))
    return " ".join(ways)


def what_counts(house: House) -> set[tuple[str, str]]:
    """Every row by its table, without the time at which a session was last used."""
    return {
        (
            name,
            repr(sorted((column, value) for column, value in row.items() if column != "used_at")),
        )
        for name, rows in every_row(house).items()
        for row in rows
    }

"""Attacks on authorization codes: two at once, from threads and from processes, stolen ones, ones of another client."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from idp.audit import Event
from idp.clock import Standing
from idp.database import db
from idp.models import AccessToken, AuthorizationCode, AuthorizationRequest
from tests.protocol.relying_party import Provider, RelyingParty, challenge_of
from tests.support.journeys import House
from tests.support.run import Run

THREADS = 8

#: What another process does: redeem each code that it is told to, at once, and say how that went.
OTHER_PROCESS = """
import json, sys
from datetime import datetime
import idp
from idp import clock
from idp.settings import Settings

given = json.loads(sys.argv[1])
issuer = given["settings"]["issuer"]
client = idp.create_app(Settings(**given["settings"])).test_client()
with clock.standing_at(datetime.fromisoformat(given["now"])):
    client.get("/oauth2/jwks", base_url=issuer)
    print("ready", flush=True)
    for line in sys.stdin:
        print(client.post("/oauth2/token", base_url=issuer, data=json.loads(line)).status_code, flush=True)
"""


@pytest.fixture
def provider(house: House, run: Run) -> Provider:
    """The house with signing keys."""
    return Provider.of(house, run)


def at_once(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all of these at the same moment, each in a thread of its own, and return what they gave."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def start(number: int) -> None:
        barrier.wait()
        results[number] = works[number]()

    threads = [threading.Thread(target=start, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_code_works_once_even_when_eight_ask_at_once(provider: Provider, house: House) -> None:
    shop, anna = provider.application(), provider.person()
    browser = provider.browser(anna)
    for _ in range(5):
        code = shop.ask(browser)["code"]
        answers = at_once([lambda code=code: shop.redeem(code).status_code] * THREADS)
        assert sorted(answers) == [200] + [400] * (THREADS - 1)
    with house.app.app_context():
        tokens = db.session.query(AccessToken).all()
        assert len(tokens) == 5
        assert all(token.revoked_at for token in tokens), (
            "the others proved that the code was known elsewhere"
        )


def test_a_code_works_once_even_when_two_processes_ask_at_once(
    provider: Provider, house: House, time: Standing, tmp_path: Path
) -> None:
    shop, anna = provider.application(auth_method="none"), provider.person()
    browser = provider.browser(anna)
    script = tmp_path / "other_process.py"
    script.write_text(OTHER_PROCESS)
    settings = house.app.config["IDP"].model_dump(mode="json", exclude_defaults=True)
    given = json.dumps({"settings": settings, "now": time.moment.isoformat()})
    with ExitStack() as stack:
        others = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, str(script), given],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    cwd=Path(__file__).parents[2],
                )
            )
            for _ in range(2)
        ]
        assert [hear(other) for other in others] == ["ready", "ready"]
        for _ in range(10):
            fields = {
                "grant_type": "authorization_code",
                "code": shop.ask(browser)["code"],
                "redirect_uri": shop.redirect_uri,
                "client_id": shop.client_id,
                "code_verifier": shop.verifier,
            }
            for other in others:
                tell(other, json.dumps(fields))
            assert sorted(hear(other) for other in others) == ["200", "400"]
        for other in others:
            assert other.stdin is not None
            other.stdin.close()


def tell(process: subprocess.Popen[str], line: str) -> None:
    """Send a line to a process."""
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    """The next line of a process."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_a_kept_request_gives_one_code_even_when_two_tabs_come_back_at_once(
    provider: Provider, house: House, time: Standing
) -> None:
    shop, anna = provider.application(), provider.person()
    for _ in range(5):
        browser = provider.browser()
        shop.visit(browser)
        kept = f"http://localhost:8400{waiting(house)}"
        provider.sign_in(browser, anna, at=time.moment)
        tabs = [house.browser() for _ in range(4)]
        for tab in tabs:
            tab.take_over(browser, "__Host-idp_browser", "__Host-idp_session")
        pages = at_once([partial(tab.get, kept) for tab in tabs])
        assert sorted(page.status for page in pages) == [303, 409, 409, 409]
        assert sum("code=" in (page.left_for or "") for page in pages) == 1
    assert len(provider.events(Event.OUT_OF_TURN)) == 15  # each refusal is in the audit trail


def waiting(house: House) -> str:
    """The address of the one request that waits."""
    with house.app.app_context():
        [kept] = db.session.query(AuthorizationRequest).filter_by(answered_at=None).all()
        return f"/oauth2/authorize/{kept.id}"


def test_a_stolen_code_is_worthless_without_the_verifier_and_stays_the_owners(
    provider: Provider,
) -> None:
    shop, anna = provider.application(auth_method="none"), provider.person()
    code = shop.ask(provider.browser(anna))["code"]
    thief = RelyingParty(shop.house, shop.client_id, "none")
    for guess in (None, "", "a" * 43, challenge_of(shop.verifier), thief.verifier):
        assert thief.redeem(code, code_verifier=guess).status_code == 400
    assert shop.redeem(code).status_code == 200


def test_a_code_put_into_another_clients_redirect_is_refused_there(provider: Provider) -> None:
    """Code injection (RFC 9700 section 4.5): the attacker's own code, in the victim's application."""
    shop, anna, mallory = provider.application(), provider.person(), provider.person("m.allory")
    stolen = RelyingParty(shop.house, shop.client_id, shop.method, secret=shop.secret)
    code = stolen.ask(provider.browser(mallory))["code"]
    shop.visit(provider.browser(anna))
    assert shop.redeem(code).status_code == 400


def test_another_client_cannot_redeem_or_spoil_a_code(provider: Provider) -> None:
    shop, other = provider.application(), provider.application(None)
    code = shop.ask(provider.browser(provider.person()))["code"]
    for fields in ({"code_verifier": shop.verifier}, {"client_id": shop.client_id}):
        assert other.redeem(code, **fields).status_code == 400
    assert shop.redeem(code).status_code == 200


def test_the_database_alone_redeems_nothing(provider: Provider, house: House) -> None:
    """Law 2: whoever reads the table has digests, keyed by a secret that is not in it."""
    shop, anna = provider.application(), provider.person()
    shop.ask(provider.browser(anna))
    with house.app.app_context():
        [row] = db.session.query(AuthorizationCode).all()
    for guess in (row.digest, row.digest[:43], row.code_challenge, row.sid):
        assert shop.redeem(guess).status_code == 400


def test_the_replay_of_a_code_is_in_the_audit_trail_under_its_reference(provider: Provider) -> None:
    shop, anna = provider.application(), provider.person()
    code = shop.ask(provider.browser(anna))["code"]
    shop.redeem(code)
    shop.redeem(code)
    [replayed] = provider.events(Event.CODE_REPLAYED)
    assert replayed.account_id == anna.id
    assert code not in str(vars(replayed))


def test_a_code_that_is_given_back_makes_no_other_code_good_again(provider: Provider) -> None:
    """A request for an API that is not ours undoes its own claim, and nobody else's."""
    shop, browser = provider.application(), provider.browser(provider.person())
    spent = shop.ask(browser)["code"]
    assert shop.redeem(spent).status_code == 200
    stolen = shop.ask(browser)["code"]
    wrong = shop.redeem(stolen, resource="https://elders.example/api")
    assert (wrong.status_code, wrong.get_json()["error"]) == (400, "invalid_target")
    assert shop.redeem(spent).get_json()["error"] == "invalid_grant"
    assert shop.redeem(stolen).status_code == 200


def test_the_audit_trail_calls_every_refused_code_a_failure(provider: Provider) -> None:
    shop, other = provider.application(), provider.application(None)
    code = shop.ask(provider.browser(provider.person()))["code"]
    shop.redeem("nobody's")
    other.redeem(code)
    shop.redeem(code, code_verifier="w" * 43)
    shop.redeem(code)
    shop.redeem(code)
    refused = provider.events(Event.TOKEN_REFUSED) + provider.events(Event.CODE_REPLAYED)
    assert len(refused) >= 4
    assert not any(event.succeeded for event in refused)


def test_half_of_a_challenge_is_refused_even_where_it_may_be_left_out(provider: Provider) -> None:
    """Or a challenge that somebody took away would go unnoticed (RFC 9700 section 4.8.2)."""
    shop, browser = provider.application(is_test=True), provider.browser(provider.person())
    for half in ({"code_challenge": None}, {"code_challenge_method": None}):
        assert shop.ask(browser, **half)["error"] == "invalid_request", half

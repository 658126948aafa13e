"""JWTs in every form that is none, at every place that reads one: the standard's refusal, at once, and nothing stays.

The forms stand in `bent_jwts.py`, the places and their refusals in `presented.py`.
"""

from __future__ import annotations

import time as machine_time
from collections.abc import Callable, Mapping
from typing import Final

import pytest
from joserfc.jwk import RSAKey

from idp import throttle
from idp.throttle import Budget
from tests.attacks.bent_jwts import IGNORED, NAMED, SIGNED, UNSIGNED, Form, Genuine
from tests.attacks.presented import PLACES, Holder, what_lasts
from tests.protocol.relying_party import Provider, client_key
from tests.protocol.request_objects import signed_request
from tests.support.journeys import House
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

#: Seconds of this process; the slowest refusal takes a hundredth of it.
AT_ONCE: Final = 1.0
#: Longer than what its endpoint reads at all, and refused as such.
TOO_LONG: Final = {
    "client_assertion": "400 invalid_request",
    "pushed request": "400 invalid_request",
    "id_token_hint": "invalid_request",
    "token to ask about": "400 invalid_request",
}


@pytest.fixture
def provider(house: House, run: Run, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The house with signing keys; a client may fail here as often as it takes."""
    patient = Budget(times=10_000, window=throttle.CLIENT_FAILURES.window)
    monkeypatch.setattr(throttle, "CLIENT_FAILURES", patient)
    return Provider.of(house, run)


@pytest.fixture
def who(provider: Provider) -> Holder:
    """A client that signs, takes signed tokens, and whose person is signed in."""
    shop = provider.application(
        auth_method="private_key_jwt", key=client_key("RSA"), access_token_format="jwt"
    )
    provider.application(None, auth_method="private_key_jwt", key=client_key("RSA", name="two"))
    return Holder(shop, provider.browser(provider.person()))


def genuine(who: Holder, text: str, key: object) -> Genuine:
    assert isinstance(key, RSAKey)
    published = Provider(who.house).keys()["keys"]
    return Genuine(text, key, next(key for key in published if key["alg"] == "RSA-OAEP-256"))


def made_by_the_client(make: Callable[[Holder], str]) -> Callable[[Holder], Genuine]:
    return lambda who: genuine(who, make(who), who.shop.key)


def made_by_us(name: str) -> Callable[[Holder], Genuine]:
    """A token of ours. Its key is not at hand, and no attacker has it: these are bent without."""
    return lambda who: genuine(who, who.shop.tokens(who.browser)[name], client_key("RSA"))


ASSERTION: Final = made_by_the_client(lambda who: who.shop.assertion())
OBJECT: Final = made_by_the_client(lambda who: signed_request(who.shop))
ID_TOKEN: Final = made_by_us("id_token")
ACCESS_TOKEN: Final = made_by_us("access_token")

#: A place → what is right there, and the forms in which it is not.
READ_AT: Final[dict[str, tuple[Callable[[Holder], Genuine], Mapping[str, Form]]]] = {
    "client_assertion": (ASSERTION, UNSIGNED | NAMED | SIGNED),
    "request": (OBJECT, UNSIGNED | NAMED | SIGNED),
    "pushed request": (OBJECT, UNSIGNED | NAMED | SIGNED),
    "id_token_hint": (ID_TOKEN, UNSIGNED | NAMED),
    "id_token_hint for signing out": (ID_TOKEN, UNSIGNED | NAMED),
    "bearer token at UserInfo": (ACCESS_TOKEN, UNSIGNED | NAMED),
    "bearer token at UserInfo, in a form": (ACCESS_TOKEN, UNSIGNED | NAMED),
    "token to ask about": (ACCESS_TOKEN, UNSIGNED | NAMED),
}
#: Made anew for each form: what was used once would be refused for that.
SIGNED_BY_CLIENTS: Final = ("client_assertion", "request", "pushed request")


@pytest.mark.parametrize("where", READ_AT)
def test_a_bent_jwt_gets_the_refusal_of_its_standard(who: Holder, where: str) -> None:
    make, forms = READ_AT[where]
    place, right = PLACES[where], make(who)
    before, wrong = what_lasts(who.house), {}
    for name, form in forms.items():
        bent = form(make(who) if where in SIGNED_BY_CLIENTS else right)
        began = machine_time.process_time()
        said = place.present(who, bent)
        took = machine_time.process_time() - began
        expected = place.refusal
        if name == "longer than anything that we take":
            expected = TOO_LONG.get(where, expected)
        if said != expected or took > AT_ONCE:
            wrong[name] = f"{said} after {took:.2f} s"
    assert wrong == {}
    assert what_lasts(who.house) == before
    assert place.present(who, right.text) == place.welcome, "what is right still counts"


@pytest.mark.parametrize("where", SIGNED_BY_CLIENTS)
def test_a_header_that_would_choose_a_key_chooses_nothing(who: Holder, where: str) -> None:
    """ASVS 5.0 section 9.1.3: not fetched (the network here is guarded), not used, not in the way."""
    place = PLACES[where]
    for name, form in IGNORED.items():
        assert place.present(who, form(READ_AT[where][0](who))) == place.welcome, name

"""A key's answer that was made for another origin, bent, or never an answer at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.clock import Standing
from idp.mfa.key_ceremony import LONGEST
from tests.attacks.key_holders import (
    ELSEWHERE,
    asked,
    keys_kept,
    not_made,
    reasons,
    refused,
    setting_up,
    with_a_key,
)
from tests.support.journeys import House, house_of_this_worker
from tests.support.run import Run
from tests.support.software_key import (
    BACKED_UP,
    ELIGIBLE,
    ES256,
    USUAL,
    VERIFIED,
    SoftwareKey,
    options_on,
    packed,
    unpacked,
)


@pytest.fixture
def house(time: Standing, database_url: str, run: Run) -> House:
    """The house, empty; once on each database."""
    return house_of_this_worker(database_url, run)


BENT: dict[str, dict[str, Any]] = {
    "another origin": {"origin": ELSEWHERE},
    "another port": {"origin": "http://localhost:8401"},
    "another scheme": {"origin": "https://localhost:8400"},
    "a subdomain": {"origin": "http://login.localhost:8400"},
    "origin with a slash": {"origin": "http://localhost:8400/"},
    "several origins": {"origin": ["http://localhost:8400"]},
    "another rp id": {"rp_id": "elders.example"},
    "framed by another origin": {"client_data": {"crossOrigin": True}},
    "framed, as a word": {"client_data": {"crossOrigin": "false"}},
    "opened inside another origin": {"client_data": {"topOrigin": ELSEWHERE}},
    "nobody was there": {"flags": VERIFIED},
    "backed up but not eligible": {"flags": USUAL | BACKED_UP},
}


@pytest.mark.parametrize("bent", BENT.values(), ids=BENT)
def test_a_key_that_was_made_elsewhere_is_not_taken(house: House, bent: dict[str, Any]) -> None:
    _anna, browser = setting_up(house)
    key = SoftwareKey()
    not_made(browser.submit("volgende", sleutel=key.make(options_on(browser.page), **bent)))
    used = {"kind": "webauthn.get"}
    not_made(browser.submit("volgende", sleutel=key.make(options_on(browser.page), **used)))
    assert keys_kept(house) == 0
    made = key.make(options_on(browser.page))
    assert browser.submit("volgende", sleutel=made).name == "enrolment-done"


def test_an_answer_that_was_given_elsewhere_signs_nobody_in(house: House) -> None:
    anna, key = with_a_key(house)
    more: dict[str, dict[str, Any]] = {
        "made, not used": {"kind": "webauthn.create"},
        "became eligible": {"flags": USUAL | ELIGIBLE},
        "another signature": {"signature": b"\x30\x06\x02\x01\x01\x02\x01\x01"},
        "no signature": {"signature": b""},
    }
    for name, bent in (BENT | more).items():
        browser, options = asked(house, anna)
        refused(browser.submit("volgende", sleutel=key.use(options, **bent)))
        assert browser.get("/mijn/applicaties").name == "login", name
        browser, options = asked(house, anna)  # a right one forgives the counter of wrong ones
        assert browser.submit("volgende", sleutel=key.use(options)).name == "portal"
    assert "made on another origin" in reasons(house, "key-refused")
    assert not [reason for reason in reasons(house, "key-refused") if "elders" in (reason or "")]


# --- keys that we do not take ---------------------------------------------------------------------------------------


def rsa_key(bits: int, exponent: int = 65537, algorithm: int = -257) -> dict[int, Any]:
    public = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
    number = public.public_numbers().n.to_bytes(bits // 8, "big")
    return {1: 3, 3: algorithm, -1: number, -2: exponent.to_bytes(3, "big")}


def curve_key(curve: ec.EllipticCurve, number: int) -> dict[int, Any]:
    point = ec.generate_private_key(curve).public_key().public_numbers()
    size = (curve.key_size + 7) // 8
    x, y = (each.to_bytes(size, "big") for each in (point.x, point.y))
    return {1: 2, 3: ES256, -1: number, -2: x, -3: y}


NOT_TAKEN: dict[str, Callable[[], Any]] = {
    "RS1": lambda: rsa_key(2048, algorithm=-65535),
    "PS256": lambda: rsa_key(2048, algorithm=-37),
    "a small RSA key": lambda: rsa_key(1024),
    "RSA with exponent three": lambda: rsa_key(2048, exponent=3),
    "another curve": lambda: curve_key(ec.SECP384R1(), 2),
    "no point of the curve": lambda: SoftwareKey().cose() | {-2: b"\1" * 32},
    "a short Ed25519 key": lambda: {1: 1, 3: -8, -1: 6, -2: b"\1" * 31},
    "no algorithm": lambda: {1: 2, -1: 1},
    "no key": dict,
    "a list": lambda: [1, 2, 3],
    "a number": lambda: 7,
}


@pytest.mark.parametrize("public_key", NOT_TAKEN.values(), ids=NOT_TAKEN)
def test_a_weak_or_strange_key_is_not_taken(house: House, public_key: Callable[[], Any]) -> None:
    _anna, browser = setting_up(house)
    options = options_on(browser.page)
    made = SoftwareKey().make(options, public_key=cbor2.dumps(public_key()))
    not_made(browser.submit("volgende", sleutel=made))
    assert keys_kept(house) == 0


@pytest.mark.parametrize("length", [0, 1024, 5000])
def test_a_key_id_has_a_bounded_length(house: House, length: int) -> None:
    _anna, browser = setting_up(house)
    made = SoftwareKey(key_id=b"k" * length).make(options_on(browser.page))
    not_made(browser.submit("volgende", sleutel=made))
    made = SoftwareKey(key_id=b"k" * 1023).make(options_on(browser.page))
    assert browser.submit("volgende", sleutel=made).name == "enrolment-done"


# --- anything at all ------------------------------------------------------------------------------------------------

GARBAGE: list[str] = [
    "x", "null", "[]", "7", "{}", '"{}"', "[" * 9000, '{"a":' * 3000, "\0", "\N{GRINNING FACE}", "{" + " " * LONGEST,
    '{"id":1}', '{"response":null}', '{"response":{"clientDataJSON":"%%%"}}', '{"response":{"clientDataJSON":7}}',
    json.dumps({"rawId": "AA", "response": {"clientDataJSON": packed(b"[]")}}),
    json.dumps({"rawId": "AA", "response": {"clientDataJSON": packed(b"\xff\xfe")}}),
    json.dumps({"rawId": "é", "response": {"clientDataJSON": packed(b"{}")}}),
]  # fmt: skip


@pytest.mark.parametrize("fresh", ["enrolment", "step"])
def test_garbage_in_every_field_gets_an_ordinary_answer(house: House, fresh: str) -> None:
    if fresh == "enrolment":
        _anna, browser = setting_up(house)
        for text in GARBAGE:
            for more in ({}, {"sleutelnaam": text[:5000]}, {"sleutelfout": text[:5000]}):
                not_made(browser.submit("volgende", sleutel=text, **more))
        return
    anna, key = with_a_key(house)
    for text in GARBAGE:
        browser, _options = asked(house, anna)
        page = browser.submit("volgende", sleutel=text)
        assert (page.name, page.status) == ("second-factor", 422), text
        browser.submit("volgende", sleutel=key.use(options_on(page)))


def every_part_bent(answer: str) -> list[str]:
    """The answer with each of its parts gone, of another type, cut, prolonged or flipped."""
    whole = json.loads(answer)
    found: list[str] = []
    for name in ("id", "rawId", "type", "response"):
        found += [json.dumps(whole | {name: value}) for value in (None, 7, [], {}, "", "x", "é")]
        found.append(json.dumps({key: value for key, value in whole.items() if key != name}))
    for name, text in whole["response"].items():
        parts: list[Any] = [None, 7, [], {}, "", "x", "é"]
        if isinstance(text, str):
            raw = unpacked(text)
            parts += [packed(raw[: len(raw) // 2]), packed(raw + b"\0"), packed(raw[:36])]
            parts += [packed(bytes([raw[0] ^ 255]) + raw[1:]), packed(raw[:-1] + b"\xff")]
            parts += [packed(raw[:-1] + bytes([raw[-1] ^ bit])) for bit in (1, 64, 128)]
        found += [
            json.dumps(whole | {"response": whole["response"] | {name: part}})
            for part in parts
            if part != text
        ]
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_bent_part_of_an_answer_breaks_us_or_signs_in(house: House) -> None:
    """Parts that nothing depends on (`transports`, an absent `userHandle`) may be bent; then the answer is right."""
    anna, key = with_a_key(house, counts=False)
    browser, options = asked(house, anna)
    harmless = 0
    for number in range(len(every_part_bent(key.use(options)))):
        browser, options = asked(house, anna)
        sent = every_part_bent(key.use(options))[number]
        page = browser.submit("volgende", sleutel=sent)
        assert page.status in {200, 422}, sent
        if page.name == "portal":
            assert json.loads(sent)["response"].get("userHandle") is None, sent
            harmless += 1
        else:
            browser.get(page.address)
            fine = key.use(options_on(browser.page))
            assert browser.submit("volgende", sleutel=fine).name == "portal"
    assert harmless == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_bent_part_of_a_new_key_breaks_us(house: House) -> None:
    _anna, browser = setting_up(house)
    for number in range(len(every_part_bent(SoftwareKey().make(options_on(browser.page))))):
        sent = every_part_bent(SoftwareKey().make(options_on(browser.page)))[number]
        page = browser.submit("volgende", sleutel=sent)
        if page.name == "enrolment-done":  # only `transports` was bent
            assert '"attestationObject"' in sent
            browser.submit("nog-een-methode")
            browser.submit("volgende", methode=["webauthn"])
        else:
            assert page.status == 422, sent
    assert 0 < keys_kept(house) <= 10

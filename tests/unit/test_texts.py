"""What texts and calls say, in both languages, whatever the service and its host are called."""

from __future__ import annotations

import pytest

from idp.messaging.texts import About, CallScript, passcode_call, passcode_text
from idp.secret_values import Secret

#: 3GPP TS 23.038: the basic alphabet, one septet each; those of the extension table would take two.
GSM_7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)

SERVICES = [
    "Mijn CAK Zakelijk",
    "W" * 40,
    "W" * 100,
    "Coöperatie ‘De Één’ – ïjsvogel & cië",
    "Zaken doen met de gemeente {x} [y] ~ €",
    "Ωmega 😀 службa",
]
HOSTS = [
    "localhost",
    "inloggen.voorbeeld.nl",
    "zakelijk." + "zeer-lange-naam." * 6 + "voorbeeld.nl",
]


def about(service: str, host: str, language: str) -> About:
    return About(service=service, host=host, minutes=5, language=language)


def text(service: str, host: str, language: str) -> str:
    code = Secret("012345")
    return passcode_text(code, about(service, host, language)).reveal()


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("service", SERVICES)
def test_a_message_fits_in_one_text_of_the_gsm_alphabet(
    service: str, host: str, language: str
) -> None:
    said = text(service, host, language)
    assert len(said) <= 160, said
    assert set(said) <= GSM_7, set(said) - GSM_7


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", ["012345", "Mijn CAK Zakelijk", "5 minuten", "aan niemand"]),
        ("en", ["012345", "Mijn CAK Zakelijk", "5 minutes", "Never share"]),
    ],
)
def test_a_message_tells_purpose_code_validity_and_a_warning(
    language: str, words: list[str]
) -> None:
    said = text("Mijn CAK Zakelijk", "inloggen.voorbeeld.nl", language)
    assert all(word in said for word in words), said


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_last_line_binds_the_code_to_our_host_and_nothing_is_a_link(language: str) -> None:
    said = text("Mijn CAK Zakelijk", "inloggen.voorbeeld.nl", language)
    assert said.endswith("\n@inloggen.voorbeeld.nl #012345")
    assert "://" not in said
    assert "www." not in said


def test_a_host_too_long_for_the_last_line_is_left_out_rather_than_cut() -> None:
    said = text("Mijn CAK Zakelijk", HOSTS[-1], "nl")
    assert "@" not in said
    assert "012345" in said


# --- calls -----------------------------------------------------------------------------------------------------------

DIGITS = {
    "nl": "nul één twee drie vier vijf zes zeven acht negen",
    "en": "zero one two three four five six seven eight nine",
}


def call(code: str, language: str, service: str = "Mijn CAK Zakelijk") -> CallScript:
    return passcode_call(Secret(code), about(service, "inloggen.voorbeeld.nl", language))


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", ["Mijn CAK Zakelijk", "Hang dan op", "Toets 1 om uw code te horen"]),
        ("en", ["Mijn CAK Zakelijk", "hang up", "Press 1 to hear your code"]),
    ],
)
def test_who_answers_hears_who_calls_and_which_key_to_press(
    language: str, words: list[str]
) -> None:
    said = call("401234", language)
    assert said.language == language
    assert all(word in said.before_key for word in words), said.before_key


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("code", ["401234", "000000", "987650"])
def test_a_voicemail_which_presses_no_key_hears_nothing_of_the_code(
    code: str, language: str
) -> None:
    one, other = call(code, language), call("555555", language)
    assert one.before_key == other.before_key
    assert code not in one.before_key
    assert not set(DIGITS[language].split()) & set(one.before_key.lower().replace(".", "").split())


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("code", ["401234", "000000", "987650"])
def test_the_code_is_read_digit_by_digit_and_twice(code: str, language: str) -> None:
    said = call(code, language).after_key.reveal()
    names = DIGITS[language].split()
    assert said.count(", ".join(names[int(digit)] for digit in code)) == 2
    assert code not in said  # no voice can read it as one number


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", ["5 minuten", "nooit aan iemand anders"]),
        ("en", ["5 minutes", "Never give this code to anyone else"]),
    ],
)
def test_a_call_tells_how_long_the_code_works_and_warns(language: str, words: list[str]) -> None:
    said = call("401234", language).after_key.reveal()
    assert all(word in said for word in words), said


@pytest.mark.parametrize("service", [*SERVICES, "Twee\nregels"])
def test_a_call_written_down_is_one_line_before_the_key_and_one_after(service: str) -> None:
    said = call("401234", "nl", service)
    assert said.reveal().split("\n") == [said.before_key, said.after_key.reveal()]
    assert "vier, nul" not in repr(said)

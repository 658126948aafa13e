"""Text messages: one message on every phone, in both languages, whatever the service and its host are called."""

from __future__ import annotations

import pytest

from idp.messaging.texts import passcode_text
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


def text(service: str, host: str, language: str) -> str:
    code = Secret("012345")
    return passcode_text(code, service=service, host=host, minutes=5, language=language).reveal()


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

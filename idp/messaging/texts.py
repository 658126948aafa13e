"""What a text message and a telephone call say: purpose, code, validity and a warning.

A text holds no link, is bound to our origin by its last line, and has at most 160 characters of the GSM alphabet, so
that it is one message on every phone. A call tells nothing secret before a key was pressed: a voicemail presses none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from idp.secret_values import Secret

LONGEST: Final = 160
#: 3GPP TS 23.038 section 6.2.1, without the extension table, whose characters count for two.
GSM: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TEXTS = {
    "nl": "{code} is uw code voor {service}. De code werkt {minutes} minuten. Geef hem aan niemand.",
    "en": "{code} is your code for {service}. It works for {minutes} minutes. Never share it.",
}
_NUMBER_CHANGED = {
    "nl": "{service}: voor uw account geldt nu een ander telefoonnummer. Was u dit niet? Bel direct {phone}.",
    "en": "{service}: your account now has another telephone number. Was this not you? Call {phone} at once.",
}
#: The key that whoever is called presses to hear the code.
KEY: Final = "1"
_BEFORE_THE_KEY = {
    "nl": "Goedendag. Dit is een automatisch telefoontje van {service}. Bent u nu niet aan het inloggen? "
    "Hang dan op. Toets {key} om uw code te horen.",
    "en": "Hello. This is an automated call from {service}. Are you not signing in now? Then hang up. "
    "Press {key} to hear your code.",
}
_AFTER_THE_KEY = {
    "nl": "Uw code is: {code}. Nog een keer: {code}. De code werkt {minutes} minuten. "
    "Geef deze code nooit aan iemand anders. Ook niet aan de telefoon.",
    "en": "Your code is: {code}. Once more: {code}. The code works for {minutes} minutes. "
    "Never give this code to anyone else. Not on the phone either.",
}
#: To who pressed another key, or none.
WITHOUT_THE_KEY: Final = {
    "nl": f"U hebt geen {KEY} getoetst. U hoort geen code. Tot ziens.",
    "en": f"You did not press {KEY}. You hear no code. Goodbye.",
}
#: Stands between the digits of a code and nowhere else in a call: here a voice makes a pause.
BETWEEN_DIGITS: Final = ", "
#: As words, so that no voice reads six digits as one number.
_DIGITS = {
    "nl": ("nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"),
    "en": ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
}
_LOOKALIKES = str.maketrans("‘’“”‐‑‒–—", "''\"\"-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a message tells besides its code: for which service, on which host, how long it works, in which language."""

    service: str
    host: str
    minutes: int
    language: str


@dataclass(frozen=True, slots=True)
class CallScript:
    """What a call says: `before_key` to who answers; `after_key`, which holds the code, once `KEY` was pressed."""

    language: str
    before_key: str
    after_key: Secret

    def reveal(self) -> str:
        """All of it, one line for each part."""
        return f"{self.before_key}\n{self.after_key.reveal()}"


Said = Secret | CallScript
"""What goes to one telephone: a text, or a call."""
Wording = Callable[[Secret, About], Said]
"""From a code to what is said of it."""


def passcode_call(code: Secret, about: About) -> CallScript:
    """The call for one passcode: who calls and which key to press; then the code, digit by digit, twice."""
    language = about.language
    digits = BETWEEN_DIGITS.join(_DIGITS[language][int(digit)] for digit in code.reveal())
    service = " ".join(about.service.split())  # one line, whatever the setting holds
    return CallScript(
        language,
        _BEFORE_THE_KEY[language].format(service=service, key=KEY),
        Secret(_AFTER_THE_KEY[language].format(code=digits, minutes=about.minutes)),
    )


def passcode_text(code: Secret, about: About) -> Secret:
    """The text message for one passcode; the last line lets browsers fill the code in on our site only.

    A host too long for that line is left out, because half a name would be another site's.
    """
    name = _in_gsm(about.service)[:40].strip()
    sentence = _TEXTS[about.language].format(
        code=code.reveal(), service=name, minutes=about.minutes
    )
    bound = f"{sentence}\n\n@{about.host} #{code.reveal()}"
    return Secret(bound if len(bound) <= LONGEST else sentence)


def number_changed_text(service: str, phone: str, language: str) -> Secret:
    """The text to a number that was replaced: no link, no code, no name."""
    language = language if language in _NUMBER_CHANGED else "nl"
    return Secret(
        _NUMBER_CHANGED[language].format(
            service=_in_gsm(service)[:40].strip(), phone=_in_gsm(phone)[:20].strip()
        )
    )


def _in_gsm(name: str) -> str:
    """A name in the GSM alphabet: letters lose accents it does not know, other signs go."""
    return "".join(
        sign if sign in GSM else "".join(GSM.intersection(unicodedata.normalize("NFKD", sign)[:1]))
        for sign in name.translate(_LOOKALIKES)
    )

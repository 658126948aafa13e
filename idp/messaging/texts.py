"""What a text message says: purpose, code, validity and a warning; no link; bound to our origin by its last line.

At most 160 characters of the GSM alphabet, so that it is one message on every phone.
"""

from __future__ import annotations

import unicodedata
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
_LOOKALIKES = str.maketrans("‘’“”‐‑‒–—", "''\"\"-----")


def passcode_text(code: Secret, *, service: str, host: str, minutes: int, language: str) -> Secret:
    """The text message for one passcode; the last line lets browsers fill the code in on our site only.

    A host too long for that line is left out, because half a name would be another site's.
    """
    name = _in_gsm(service)[:40].strip()
    sentence = _TEXTS[language].format(code=code.reveal(), service=name, minutes=minutes)
    bound = f"{sentence}\n\n@{host} #{code.reveal()}"
    return Secret(bound if len(bound) <= LONGEST else sentence)


def _in_gsm(name: str) -> str:
    """A name in the GSM alphabet: letters lose accents it does not know, other signs go."""
    return "".join(
        sign if sign in GSM else "".join(GSM.intersection(unicodedata.normalize("NFKD", sign)[:1]))
        for sign in name.translate(_LOOKALIKES)
    )

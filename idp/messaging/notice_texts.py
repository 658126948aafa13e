"""What a notice says: that something about somebody's access changed, when, and whom to call if it was not they.

No link, no code, no number or name to sign in with: whoever reads somebody's mail learns nothing that opens a door, and
a false mail with a link stands out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from babel.dates import format_datetime

from idp import clock
from idp.settings import Settings


class Notice(StrEnum):
    """What people are told of (NIST SP 800-63B-4 section 4.6)."""

    METHOD_ADDED = "method-added"
    METHOD_REMOVED = "method-removed"
    METHODS_RESET = "methods-reset"
    NUMBER_CHANGED = "number-changed"
    PASSWORD_CHANGED = "password-changed"
    PASSWORD_RESET = "password-reset"
    CODE_ISSUED = "code-issued"
    CODE_USED = "code-used"
    MAIL_CHANGED = "mail-changed"
    BLOCKED = "blocked"
    UNBLOCKED = "unblocked"
    NEW_DEVICE = "new-device"
    STOPPED = "stopped"
    FOUND_AFTER_FAILURES = "found-after-failures"
    STEP_FAILED = "step-failed"
    SESSIONS_ENDED = "sessions-ended"
    RECOVERY_CODES_MADE = "recovery-codes-made"
    RECOVERY_CODE_USED = "recovery-code-used"


#: Subject and sentence of each; `method`, `device` and `times` are what the facts say, in words.
_NL: Final = {
    Notice.METHOD_ADDED: (
        "Nieuwe manier van inloggen",
        "Er is een manier van inloggen bij uw account gekomen: {method}.",
    ),
    Notice.METHOD_REMOVED: (
        "Manier van inloggen verwijderd",
        "Er is een manier van inloggen bij uw account verwijderd: {method}.",
    ),
    Notice.METHODS_RESET: (
        "Manieren van inloggen verwijderd",
        "Wij hebben alle manieren van inloggen bij uw account verwijderd.",
    ),
    Notice.NUMBER_CHANGED: (
        "Telefoonnummer gewijzigd",
        "Het telefoonnummer voor {method} bij uw account is gewijzigd.",
    ),
    Notice.PASSWORD_CHANGED: (
        "Wachtwoord gewijzigd",
        "Het wachtwoord van uw account is gewijzigd.",
    ),
    Notice.PASSWORD_RESET: (
        "Nieuw startwachtwoord",
        "Wij hebben een nieuw startwachtwoord voor uw account gemaakt.",
    ),
    Notice.CODE_ISSUED: (
        "Activatiecode onderweg",
        "Wij hebben een activatiecode voor uw account gemaakt. U krijgt die apart van ons.",
    ),
    Notice.CODE_USED: (
        "Activatiecode gebruikt",
        "Met een activatiecode is het instellen van uw account begonnen.",
    ),
    Notice.MAIL_CHANGED: (
        "E-mailadres gewijzigd",
        "Het e-mailadres bij uw account is gewijzigd. Wij sturen dit bericht naar het oude en het nieuwe adres.",
    ),
    Notice.BLOCKED: ("Account geblokkeerd", "Uw account is geblokkeerd. Inloggen kan nu niet."),
    Notice.UNBLOCKED: ("Account weer open", "Uw account is niet meer geblokkeerd."),
    Notice.NEW_DEVICE: (
        "Ingelogd op een nieuw apparaat",
        "Er is bij uw account ingelogd in een browser die wij nog niet kenden{device}.",
    ),
    Notice.STOPPED: (
        "Inloggen gestopt",
        "Er zijn bij uw account heel veel verkeerde pogingen gedaan. Inloggen kan nu alleen in een bekende browser.",
    ),
    Notice.FOUND_AFTER_FAILURES: (
        "Wachtwoord goed na verkeerde pogingen",
        "Bij uw account is het juiste wachtwoord ingevuld, na {times} verkeerde pogingen{device}.",
    ),
    Notice.STEP_FAILED: (
        "Tweede stap steeds verkeerd",
        "Bij uw account was het wachtwoord goed, maar de tweede stap steeds verkeerd{device}.",
    ),
    Notice.SESSIONS_ENDED: (
        "Overal uitgelogd",
        "Uw account is op andere apparaten uitgelogd.",
    ),
    Notice.RECOVERY_CODES_MADE: (
        "Nieuwe herstelcodes",
        "Er zijn nieuwe herstelcodes voor uw account gemaakt. Oude herstelcodes werken niet meer.",
    ),
    Notice.RECOVERY_CODE_USED: (
        "Herstelcode gebruikt",
        "Bij uw account is een herstelcode gebruikt als tweede stap. Aantal dat nog over is: {times}.",
    ),
}
_EN: Final = {
    Notice.METHOD_ADDED: (
        "New way of signing in",
        "A way of signing in was added to your account: {method}.",
    ),
    Notice.METHOD_REMOVED: (
        "Way of signing in removed",
        "A way of signing in was removed from your account: {method}.",
    ),
    Notice.METHODS_RESET: (
        "Ways of signing in removed",
        "We removed all ways of signing in from your account.",
    ),
    Notice.NUMBER_CHANGED: (
        "Telephone number changed",
        "The telephone number for {method} of your account was changed.",
    ),
    Notice.PASSWORD_CHANGED: ("Password changed", "The password of your account was changed."),
    Notice.PASSWORD_RESET: (
        "New start password",
        "We made a new start password for your account.",
    ),
    Notice.CODE_ISSUED: (
        "Activation code on its way",
        "We made an activation code for your account. You get it from us separately.",
    ),
    Notice.CODE_USED: (
        "Activation code used",
        "Somebody began to set up your account with an activation code.",
    ),
    Notice.MAIL_CHANGED: (
        "Mail address changed",
        "The mail address of your account was changed. We send this message to the old and the new address.",
    ),
    Notice.BLOCKED: (
        "Account blocked",
        "Your account is blocked. Signing in is not possible now.",
    ),
    Notice.UNBLOCKED: ("Account open again", "Your account is no longer blocked."),
    Notice.NEW_DEVICE: (
        "Signed in on a new device",
        "Somebody signed in to your account in a browser that we did not know yet{device}.",
    ),
    Notice.STOPPED: (
        "Signing in stopped",
        "There were a great many wrong tries for your account. Signing in works only in a browser that we know.",
    ),
    Notice.FOUND_AFTER_FAILURES: (
        "Right password after wrong tries",
        "The right password was given for your account, after {times} wrong tries{device}.",
    ),
    Notice.STEP_FAILED: (
        "Second step wrong again and again",
        "The password of your account was right, but the second step was wrong again and again{device}.",
    ),
    Notice.SESSIONS_ENDED: (
        "Signed out everywhere",
        "Your account was signed out on other devices.",
    ),
    Notice.RECOVERY_CODES_MADE: (
        "New recovery codes",
        "New recovery codes were made for your account. Old recovery codes work no longer.",
    ),
    Notice.RECOVERY_CODE_USED: (
        "Recovery code used",
        "A recovery code was used as the second step of your account. Number that is left: {times}.",
    ),
}
_WORDS: Final = {"nl": _NL, "en": _EN}
_METHODS: Final = {
    "nl": {
        "totp": "authenticator-app",
        "sms": "sms",
        "voice": "gesproken bericht",
        "webauthn": "passkey of beveiligingssleutel",
    },
    "en": {
        "totp": "authenticator app",
        "sms": "text message",
        "voice": "telephone call",
        "webauthn": "passkey or security key",
    },
}
_LETTER: Final = {
    "nl": """Dag,

{sentence}
Dat was op {when} uur. Het gaat om uw account bij {organisation}.

Was u dit zelf? Dan hoeft u niets te doen.

Was u dit niet? Bel dan direct de {desk}: {phone}
{hours}

In dit bericht staat geen link en geen code. Wij vragen nooit om uw wachtwoord of om een code.

{service}
""",
    "en": """Hello,

{sentence}
That was on {when}. It is about your account with {organisation}.

Was this you? Then there is nothing to do.

Was this not you? Then call the {desk} at once: {phone}
{hours}

This message holds no link and no code. We never ask for your password or for a code.

{service}
""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What a notice tells of: which, when, under which organisation, and what else is known of it."""

    notice: Notice
    at: datetime
    organisation: str
    method: str = ""
    device: str = ""
    times: int = 0


def written(happened: Happened, language: str, current: Settings) -> tuple[str, str]:
    """Subject and body in Dutch or English."""
    language = language if language in _WORDS else "nl"
    subject, sentence = _WORDS[language][happened.notice]
    device = happened.device if language == "nl" else happened.device.replace(" op ", " on ")
    method = _METHODS[language].get(happened.method, happened.method)
    body = _LETTER[language].format(
        sentence=sentence.format(
            method=method, device=f" ({device})" if device else "", times=happened.times
        ),
        when=_when(happened.at, language),
        organisation=" ".join(happened.organisation.split()),
        desk=current.servicedesk_name,
        phone=current.servicedesk_phone,
        hours=current.servicedesk_hours_nl if language == "nl" else current.servicedesk_hours_en,
        service=current.service_name,
    )
    return f"{current.service_name}: {subject[0].lower()}{subject[1:]}", body


def _when(moment: datetime, language: str) -> str:
    pattern = "EEEE d MMMM y 'om' HH.mm" if language == "nl" else "EEEE d MMMM y 'at' HH:mm"
    return str(format_datetime(moment, pattern, tzinfo=clock.HERE, locale=language))

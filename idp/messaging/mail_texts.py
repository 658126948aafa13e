"""What the two mails say that hold something to use: a link to a new password, a code that confirms an address.

Every other mail is a notice and holds neither (`notice_texts`). Neither of these opens an account by itself: the link
asks for the own second step, the code works only for who is signed in.
"""

from __future__ import annotations

from typing import Final

from idp.messaging.mail import Words
from idp.settings import Settings

_RENEW: Final = {
    "nl": (
        "nieuw wachtwoord kiezen",
        """Dag,

U hebt gevraagd om een nieuw wachtwoord voor uw account bij {organisation}.
Open deze link om een nieuw wachtwoord te kiezen. De link werkt 30 minuten, en één keer:

{what}

Daarna vragen wij u ook om uw tweede stap.

Hebt u dit niet gevraagd? Dan hoeft u niets te doen. Uw wachtwoord verandert niet.
Krijgt u deze mail vaker? Bel dan de {desk}: {phone}
{hours}

Stuur deze mail aan niemand door. Wij vragen nooit om uw wachtwoord of om een code.

{service}
""",
    ),
    "en": (
        "choose a new password",
        """Hello,

You asked for a new password for your account with {organisation}.
Open this link to choose a new password. It works for 30 minutes, and once:

{what}

We then also ask for your second step.

Did you not ask for this? Then there is nothing to do. Your password stays as it is.
Do you get this mail more often? Then call the {desk}: {phone}
{hours}

Do not forward this mail to anyone. We never ask for your password or for a code.

{service}
""",
    ),
}
_CONFIRM: Final = {
    "nl": (
        "bevestig uw e-mailadres",
        """Dag,

Met deze code bevestigt u het e-mailadres van uw account bij {organisation}:

{what}

Vul de code in op de pagina Beveiliging, waar u hem hebt gevraagd. De code werkt 30 minuten.

Hebt u dit niet gevraagd? Dan hoort dit adres misschien bij het account van iemand anders.
Doe niets met de code, en bel de {desk}: {phone}
{hours}

Geef de code aan niemand. Wij vragen er nooit om, ook niet aan de telefoon.

{service}
""",
    ),
    "en": (
        "confirm your mail address",
        """Hello,

With this code you confirm the mail address of your account with {organisation}:

{what}

Fill it in on the page Security, where you asked for it. The code works for 30 minutes.

Did you not ask for this? Then this address may belong to somebody else's account.
Do nothing with the code, and call the {desk}: {phone}
{hours}

Give the code to nobody. We never ask for it, not on the phone either.

{service}
""",
    ),
}


def renewing(link: str) -> Words:
    """The mail with a link to a new password."""
    return _words(_RENEW, link)


def confirming(code: str) -> Words:
    """The mail with a code that confirms the address it went to."""
    return _words(_CONFIRM, code)


def _words(letters: dict[str, tuple[str, str]], what: str) -> Words:
    def words(language: str, organisation: str, current: Settings) -> tuple[str, str]:
        subject, letter = letters[language if language in letters else "nl"]
        body = letter.format(
            what=what,
            organisation=" ".join(organisation.split()),
            desk=current.servicedesk_name,
            phone=current.servicedesk_phone,
            hours=current.servicedesk_hours_en
            if language == "en"
            else current.servicedesk_hours_nl,
            service=current.service_name,
        )
        return f"{current.service_name}: {subject}", body

    return words

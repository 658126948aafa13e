"""The sentence on a form that is shown again: one per error name, completed with what the view knows.

The manual and the page of the Servicedesk quote the same sentences, without those facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from idp.pages.wording import translate, translate_many

_ = translate
Facts = Mapping[str, Any]


def sentence(error: str, facts: Facts) -> str:
    """The one sentence for a form that is shown again; empty when the error has none."""
    said = SENTENCES.get(error)
    return said(facts) if said else ""


def _with_tries(said: str, facts: Facts) -> str:
    """A sentence, and how often it may still be tried, when the view knows (`tries_left`)."""
    left = facts.get("tries_left")
    if left is None:
        return said
    tries = translate_many(
        "U kunt het nog %(num)s keer proberen", "U kunt het nog %(num)s keer proberen", left
    )
    return f"{said}. {tries}"


def _wrong_code(facts: Facts) -> str:
    """A code that we sent has so many tries (`tries_left`); one from an app may come from a clock that is wrong."""
    said = _with_tries(_("De code klopt niet"), facts)
    if not facts.get("from_app"):
        return said
    advice = _(
        "Wacht op een nieuwe code in de app en probeer het opnieuw. Controleer of de tijd op uw telefoon klopt"
    )
    return f"{said}. {advice}"


def _soon(facts: Facts) -> str:
    """`seconds` until a new code can be asked for; the manual cannot know how many."""
    seconds = facts.get("seconds")
    if seconds is None:
        return _("Wacht nog … seconden. Dan kunt u een nieuwe code vragen")
    return translate_many(
        "Wacht nog %(num)s seconde. Dan kunt u een nieuwe code vragen",
        "Wacht nog %(num)s seconden. Dan kunt u een nieuwe code vragen",
        max(1, seconds),
    )


def _can_choose(facts: Facts) -> bool:
    """Whether the page offers another method; a manual, which knows nobody's methods, says what most people see."""
    return not facts.get("alone")


SENTENCES: Final[Mapping[str, Callable[[Facts], str]]] = {
    "activation-code-invalid": lambda facts: _with_tries(_("De activatiecode klopt niet"), facts),
    "activation-code-missing": lambda _facts: _("Vul uw activatiecode in"),
    "activation-code-typo": lambda facts: _with_tries(
        _("In de activatiecode zit een typefout. Controleer de letters en cijfers"), facts
    ),
    "code-attempts": lambda _facts: _(
        "Deze code werkt niet meer: er is te vaak een verkeerde code ingevuld. Vraag een nieuwe code"
    ),
    "code-expired": lambda _facts: _("De code is verlopen. Vraag een nieuwe code"),
    "code-invalid": _wrong_code,
    "code-length": lambda _facts: _("Een code heeft 6 cijfers. Controleer wat u hebt ingevuld"),
    "code-missing": lambda _facts: _("Vul de code in"),
    "fields-missing": lambda _facts: _("U hebt nog niet alles ingevuld"),
    "key-failed": lambda facts: (
        _("Het is niet gelukt met uw passkey. Probeer het opnieuw of kies een andere methode")
        if _can_choose(facts)
        else _("Het is niet gelukt met uw passkey. Probeer het opnieuw")
    ),
    "key-known": lambda _facts: _(
        "Deze passkey of beveiligingssleutel hebt u al ingesteld. Gebruik een andere"
    ),
    "key-not-made": lambda _facts: _(
        "Het is niet gelukt. Probeer het opnieuw of kies een andere methode"
    ),
    "key-suspect": lambda facts: (
        _("Wij vertrouwen deze sleutel niet meer. Kies een andere methode of bel de Servicedesk")
        if _can_choose(facts)
        else _("Wij vertrouwen deze sleutel niet meer. Bel de Servicedesk")
    ),
    "key-too-many": lambda _facts: _("U hebt al zoveel sleutels als kan. Kies een andere methode"),
    "login-failed": lambda _facts: _(
        "Deze gegevens kloppen niet. Controleer uw relatienummer, gebruikersnaam en wachtwoord"
    ),
    "method-missing": lambda _facts: _("Kies minstens één methode"),
    "not-sent": lambda facts: (
        _("Wij konden u geen code geven. Probeer het opnieuw of kies een andere methode")
        if _can_choose(facts)
        else _("Wij konden u geen code geven. Probeer het opnieuw of bel de Servicedesk")
    ),
    "number-invalid": lambda _facts: _(
        "Wij kunnen dit nummer niet bereiken. Controleer het nummer"
    ),
    "number-missing": lambda _facts: _("Vul een telefoonnummer in"),
    "number-not-mobile": lambda facts: (
        _("Dit is geen mobiel nummer. Kies ‘gesproken bericht’ voor een vast nummer")
        if facts.get("instead")
        else _("Dit is geen mobiel nummer. Vul een mobiel nummer in")
    ),
    "other-account": lambda facts: (
        _("U bent ingelogd met een ander account. Log in met dat account, of log eerst uit")
        if facts.get("signed_in")
        else _(
            "U bent begonnen met een ander account. Log in met dat account, of sluit alle vensters van de browser"
        )
    ),
    "password-weak": lambda _facts: _(
        "Dit wachtwoord is te makkelijk te raden. Kies een ander wachtwoord"
    ),
    "password-wrong": lambda _facts: _("Dit is niet uw huidige wachtwoord"),
    "recovery-code-invalid": lambda _facts: _(
        "Deze herstelcode klopt niet of is al gebruikt. Gebruik een andere code van uw lijst"
    ),
    "recovery-code-missing": lambda _facts: _("Vul een herstelcode in"),
    "recovery-code-typo": lambda _facts: _(
        "In de herstelcode zit een typefout. Controleer de letters en cijfers"
    ),
    "session-expired": lambda _facts: _("Uw sessie is verlopen. Log opnieuw in"),
    "too-soon": _soon,
}

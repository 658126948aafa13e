"""How a sign-in ended, the likely cause, and what to tell the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from idp.audit import Event
from idp.models import AuditEvent
from idp.servicedesk.explain_errors import ERRORS, FOR_BUILDERS, PROTOCOL, SENDS_SPENT, Trouble
from idp.servicedesk.explain_events import error_of
from idp.servicedesk.explain_refusals import refusal


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended."""

    gelukt: bool
    fout: str | None
    """The contract's error name."""
    resultaat: str
    oorzaak: str | None
    zeg: str
    """What to tell the caller, or to do."""


#: Events that are an error of the contract by themselves.
IMPLIED: Final[Mapping[Event, str]] = {
    Event.SIGN_IN_FAILED: "login-failed",
    Event.SIGN_IN_THROTTLED: "throttled",
    Event.PASSCODE_NOT_SENT: "not-sent",
    Event.STEP_ATTEMPTS_SPENT: "code-attempts",
    Event.FOREIGN_BROWSER: "other-browser",
    Event.OUT_OF_TURN: "out-of-turn",
}
#: Events of an application that was refused; why is in their reason.
REFUSALS: Final = frozenset(
    {Event.AUTHORIZATION_REFUSED, Event.TOKEN_REFUSED, Event.CLIENT_AUTHENTICATION_FAILED}
)
#: Events that carry an error name.
CARRIERS: Final = frozenset(
    {Event.SIGN_IN_REFUSED, Event.ERROR_SHOWN, Event.ACTIVATION_CODE_REFUSED, Event.STEP_FAILED}
)


_REPLAYS: Final = frozenset({Event.CODE_REPLAYED.value, Event.REFRESH_REPLAYED.value})


def outcome(events: Sequence[AuditEvent]) -> Outcome:
    """The verdict of the last event that has one; the first events matter only while nothing came after them.

    What was used twice ended what it gave: who is refused after that is refused because of it.
    """
    for at, event in reversed([*enumerate(events)]):
        if (verdict := _verdict(event)) is not None:
            replays = [each for each in events[:at] if each.event in _REPLAYS]
            by_a_replay = event.event == Event.TOKEN_REFUSED.value and replays
            return (_verdict(replays[-1]) or verdict) if by_a_replay else verdict
    return _unfinished(events)


def _verdict(event: AuditEvent) -> Outcome | None:
    try:
        what = Event(event.event)
    except ValueError:
        return None
    told = event.details.get("error")
    if what in {Event.PASSCODE_NOT_SENT, Event.ERROR_SHOWN} and (
        spent := SENDS_SPENT.get(event.reason or "")
    ):
        return _failed("sends-spent", spent)
    if (what in REFUSALS or told == "client-request") and (known := refusal(event.reason)):
        return _failed(told or "client-request", known)
    if what is Event.AUTHORIZATION_REFUSED and told in PROTOCOL:
        return _failed(str(told), PROTOCOL[str(told)])
    if what in _OTHERS:
        return _OTHERS[what]
    if what is Event.SIGN_IN_FAILED and event.details.get("kind") == "webauthn":
        return _PASSKEY
    if what is Event.SIGN_IN_FAILED and event.account_id is None:
        return _STRANGER
    name = IMPLIED.get(what) or (error_of(event) if what in CARRIERS else None)
    return None if name is None else _failed(name, ERRORS.get(name))


def _failed(name: str, trouble: Trouble | None) -> Outcome:
    if trouble is None:
        return Outcome(
            gelukt=False,
            fout=name,
            resultaat=f"Niet gelukt: {name}.",
            oorzaak=None,
            zeg="Vraag beheer om hulp.",
        )
    return Outcome(
        gelukt=False,
        fout=name,
        resultaat=f"Niet gelukt: {trouble.kort}.",
        oorzaak=trouble.oorzaak,
        zeg=trouble.zeg,
    )


_BEGUN: Final = frozenset({Event.PASSWORD_ACCEPTED, Event.PASSKEY_ACCEPTED})


def _unfinished(events: Sequence[AuditEvent]) -> Outcome:
    begun = any(event.event in _BEGUN for event in events)
    return Outcome(
        gelukt=False,
        fout=None,
        resultaat="Niet afgemaakt: na de laatste stap hierboven hoorden wij niets meer.",
        oorzaak="De gebruiker stopte, kreeg geen code, of sloot het venster."
        if begun
        else "De gebruiker vulde op de inlogpagina niets in.",
        zeg="Vraag bij welke pagina het ophield, en laat de beller opnieuw beginnen.",
    )


_STRANGER: Final = Outcome(
    gelukt=False,
    fout="login-failed",
    resultaat="Niet gelukt: de gegevens klopten niet.",
    oorzaak="Dit relatienummer met deze gebruikersnaam bestaat niet: een tikfout, of de gegevens van een ander.",
    zeg="Zoek op onder welke naam de beller bekend is.",
)
_PASSKEY: Final = Outcome(
    gelukt=False,
    fout="login-failed",
    resultaat="Niet gelukt: de passkey die de browser invulde telde niet.",
    oorzaak="De passkey is hier niet (meer) bekend, hoort bij een account waarmee in deze browser nog niet is "
    "ingelogd, controleerde niet wie hem gebruikte, of het account is geblokkeerd of heeft een startwachtwoord.",
    zeg="Laat de beller inloggen met relatienummer, gebruikersnaam en wachtwoord. Kijk zo nodig bij die poging.",
)
_SIGNED_IN: Final = Outcome(
    gelukt=True,
    fout=None,
    resultaat="Gelukt: de gebruiker is ingelogd.",
    oorzaak=None,
    zeg="Bij ons ging alles goed. Gaat het daarna mis, dan ligt het aan de applicatie.",
)
_BUILDERS_FAULT: Final = Outcome(
    gelukt=False,
    fout=None,
    resultaat="Niet gelukt: de gebruiker logde bij ons in, maar de applicatie kon het niet afmaken.",
    oorzaak="De applicatie gebruikte een verkeerd geheim of een verkeerde sleutel, of kwam te laat.",
    zeg=FOR_BUILDERS,
)

_REPORT: Final = (
    "Meld dit bij de beveiligingsfunctionaris, met het kenmerk. De gebruiker logt opnieuw in."
)
_OTHERS: Final[Mapping[Event, Outcome]] = {
    Event.SIGN_IN_COMPLETED: _SIGNED_IN,
    Event.CODE_ISSUED: _SIGNED_IN,
    Event.TOKEN_ISSUED: _SIGNED_IN,
    Event.TOKEN_REFRESHED: _SIGNED_IN,
    Event.USERINFO_READ: _SIGNED_IN,
    Event.TOKEN_REFUSED: _BUILDERS_FAULT,
    Event.CLIENT_AUTHENTICATION_FAILED: _BUILDERS_FAULT,
    Event.AUTHORIZATION_REFUSED: Outcome(
        gelukt=False,
        fout=None,
        resultaat="Niet gelukt: wij gaven de applicatie een fout terug.",
        oorzaak="De applicatie vroeg iets dat niet kan of niet mag; de reden staat hierboven bij de stap.",
        zeg=FOR_BUILDERS,
    ),
    Event.SIGN_IN_STOPPED: Outcome(
        gelukt=False,
        fout=None,
        resultaat="Gestopt: de gebruiker koos zelf voor stoppen.",
        oorzaak=None,
        zeg="De gebruiker kan opnieuw beginnen wanneer hij wil.",
    ),
    Event.CODE_REPLAYED: Outcome(
        gelukt=False,
        fout=None,
        resultaat="Let op: een inlogcode is twee keer gebruikt; wij hebben de toegang ingetrokken.",
        oorzaak="Een fout in de applicatie (dubbel versturen), of iemand die de code heeft onderschept.",
        zeg=_REPORT,
    ),
    Event.REFRESH_REPLAYED: Outcome(
        gelukt=False,
        fout=None,
        resultaat="Let op: een refresh token is twee keer gebruikt; wij hebben de toegang ingetrokken.",
        oorzaak="Twee processen van de applicatie gebruikten na elkaar hetzelfde token, of iemand heeft een kopie.",
        zeg=_REPORT,
    ),
}

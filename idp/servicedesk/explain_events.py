"""Each audit event as one Dutch sentence for a colleague. An event without a sentence fails a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from idp.audit import Event
from idp.models import AuditEvent
from idp.servicedesk.explain_errors import ERRORS, PROTOCOL, SENDS_SPENT
from idp.servicedesk.supplies import said as supplied

#: What methods, and other short values in `details`, are called.
METHODS: Final[Mapping[str, str]] = {
    "wachtwoord": "het wachtwoord",
    "totp": "de authenticator-app",
    "sms": "de sms",
    "voice": "het gesproken bericht",
    "webauthn": "de passkey of beveiligingssleutel",
    "passkey": "vinger, gezicht of pincode",
    "herstelcode": "een herstelcode",
}

#: What takes two at the desk, by the words of `sensitive.Action`.
ACTIONS: Final[Mapping[str, str]] = {
    "supply": "wachtwoord of activatiecode geven",
    "reset-methods": "alle methoden wissen",
    "unblock": "deblokkeren",
    "correct": "gegevens wijzigen",
    "unblock-relation": "de organisatie deblokkeren",
    "give-role": "een rol bij de Servicedesk geven",
}

Sentence = str | Callable[[AuditEvent], str]


def sentence(event: AuditEvent) -> str:
    """What happened, in one sentence."""
    try:
        said = SENTENCES[Event(event.event)]
    except (ValueError, KeyError):  # written by a newer release
        return f"Gebeurtenis: {event.event}."
    return said if isinstance(said, str) else said(event)


def method(event: AuditEvent) -> str:
    """The method that an event is about, in words."""
    kind = str(event.details.get("kind") or event.details.get("method") or "")
    return METHODS.get(kind, "een methode")


def error_of(event: AuditEvent) -> str | None:
    """The contract's error name that an event carries, if any."""
    for place in (event.details.get("error"), event.reason):
        if isinstance(place, str) and place:
            return place
    return None


def _by(event: AuditEvent) -> str:
    """Who did it, where it was not the person."""
    if event.actor.startswith("desk:"):
        return " door een collega van de Servicedesk"
    if event.actor.startswith("operator:"):
        return f" door {event.actor.removeprefix('operator:')} (beheer)"
    return "" if event.actor in {"person", "system"} else f" door {event.actor}"


def _application(event: AuditEvent) -> str:
    named = event.details.get("application")
    return f"de applicatie {named}" if named else "een applicatie"


#: What the desk calls the members of a client's registration; others are the operator's, in the operator's words.
_MEMBERS: Final[Mapping[str, str]] = {
    "name": "naam",
    "auth_method": "bewijs",
    "redirect_uris": "terugkeeradressen",
    "post_logout_redirect_uris": "adressen na uitloggen",
    "backchannel_logout_uri": "bericht van uitloggen",
    "initiate_login_uri": "startadres",
    "jwks": "sleutels",
    "jwks_uri": "adres van de sleutels",
    "scopes": "gegevens",
    "grant_types": "vernieuwen",
    "application_id": "applicatie",
    "level": "niveau",
}


def _members(event: AuditEvent) -> str:
    changed = event.details.get("changed", ())
    return ", ".join(_MEMBERS.get(each, each) for each in changed) or "gegevens"


SENTENCES: Final[Mapping[Event, Sentence]] = {
    Event.PASSWORD_ACCEPTED: "Relatienummer, gebruikersnaam en wachtwoord klopten.",
    Event.PASSKEY_ACCEPTED: (
        "De browser vulde een passkey in. Die klopte en controleerde zelf wie hem gebruikte: dat zijn beide stappen."
    ),
    Event.SIGN_IN_FAILED: lambda e: (
        f"De passkey die de browser op de inlogpagina invulde telde niet: {e.reason}."
        if e.details.get("kind") == "webauthn"
        else "Dit relatienummer met deze gebruikersnaam bestaat niet."
        if e.account_id is None
        else "Relatienummer en gebruikersnaam bestaan, maar het wachtwoord klopte niet."
    ),
    Event.SIGN_IN_REFUSED: lambda e: (
        f"Het wachtwoord klopte, maar inloggen mocht niet: {_error(e)}."
    ),
    Event.SIGN_IN_COMPLETED: lambda e: f"Ingelogd{_how(e)}{_device(e)}.",
    Event.SIGN_IN_THROTTLED: "Er was te vaak een verkeerd wachtwoord ingevuld; wij lieten even niemand proberen.",
    Event.PASSWORD_LINK_ASKED: lambda e: (
        "Iemand vroeg een link voor een nieuw wachtwoord, voor een account dat niet bestaat."
        if e.account_id is None
        else "Iemand vroeg een link voor een nieuw wachtwoord. Die gaat alleen naar een bevestigd e-mailadres van een "
        "account met een methode."
    ),
    Event.PASSWORD_LINK_SENT: "De mailserver nam de mail met de link voor een nieuw wachtwoord aan.",
    Event.PASSWORD_LINK_NOT_SENT: lambda e: (
        f"De mail met de link voor een nieuw wachtwoord kon niet weg: {e.reason}."
    ),
    Event.PASSWORD_LINK_USED: lambda e: (
        f"De link uit de mail is gebruikt{_device(e)}. Daarna is de tweede stap nodig."
    ),
    Event.MAIL_CODE_SENT: "De mailserver nam de mail met de code voor het e-mailadres aan.",
    Event.MAIL_CODE_NOT_SENT: lambda e: (
        f"De mail met de code voor het e-mailadres kon niet weg: {e.reason}."
    ),
    Event.MAIL_CODE_REFUSED: "De code voor het e-mailadres klopte niet.",
    Event.NUMBER_NOTICE_SENT: "Het oude telefoonnummer kreeg een sms dat er nu een ander nummer geldt.",
    Event.NUMBER_NOTICE_NOT_SENT: lambda e: (
        f"De sms aan het oude telefoonnummer is niet verstuurd: {e.reason}."
    ),
    Event.MAIL_CONFIRMED: lambda e: f"Het e-mailadres is bevestigd{_by(e)}.",
    Event.SIGN_IN_STOPPED: "De gebruiker koos zelf voor stoppen.",
    Event.RULE_APPLIED: lambda e: (
        f"De regel ‘{e.details.get('rule')}’ gold bij dit inloggen: {_rule(e)}."
    ),
    Event.STEP_ACCEPTED: lambda e: f"De tweede stap met {method(e)} lukte.",
    Event.STEP_FAILED: lambda e: (
        f"De tweede stap met {method(e)} lukte niet: {_error(e)}{_device(e)}."
    ),
    Event.STEP_ATTEMPTS_SPENT: "De code was te vaak verkeerd.",
    Event.KEY_REFUSED: "Het antwoord van de passkey of beveiligingssleutel was niet geldig.",
    Event.KEY_COUNTER_WENT_BACK: (
        "De teller van de beveiligingssleutel liep terug: misschien is er een kopie van de sleutel. Bel de gebruiker."
    ),
    Event.PASSCODE_SENT: lambda e: (
        f"De gebruiker vroeg een code ({METHODS.get(_channel(e), 'bericht')})."
    ),
    Event.PASSCODE_HANDED_OVER: lambda e: (
        f"De code is verstuurd ({METHODS.get(_channel(e), 'bericht')}, via {e.details.get('gateway', '-')})."
    ),
    Event.PASSCODE_NOT_SENT: lambda e: (
        f"Er werd nog een code gevraagd ({METHODS.get(_channel(e), 'bericht')}), maar meer sturen wij dan niet."
        if e.reason in SENDS_SPENT
        else f"De code ({METHODS.get(_channel(e), 'bericht')}) kon niet worden verstuurd."
    ),
    Event.PASSCODE_NOT_DELIVERED: lambda e: (
        f"De leverancier meldde dat de code ({METHODS.get(_channel(e), 'bericht')}) niet aankwam."
    ),
    Event.FOREIGN_BROWSER: "De pagina werd geopend in een andere browser dan waarin het inloggen begon.",
    Event.OUT_OF_TURN: "Er kwam een oude pagina binnen (bijvoorbeeld na de knop ‘vorige’).",
    Event.ERROR_SHOWN: lambda e: f"De gebruiker zag een foutpagina: {_error(e)}.",
    Event.SESSION_ENDED: lambda e: f"De sessie eindigde{_by(e)}.",
    Event.PASSWORD_CHANGED: "De gebruiker koos een nieuw wachtwoord.",
    Event.PASSWORD_REHASHED: "Het wachtwoord uit het vorige systeem is overgenomen.",
    Event.ACTIVATION_CODE_ISSUED: lambda e: f"Er is een activatiecode gemaakt{_by(e)}.",
    Event.ACTIVATION_CODE_REVOKED: lambda e: f"De activatiecode is ingetrokken{_by(e)}.",
    Event.ACTIVATION_CODE_ACCEPTED: "De activatiecode klopte; de gebruiker kon een methode instellen.",
    Event.ACTIVATION_CODE_REFUSED: lambda e: f"De activatiecode werd niet aangenomen: {_error(e)}.",
    Event.METHOD_ADDED: lambda e: f"De gebruiker stelde {method(e)} in.",
    Event.METHOD_REMOVED: lambda e: f"Een methode is verwijderd: {method(e)}{_by(e)}.",
    Event.METHOD_RENAMED: lambda e: f"De gebruiker gaf {method(e)} een andere naam.",
    Event.RECOVERY_CODES_MADE: "De gebruiker maakte nieuwe herstelcodes. Oude herstelcodes werken niet meer.",
    Event.RECOVERY_CODE_USED: lambda e: (
        f"De gebruiker nam een herstelcode als tweede stap. Er zijn er nog {e.details.get('left', 0)}."
    ),
    Event.ACTIVATION_FINISHED: "De gebruiker rondde het activeren af.",
    Event.RELATION_ADDED: lambda e: f"De relatie is toegevoegd{_by(e)}.",
    Event.RELATION_BLOCKED: lambda e: f"De relatie is geblokkeerd{_by(e)}.",
    Event.RELATION_UNBLOCKED: lambda e: f"De relatie is gedeblokkeerd{_by(e)}.",
    Event.ACCOUNT_ADDED: lambda e: f"Het account is toegevoegd{_by(e)}.",
    Event.ACCOUNT_UPDATED: lambda e: f"De gegevens van de persoon zijn gewijzigd{_by(e)}.",
    Event.ACCOUNT_SHOWN: lambda e: f"De gegevens van het account zijn bekeken{_by(e)}.",
    Event.ACCOUNT_BLOCKED: lambda e: f"Het account is geblokkeerd{_by(e)}.",
    Event.ACCOUNT_UNBLOCKED: lambda e: (
        f"De verkeerde pogingen van eerder tellen niet meer{_by(e)}."
        if e.details.get("only_tries")
        else f"Het account is gedeblokkeerd{_by(e)}."
    ),
    Event.PASSWORD_RESET: lambda e: f"Er is een startwachtwoord gegeven{_by(e)}.",
    Event.APPLICATION_ADDED: lambda e: f"Een applicatie is toegevoegd{_by(e)}.",
    Event.APPLICATION_UPDATED: lambda e: f"Een applicatie is gewijzigd{_by(e)}.",
    Event.APPLICATION_REMOVED: lambda e: f"Een applicatie is verwijderd{_by(e)}.",
    Event.STEWARD_ADDED: lambda e: f"De collega werd beheerder van een applicatie{_by(e)}.",
    Event.STEWARD_REMOVED: lambda e: (
        f"De collega is geen beheerder van een applicatie meer{_by(e)}."
    ),
    Event.APPLICATION_GRANTED: lambda e: f"De gebruiker kreeg {_application(e)}{_by(e)}.",
    Event.APPLICATION_REVOKED: lambda e: (
        f"De toegang tot {_application(e)} is ingetrokken{_by(e)}."
    ),
    Event.CLIENT_ADDED: lambda e: f"De koppeling {e.client_id} is toegevoegd{_by(e)}.",
    Event.CLIENT_UPDATED: lambda e: (
        f"Van de koppeling {e.client_id} is gewijzigd: {_members(e)}{_by(e)}."
    ),
    Event.CLIENT_REMOVED: lambda e: f"De koppeling {e.client_id} is verwijderd{_by(e)}.",
    Event.CLIENT_SECRET_ROTATED: lambda e: (
        f"De koppeling {e.client_id} kreeg een nieuw geheim{_by(e)}."
    ),
    Event.REGISTRATION_TOKEN_ISSUED: lambda e: (
        f"Er is een token gemaakt waarmee applicaties zichzelf kunnen aanmelden{_by(e)}."
    ),
    Event.REGISTRATION_TOKEN_WITHDRAWN: lambda e: (
        f"Een token waarmee applicaties zichzelf aanmelden is ingetrokken{_by(e)}."
    ),
    Event.REGISTRATION_REFUSED: "Een applicatie wilde zichzelf aanmelden of wijzigen, en dat lieten wij niet toe.",
    Event.KEY_ADDED: lambda e: f"Er is een ondertekensleutel bijgekomen{_by(e)}.",
    Event.KEY_RETIRED: lambda e: f"Een ondertekensleutel is ingetrokken{_by(e)}.",
    Event.REQUEST_PUSHED: "De applicatie legde haar verzoek vooraf bij ons neer.",
    Event.AUTHORIZATION_REQUESTED: "De applicatie vroeg ons iemand te laten inloggen.",
    Event.AUTHORIZATION_REFUSED: lambda e: f"Wij lieten het inloggen niet doorgaan{_code(e)}.",
    Event.CONSENT_GIVEN: "De gebruiker gaf toestemming om gegevens met de applicatie te delen.",
    Event.CONSENT_WITHDRAWN: "De gebruiker trok de toestemming voor een applicatie in.",
    Event.CODE_ISSUED: "De gebruiker ging ingelogd terug naar de applicatie.",
    Event.CODE_REPLAYED: "Dezelfde inlogcode kwam twee keer binnen; wij trokken alles in wat ermee gegeven was.",
    Event.TOKEN_ISSUED: lambda e: (
        "De applicatie kreeg een token voor zichzelf."
        if e.account_id is None
        else "De applicatie haalde de gegevens van het inloggen op."
    ),
    Event.TOKEN_REFRESHED: "De applicatie haalde de gegevens van het inloggen opnieuw op.",
    Event.TOKEN_REVOKED: "De applicatie gaf een token terug; het werkt niet meer.",
    Event.REFRESH_REPLAYED: (
        "Een refresh token kwam twee keer binnen; wij trokken alles in wat ermee gegeven was."
    ),
    Event.TOKEN_REFUSED: "De applicatie kreeg de gegevens van het inloggen niet.",
    Event.CLIENT_AUTHENTICATION_FAILED: "De applicatie kon niet bewijzen wie zij is.",
    Event.OWN_DATA_READ: "De gebruiker haalde de eigen gegevens op.",
    Event.PURGED: lambda e: f"Verlopen gegevens zijn opgeruimd{_by(e)}.",
    Event.USERINFO_READ: "De applicatie las de naam van de gebruiker.",
    Event.LOGOUT_REQUESTED: "De applicatie vroeg ons de gebruiker uit te loggen.",
    Event.LOGOUT_TOLD: "De applicatie kreeg bericht dat de gebruiker is uitgelogd.",
    Event.LOGOUT_NOT_TOLD: (
        "De applicatie kreeg geen bericht dat de gebruiker is uitgelogd: zij nam het niet aan, en wij stopten met "
        "proberen."
    ),
    Event.NOTICE_SENT: "De gebruiker kreeg hierover een e-mail.",
    Event.NOTICE_NOT_SENT: "De e-mail hierover aan de gebruiker kwam niet aan; wij stopten met proberen.",
    Event.NEW_DEVICE: lambda e: (
        f"Dit was de eerste keer in deze browser{_device(e)}, of te lang geleden, of na een herstel."
    ),
    Event.LETTER_ASKED: lambda e: f"Er is een brief met een activatiecode aangevraagd{_by(e)}.",
    Event.LETTERS_MADE: lambda e: (
        f"Er zijn {e.details.get('letters', '')} brieven voor de drukker gemaakt{_by(e)}."
    ),
    Event.LETTERS_FETCHED: lambda e: f"Een partij brieven is opgehaald voor de drukker{_by(e)}.",
    Event.LETTER_DISPATCHED: lambda e: f"De brief is gepost{_by(e)}.",
    Event.RELATION_UPDATED: lambda e: f"De gegevens van de organisatie zijn gewijzigd{_by(e)}.",
    Event.DESK_SEARCHED: lambda e: f"Er is gezocht{_by(e)}.",
    Event.DESK_REFUSED: lambda e: f"Een pagina is geweigerd{_by(e)}: die hoort niet bij die rol.",
    Event.RELATION_SHOWN: lambda e: f"De gegevens van de organisatie zijn bekeken{_by(e)}.",
    Event.DESK_SUPPLIED: lambda e: (
        f"Doorgegeven{_by(e)}: {supplied(str(e.details.get('item')), str(e.details.get('by')))}."
    ),
    Event.DESK_ROLE_CHANGED: lambda e: (
        f"De rol bij de Servicedesk is gewijzigd{_by(e)}: {e.details.get('role') or 'geen rol meer'}."
    ),
    Event.HELP_ASKED: lambda e: f"Gevraagd{_by(e)}, want dit kan niet alleen: {_action(e)}.",
    Event.HELP_AGREED: lambda e: f"Ingestemd{_by(e)}: {_action(e)}.",
    Event.HELP_REFUSED: lambda e: (
        f"{'Teruggenomen' if e.details.get('own') else 'Geweigerd'}{_by(e)}: {_action(e)}."
    ),
    Event.DIAGNOSED: lambda e: f"Een kenmerk is opgezocht{_by(e)}: {e.details.get('of', '-')}.",
    Event.AUDIT_READ: lambda e: f"Het logboek is bekeken{_by(e)}.",
    Event.RANGE_PAUSED: (
        "Naar nummers die op dit nummer lijken, sturen wij een tijd niets: de codes werden bijna nooit gebruikt. "
        "Dat kan misbruik zijn."
    ),
    Event.MESSAGE_BUDGET_LOW: "Tachtig procent van de berichten van vandaag is op.",
    Event.MESSAGE_BUDGET_SPENT: "Alle berichten van vandaag zijn op: er gaan geen codes per sms of telefoon meer uit.",
    Event.ACCOUNT_STOPPED: lambda e: (
        f"Er waren {e.details.get('failures', 'te veel')} verkeerde pogingen achter elkaar. In een onbekende browser "
        "kan niemand meer inloggen, tot een collega dat opheft."
    ),
}


#: What a rule of the operator asks.
_ASKED: Final = {
    "key": "de tweede stap kon alleen met een passkey of beveiligingssleutel",
    "no-messages": "de tweede stap kon niet met een sms of een telefoontje",
    "fresh": "de tweede stap moest opnieuw",
}


def _rule(event: AuditEvent) -> str:
    asked = _ASKED.get(str(event.details.get("ask")), "er was een sterkere stap nodig")
    return asked if event.details.get("possible") else f"{asked}, maar iets sterkers was er niet"


def _action(event: AuditEvent) -> str:
    return ACTIONS.get(str(event.details.get("action")), "een wijziging")


def _error(event: AuditEvent) -> str:
    """The error in a few words; the name itself where there are none."""
    name = error_of(event)
    if name is None:
        return "geen reden bekend"
    return ERRORS[name].kort if name in ERRORS else name


def _code(event: AuditEvent) -> str:
    """What the application was told, where it was told anything."""
    code = event.details.get("error")
    if not isinstance(code, str):
        return ""
    return (
        f": {PROTOCOL[code].kort}"
        if code in PROTOCOL
        else f" en zeiden tegen de applicatie: {code}"
    )


def _how(event: AuditEvent) -> str:
    """With which steps, in words."""
    kinds = event.details.get("how")
    named = [METHODS.get(str(kind), str(kind)) for kind in kinds] if isinstance(kinds, list) else []
    return f" met {' en '.join(named)}" if named else ""


def _device(event: AuditEvent) -> str:
    """On what kind of machine, where that is known."""
    device = event.details.get("device")
    return f" ({device})" if isinstance(device, str) and device else ""


def _channel(event: AuditEvent) -> str:
    return str(event.details.get("channel") or event.details.get("kind") or "")

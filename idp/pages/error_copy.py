"""What an error page says: one entry per error name of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from idp.pages import moments, too_often
from idp.pages.error_words import ErrorCopy, Facts, sign_in_again, way_out
from idp.pages.wording import translate

_ = translate


def error_page(kind: str, facts: Facts) -> ErrorCopy:
    """The page for an error name; one we do not know reads as `server-error`."""
    return PAGES.get(kind, _server_error)(facts)


def _new_code() -> str:
    return _("Bel de Servicedesk en vraag om een nieuwe activatiecode.")


def _start_again() -> tuple[str, str]:
    return _("Opnieuw beginnen"), "/2fa"


def _ask_for_code() -> str:
    return _("Nieuwe activatiecode aanvragen")


def _expired(facts: Facts) -> ErrorCopy:
    says = []
    if days := facts.get("days"):
        says.append(_("Een activatiecode werkt %(days)s dagen.", days=days))
    if isinstance(moment := facts.get("expired_on"), datetime):
        says.append(_("Deze code is niet meer geldig sinds %(day)s.", day=moments.day(moment)))
    return ErrorCopy(
        title=_("Uw activatiecode is verlopen"),
        explanation=" ".join(says) or _("Deze code is niet meer geldig."),
        steps=(_new_code(), _("U krijgt de nieuwe code. Begin daarna opnieuw met activeren.")),
        button=_start_again(),
        desk_title=_ask_for_code(),
        icon="clock",
    )


def _used(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Uw activatiecode is al gebruikt"),
        explanation=_(
            "Een activatiecode werkt één keer. Met deze code is al een methode ingesteld."
        ),
        steps=(
            _("Hebt u zelf al een methode ingesteld? Dan kunt u gewoon inloggen."),
            _("Hebt u de code niet zelf gebruikt? Bel direct de Servicedesk."),
        ),
        button=(_("Inloggen"), "/"),
    )


def _revoked(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Uw activatiecode werkt niet meer"),
        explanation=_(
            "U hebt een nieuwere code gekregen, of de Servicedesk heeft deze code ingetrokken."
        ),
        steps=(
            _("Hebt u een nieuwe code gekregen? Begin opnieuw en gebruik de nieuwste code."),
            _("Hebt u geen nieuwe code? Bel de Servicedesk en vraag om een nieuwe activatiecode."),
        ),
        button=_start_again(),
        desk_title=_ask_for_code(),
    )


def _activation_attempts(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("U hebt te vaak een verkeerde code ingevuld"),
        explanation=_("Daarom werkt deze code niet meer."),
        steps=(_new_code(),),
        button=_start_again(),
        desk_title=_ask_for_code(),
        icon="lock",
        grave=True,
    )


def _window_closed(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("U was te laat met instellen"),
        explanation=_(
            "U hebt uw activatiecode gebruikt, maar daarna geen methode ingesteld. De code werkt nu niet meer."
        ),
        steps=(_new_code(), _("Leg uw telefoon klaar. Begin daarna opnieuw met activeren.")),
        button=_start_again(),
        desk_title=_ask_for_code(),
        icon="clock",
    )


def _account_blocked(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Uw account is geblokkeerd"),
        explanation=_("U kunt nu niet inloggen."),
        steps=(_("Bel de Servicedesk."),),
        desk_title=_("Account deblokkeren"),
        icon="lock",
        grave=True,
    )


def _relation_blocked(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Uw organisatie kan nu niet inloggen"),
        explanation=_(
            "De toegang van uw organisatie is geblokkeerd. Dat geldt voor alle gebruikers."
        ),
        steps=(
            _("Vraag de beheerder van uw organisatie of dit bekend is."),
            _("Weet de beheerder het niet? Bel de Servicedesk."),
        ),
        icon="building",
        grave=True,
    )


def _no_method(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("U hebt nog geen methode ingesteld"),
        explanation=_("U kunt pas inloggen als u inloggen in 2 stappen hebt geactiveerd."),
        steps=(
            _(
                "Pak uw activatiecode. Hebt u geen code of werkt uw code niet meer? Bel de Servicedesk."
            ),
            _("Kies ‘Activeren’."),
        ),
        button=(_("Activeren"), "/2fa"),
        desk_title=_ask_for_code(),
        icon="key",
    )


def _number_too_new(facts: Facts) -> ErrorCopy:
    until = facts.get("until")
    return ErrorCopy(
        title=_("Uw nieuwe telefoonnummer werkt nog niet als tweede stap"),
        explanation=_(
            "U hebt zelf een ander nummer ingesteld. Zo’n nummer werkt pas na 3 dagen. Zo beschermen wij uw gegevens."
        ),
        steps=(
            _("U kunt weer inloggen op %(moment)s.", moment=moments.day_and_time(until))
            if isinstance(until, datetime)
            else _("Wacht tot het nummer werkt. Log daarna opnieuw in."),
            _("Eerder inloggen? Bel de Servicedesk en vraag om een nieuwe activatiecode."),
            _("Hebt u het nummer niet zelf veranderd? Bel direct de Servicedesk."),
        ),
        button=(_("Gebruik een herstelcode"), facts["recovery_here"])
        if facts.get("recovery_here")
        else sign_in_again(),
        icon="clock",
    )


def _no_access(facts: Facts) -> ErrorCopy:
    application = facts.get("application")
    return ErrorCopy(
        title=_("U hebt geen toegang tot deze applicatie"),
        explanation=_(
            "U bent ingelogd, maar u mag ‘%(application)s’ niet gebruiken.", application=application
        )
        if application
        else _("U bent ingelogd, maar u mag deze applicatie niet gebruiken."),
        steps=(
            _("Vraag de beheerder van uw organisatie om toegang."),
            _("Hebt u net toegang gekregen? Log dan uit en log opnieuw in."),
        ),
        button=(_("Naar uw applicaties"), "/mijn/applicaties"),
        desk_title=_("Denkt u dat dit niet klopt?"),
        icon="lock",
        grave=True,
    )


def _session_expired(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Uw sessie is verlopen"),
        explanation=_("U hebt een tijd niets gedaan. Daarom bent u uitgelogd. Dat is veiliger."),
        button=sign_in_again(),
        icon="clock",
    )


def _password_link_over(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Deze link werkt niet meer"),
        explanation=_("Een link voor een nieuw wachtwoord werkt 30 minuten, en één keer."),
        steps=(
            _("Hebt u een nieuwere mail? Gebruik dan de link uit die mail."),
            _("Of vraag een nieuwe link."),
        ),
        button=(_("Nieuwe link vragen"), "/wachtwoord-vergeten"),
        icon="clock",
    )


def _out_of_turn(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Deze pagina is niet meer geldig"),
        explanation=_(
            "U hebt deze stap al gedaan, of u hebt de knop ‘vorige’ van uw browser gebruikt."
        ),
        steps=(
            _("Staat deze website nog in een ander venster open? Ga daar verder."),
            _("Lukt dat niet? Log dan opnieuw in."),
        ),
        button=sign_in_again(),
    )


def _other_browser(facts: Facts) -> ErrorCopy:
    if facts.get("code"):
        return _code_in_other_browser()
    return ErrorCopy(
        title=_("Ga verder in de browser waarin u begon"),
        explanation=_(
            "Deze link hoort bij een andere browser of een ander apparaat. Voor uw veiligheid werkt hij hier niet."
        ),
        steps=(
            _("Ga terug naar het venster waarin u begon met inloggen."),
            _("Lukt dat niet? Log dan hier opnieuw in."),
            _(
                "Hebt u deze link van iemand anders gekregen? Gebruik hem niet en bel de Servicedesk."
            ),
        ),
        button=sign_in_again(),
        icon="shield",
    )


def _code_in_other_browser() -> ErrorCopy:
    return ErrorCopy(
        title=_("Deze code is al ingevuld in een andere browser"),
        explanation=_(
            "Voor uw veiligheid werkt een activatiecode alleen in de browser waarin hij is ingevuld."
        ),
        steps=(
            _("Ga verder in die andere browser. Dat kan tot 30 minuten na het invullen."),
            _("Lukt dat niet? Bel de Servicedesk en vraag om een nieuwe activatiecode."),
            _("Hebt u de code niet zelf ingevuld? Bel direct de Servicedesk."),
        ),
        button=_start_again(),
        desk_title=_ask_for_code(),
        icon="shield",
    )


def _client_request(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Deze inlogvraag klopt niet"),
        explanation=_(
            "De applicatie heeft een verkeerd verzoek gestuurd. U kunt hier niets aan doen."
        ),
        steps=(
            _("Ga terug naar de applicatie en begin opnieuw."),
            _("Gebeurt dit weer? Bel de Servicedesk en geef het kenmerk door."),
        ),
    )


def _level_unreachable(facts: Facts) -> ErrorCopy:
    application = facts.get("application")
    return ErrorCopy(
        title=_("U kunt zo niet inloggen bij deze applicatie"),
        explanation=_(
            "‘%(application)s’ vraagt om een veiligere manier van inloggen dan u hebt.",
            application=application,
        )
        if application
        else _("Deze applicatie vraagt om een veiligere manier van inloggen dan u hebt."),
        steps=(
            _("Kijk bij ‘Beveiliging’ of u een andere methode kunt instellen."),
            _("Weet u niet welke methode u nodig hebt? Bel de Servicedesk."),
        ),
        button=(_("Naar Beveiliging"), "/mijn/beveiliging"),
        icon="shield",
    )


def _key_needed(facts: Facts) -> ErrorCopy:
    application = facts.get("application")
    return ErrorCopy(
        title=_("U hebt een passkey of beveiligingssleutel nodig"),
        explanation=_(
            "‘%(application)s’ vraagt om een passkey of beveiligingssleutel die u nog niet hebt ingesteld.",
            application=application,
        )
        if application
        else _(
            "Deze applicatie vraagt om een passkey of beveiligingssleutel die u nog niet hebt ingesteld."
        ),
        steps=(
            _("Kies ‘Nu instellen’ en stel een passkey of beveiligingssleutel in."),
            _("Daarna gaat u vanzelf verder naar de applicatie."),
        ),
        button=(_("Nu instellen"), "/mijn/beveiliging"),
        icon="key",
    )


def _not_found(facts: Facts) -> ErrorCopy:
    or_else, button = way_out(facts.get("place"))
    return ErrorCopy(
        title=_("Deze pagina bestaat niet"),
        explanation=_(
            "Misschien is het adres niet goed overgenomen, of bestaat de pagina niet meer."
        ),
        steps=(_("Controleer het adres boven in uw browser."), or_else),
        button=button,
        icon="search",
    )


def _password_check_away(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Wij kunnen uw nieuwe wachtwoord nu niet controleren"),
        explanation=_("Daarom is er niets veranderd. Uw oude wachtwoord werkt nog."),
        steps=(
            _("Wacht een paar minuten en probeer het opnieuw."),
            _("Gebeurt dit weer? Bel de Servicedesk en geef het kenmerk door."),
        ),
        button=(_("Opnieuw proberen"), "/"),
    )


def _too_large(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("U hebt te veel tekst ingevuld"),
        explanation=_("Wat u verstuurde, is groter dan wij kunnen lezen. Er is niets bewaard."),
        steps=(
            _("Kies ‘Opnieuw invullen’. Vul alleen in wat de pagina vraagt."),
            _("Gebeurt dit weer? Bel de Servicedesk en geef het kenmerk door."),
        ),
        button=(_("Opnieuw invullen"), "/"),
    )


def _server_error(_facts: Facts) -> ErrorCopy:
    return ErrorCopy(
        title=_("Er ging iets mis bij ons"),
        explanation=_("Probeer het over een paar minuten opnieuw."),
        steps=(
            _("Wacht een paar minuten en probeer het opnieuw."),
            _("Gebeurt dit weer? Bel de Servicedesk en geef het kenmerk door."),
        ),
        button=(_("Opnieuw proberen"), "/"),
        grave=True,
    )


PAGES: Final[Mapping[str, Callable[[Facts], ErrorCopy]]] = {
    "account-blocked": _account_blocked,
    "activation-code-attempts": _activation_attempts,
    "activation-code-expired": _expired,
    "activation-code-revoked": _revoked,
    "activation-code-used": _used,
    "activation-window-closed": _window_closed,
    "client-request": _client_request,
    "code-attempts": too_often.code_attempts,
    "key-needed": _key_needed,
    "level-unreachable": _level_unreachable,
    "mail-codes-spent": too_often.mail_codes_spent,
    "no-access": _no_access,
    "no-method": _no_method,
    "not-found": _not_found,
    "number-too-new": _number_too_new,
    "other-browser": _other_browser,
    "out-of-turn": _out_of_turn,
    "password-check-away": _password_check_away,
    "password-link-over": _password_link_over,
    "password-links-spent": too_often.password_links_spent,
    "relation-blocked": _relation_blocked,
    "sends-spent": too_often.sends_spent,
    "server-error": _server_error,
    "session-expired": _session_expired,
    "throttled": too_often.throttled,
    "too-large": _too_large,
    "too-soon": too_often.too_soon,
}

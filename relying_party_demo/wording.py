"""Everything this demo says that is not in a template: plain Dutch, one table per subject."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: What each level means to the person who reached it.
LEVELS = {
    "laag": ("Laag", "wachtwoord"),
    "substantieel": ("Substantieel", "wachtwoord en een tweede stap"),
    "phr": ("Bestand tegen nepsites", "wachtwoord en een passkey of beveiligingssleutel"),
    "hoog": ("Hoog", "wachtwoord en een goedgekeurde beveiligingssleutel"),
}


@dataclass(frozen=True, kw_only=True)
class DoorCopy:
    """A page that asks something of its own: what it is, and what it asks."""

    title: str
    asks: str


#: By the last part of the address, in the order in which they are listed.
DOOR_COPY = {
    "laag": DoorCopy(
        title="Openingstijden bekijken", asks="Voor deze pagina is uw wachtwoord genoeg."
    ),
    "substantieel": DoorCopy(
        title="Berichten lezen", asks="Deze pagina vraagt uw wachtwoord en een tweede stap."
    ),
    "phr": DoorCopy(
        title="Rekeningnummer wijzigen",
        asks="Deze pagina vraagt uw wachtwoord en een passkey of beveiligingssleutel.",
    ),
    "vers": DoorCopy(
        title="Berichten versturen",
        asks="Deze pagina vraagt een wachtwoord en een tweede stap van de laatste vijf minuten.",
    ),
}

DAYS = ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag")
MONTHS = (
    *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus"),
    *("september", "oktober", "november", "december"),
)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment, for people and for machines."""

    words: str
    machine: str

    @classmethod
    def of(cls, seconds: object) -> Moment | None:
        """Make one of epoch seconds; None when they are none."""
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            return None
        try:
            at = datetime.fromtimestamp(seconds, _amsterdam())
        except (OverflowError, ValueError, OSError):
            return None
        day = f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}"
        zone = " (UTC)" if at.tzinfo is UTC else ""
        return cls(
            words=f"{day} om {at.hour}.{at.minute:02} uur{zone}",
            machine=at.isoformat(timespec="seconds"),
        )


def _amsterdam() -> tzinfo:
    try:
        return ZoneInfo("Europe/Amsterdam")
    except ZoneInfoNotFoundError:  # a machine without time zones says so in the text
        return UTC


@dataclass(frozen=True, kw_only=True)
class Copy:
    """A page about something that went wrong: what happened, and what to do now."""

    status: int
    title: str
    what: str
    now: str
    button: str = "Opnieuw inloggen"


_UNEXPECTED = Copy(
    status=502,
    title="Het inloggen is niet gelukt",
    what="De inlogdienst gaf een antwoord dat deze applicatie niet vertrouwt. Daarom bent u niet "
    "ingelogd.",
    now="Probeer het opnieuw. Gebeurt het weer? Geef dan de foutcode door aan de beheerder van "
    "deze applicatie.",
)
_STALE = Copy(
    status=400,
    title="Deze inlogpoging is verlopen",
    what="U hebt deze pagina al eens gebruikt, u hebt lang gewacht, of u bent in een ander venster "
    "begonnen.",
    now="Begin opnieuw met inloggen.",
)
_REFUSED = Copy(
    status=403,
    title="De inlogdienst liet u niet door",
    what="De inlogdienst heeft u niet ingelogd voor deze applicatie.",
    now="Probeer het opnieuw. Gebeurt het weer? Vraag het aan de beheerder van uw organisatie.",
)
_MISCONFIGURED = Copy(
    status=502,
    title="Deze applicatie kan nu niet inloggen",
    what="De applicatie en de inlogdienst begrijpen elkaar niet. U kunt hier niets aan doen.",
    now="Geef de foutcode door aan de beheerder van deze applicatie.",
    button="Opnieuw proberen",
)

#: By error code: those of RFC 6749 and OpenID Connect Core section 3.1.2.6, and our own.
PROBLEMS = {
    "access_denied": Copy(
        status=403,
        title="U hebt geen toegang gekregen",
        what="U bent gestopt met inloggen, of u mag deze applicatie niet gebruiken.",
        now="Wilt u toch inloggen? Probeer het dan opnieuw. Hebt u geen toegang? Vraag het aan de "
        "beheerder van uw organisatie.",
    ),
    "login_required": _REFUSED,
    "interaction_required": _REFUSED,
    "consent_required": _REFUSED,
    "account_selection_required": _REFUSED,
    "unmet_authentication_requirements": Copy(
        status=403,
        title="U moet op een veiliger manier inloggen",
        what="Deze applicatie vraagt een hoger niveau dan u met uw methoden kunt halen.",
        now="Stel bij de inlogdienst een andere methode in. Log daarna opnieuw in.",
    ),
    "level_too_low": Copy(
        status=403,
        title="U moet op een veiliger manier inloggen",
        what="U bent bij de inlogdienst ingelogd, maar op een lager niveau dan deze applicatie "
        "vraagt. Daarom laten wij u niet binnen.",
        now="Log opnieuw in met een extra stap.",
    ),
    "sign_in_too_old": Copy(
        status=403,
        title="U moet opnieuw inloggen",
        what="U bent bij de inlogdienst te lang geleden ingelogd voor deze pagina.",
        now="Log opnieuw in.",
    ),
    "invalid_request": _MISCONFIGURED,
    "invalid_client": _MISCONFIGURED,
    "unauthorized_client": _MISCONFIGURED,
    "unsupported_response_type": _MISCONFIGURED,
    "invalid_scope": _MISCONFIGURED,
    "invalid_grant": _STALE,
    "server_error": _UNEXPECTED,
    "provider_misbehaves": _UNEXPECTED,
    "invalid_id_token": _UNEXPECTED,
    "invalid_userinfo": _UNEXPECTED,
    "unknown_state": _STALE,
    "wrong_issuer": Copy(
        status=400,
        title="Dit antwoord kwam van een andere inlogdienst",
        what="Deze applicatie werkt met één inlogdienst. Het verzoek noemde een andere. Daarom "
        "zijn wij gestopt.",
        now="Begin opnieuw met inloggen vanaf deze applicatie.",
    ),
    "foreign_target": Copy(
        status=400,
        title="Deze link klopt niet",
        what="De link wilde u na het inloggen naar een andere website sturen. Dat doen wij niet.",
        now="Log in vanaf de beginpagina van deze applicatie.",
        button="Naar de beginpagina",
    ),
    "csrf": Copy(
        status=400,
        title="U bent nog ingelogd",
        what="De pagina waarop u ‘Uitloggen’ koos, was niet meer geldig.",
        now="Ga terug naar de applicatie en kies nog een keer ‘Uitloggen’.",
        button="Terug naar de applicatie",
    ),
    "provider_unreachable": Copy(
        status=503,
        title="De inlogdienst is nu niet bereikbaar",
        what="Deze applicatie krijgt geen antwoord van de inlogdienst. Dat is meestal snel voorbij.",
        now="Wacht een minuut en probeer het opnieuw.",
        button="Opnieuw proberen",
    ),
    "temporarily_unavailable": Copy(
        status=503,
        title="De inlogdienst is even niet beschikbaar",
        what="De inlogdienst vraagt om even te wachten.",
        now="Wacht een minuut en probeer het opnieuw.",
        button="Opnieuw proberen",
    ),
    "signed_out_here_only": Copy(
        status=503,
        title="U bent alleen hier uitgelogd",
        what="In deze applicatie bent u uitgelogd. De inlogdienst is niet bereikbaar: daar bent u "
        "misschien nog ingelogd.",
        now="Log ook uit bij de inlogdienst, of sluit alle vensters van de browser.",
        button="Naar de beginpagina",
    ),
    "not_found": Copy(
        status=404,
        title="Deze pagina bestaat niet",
        what="Misschien is het adres verkeerd overgenomen.",
        now="Ga naar de beginpagina.",
        button="Naar de beginpagina",
    ),
    "internal_error": Copy(
        status=500,
        title="Er ging iets mis in deze applicatie",
        what="Dit ligt niet aan u.",
        now="Probeer het over een paar minuten opnieuw.",
        button="Naar de beginpagina",
    ),
}
#: For codes of the standard that are not in the table, and codes that no standard knows.
OTHER_REFUSAL = _REFUSED
#: Codes whose button leads to the application's page; all others begin a sign-in.
BACK_TO_THE_PAGE = {"csrf", "foreign_target", "signed_out_here_only", "not_found", "internal_error"}

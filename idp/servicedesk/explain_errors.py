"""Every error name of the contract in words for a colleague: short, the likely cause, and what helps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Trouble:
    """One error name in words: short, the likely cause, and the way out."""

    kort: str
    oorzaak: str
    zeg: str


NEW_CODE: Final = "Geef een nieuwe activatiecode uit; de gebruiker begint bij Activeren."
WAIT: Final = "Wacht een kwartier en probeer het opnieuw. Was de beller het niet zelf? Blokkeer dan het account."
OTHER_METHOD: Final = (
    "Kies een andere methode. Kan dat niet: log opnieuw in, of wacht tot de tijd op de pagina. Komen codes steeds niet "
    "aan: controleer het nummer en geef zo nodig een nieuwe activatiecode uit."
)
FOR_BUILDERS: Final = (
    "De beller kan hier niets aan doen. Geef kenmerk en uitleg aan de beheerder van de applicatie."
)

_OTHER_ACCOUNT: Final = Trouble(
    "een ander account dan de applicatie verwachtte",
    "De applicatie vroeg om een bepaalde gebruiker, of er was al iemand anders ingelogd.",
    "Log eerst uit, en log in met het account dat bij de applicatie hoort.",
)

ERRORS: Final[Mapping[str, Trouble]] = {
    "login-failed": Trouble(
        "de gegevens klopten niet",
        "Relatienummer en gebruikersnaam bestaan; het wachtwoord was verkeerd. Caps Lock, of een oud wachtwoord?",
        "Laat het wachtwoord nog eens rustig intypen. Lukt het niet: geef een startwachtwoord.",
    ),
    "other-account": _OTHER_ACCOUNT,
    "another account": _OTHER_ACCOUNT,  # the reason that the audit trail gives
    "fields-missing": Trouble(
        "niet alles was ingevuld", "Een van de velden was leeg.", "Vul alle velden in."
    ),
    "method-missing": Trouble(
        "geen methode gekozen", "Er was niets aangevinkt.", "Kies minstens één methode."
    ),
    "number-missing": Trouble(
        "geen telefoonnummer ingevuld", "Het veld was leeg.", "Vul een mobiel nummer in."
    ),
    "not-sent": Trouble(
        "de code kon niet worden verstuurd",
        "De leverancier van berichten nam het bericht niet aan.",
        "Probeer een andere methode. Gebeurt dit vaker: meld het bij beheer.",
    ),
    "key-failed": Trouble(
        "de passkey of beveiligingssleutel werkte niet",
        "De gebruiker brak af, gebruikte een andere sleutel, of de browser gaf geen geldig antwoord.",
        "Probeer het nog eens, met dezelfde sleutel als bij het instellen. Lukt het niet: kies een andere methode. "
        "Kan dat niet, dan is een nieuwe activatiecode nodig.",
    ),
    "key-not-made": Trouble(
        "er is geen passkey gemaakt",
        "De gebruiker brak af, of het apparaat of de browser kan geen passkey maken.",
        "Probeer het nog eens in een andere browser, of stel een andere methode in.",
    ),
    "key-known": Trouble(
        "deze sleutel was al ingesteld",
        "Het apparaat heeft al een passkey voor dit account.",
        "Er is niets nodig: de sleutel werkt al. Voor een tweede sleutel is een ander apparaat nodig.",
    ),
    "key-too-many": Trouble(
        "er zijn al tien sleutels ingesteld",
        "Iemand kan er niet meer dan tien hebben.",
        "Kies een andere methode.",
    ),
    "key-suspect": Trouble(
        "de teller van de sleutel liep terug",
        "Er is misschien een kopie van de beveiligingssleutel.",
        "Laat de gebruiker een andere methode gebruiken en deze sleutel niet meer. Meld het bij de beheerder.",
    ),
    "throttled": Trouble(
        "te vaak verkeerde gegevens",
        "Er waren veel mislukte pogingen achter elkaar, misschien van een ander. Een browser waarin de gebruiker al "
        "eens inlogde, heeft daar geen last van.",
        f"{WAIT} Zegt het overzicht dat niemand meer kan inloggen: kies Deblokkeren.",
    ),
    "account-blocked": Trouble(
        "het account is geblokkeerd",
        "Een collega of beheerder heeft het account geblokkeerd.",
        "Kijk bij het account wie dat deed, en waarom. Mag het weer: kies Deblokkeren.",
    ),
    "relation-blocked": Trouble(
        "de hele organisatie is geblokkeerd",
        "De toegang van de relatie is geblokkeerd; dat geldt voor al haar gebruikers.",
        "Verwijs naar de beheerder van de organisatie. Mag het weer: een beheerder deblokkeert de organisatie.",
    ),
    "no-method": Trouble(
        "er is nog geen methode ingesteld",
        "De gebruiker heeft nooit een tweede stap ingesteld, en er wacht geen activatiecode.",
        NEW_CODE,
    ),
    "no-access": Trouble(
        "de gebruiker mag deze applicatie niet gebruiken",
        "Het account heeft geen recht op de applicatie, of het recht is verlopen.",
        "Laat de beheerder van de organisatie toegang aanvragen; geef die daarna bij Applicaties.",
    ),
    "activation-code-missing": Trouble(
        "er was geen activatiecode ingevuld", "Het veld was leeg.", "Vul de code uit de brief in."
    ),
    "activation-code-typo": Trouble(
        "een tikfout in de activatiecode",
        "De controleletter klopt niet: er is een teken verkeerd overgenomen. Dit kostte geen poging.",
        "Lees de code samen teken voor teken na. Een O is een nul, een I of L is een één.",
    ),
    "activation-code-invalid": Trouble(
        "een verkeerde activatiecode",
        "De code is goed overgenomen, maar hoort niet bij dit account: een oude brief, of die van een collega.",
        "Gebruik de nieuwste brief, en let op de naam die erboven staat.",
    ),
    "activation-code-expired": Trouble(
        "de activatiecode was verlopen", "Een code werkt 21 dagen; deze was ouder.", NEW_CODE
    ),
    "activation-code-used": Trouble(
        "de activatiecode was al gebruikt",
        "Met deze code is al een methode ingesteld.",
        "Vraag of de beller dat zelf deed: dan kan hij gewoon inloggen. Zo niet: blokkeer het account.",
    ),
    "activation-code-revoked": Trouble(
        "de activatiecode was ingetrokken",
        "Er is een nieuwere code uitgegeven, of deze is ingetrokken.",
        "Gebruik de nieuwste brief; is die er niet, geef dan een nieuwe code uit.",
    ),
    "activation-code-attempts": Trouble(
        "te vaak een verkeerde activatiecode",
        "De code werkt niet meer na tien verkeerde pogingen.",
        NEW_CODE,
    ),
    "activation-window-closed": Trouble(
        "te laat met instellen",
        "De code is ingevuld, maar binnen 30 minuten is geen methode ingesteld.",
        NEW_CODE,
    ),
    "recovery-code-missing": Trouble(
        "er was geen herstelcode ingevuld", "Het veld was leeg.", "Vul een code van de lijst in."
    ),
    "recovery-code-typo": Trouble(
        "een tikfout in de herstelcode",
        "Het controleteken klopt niet: er is een teken verkeerd overgenomen. Dit kostte geen poging.",
        "Lees de code teken voor teken na. Een O is een nul, een I of L is een één.",
    ),
    "recovery-code-invalid": Trouble(
        "een verkeerde of al gebruikte herstelcode",
        "Elke code werkt één keer; een nieuwe lijst maakt de oude ongeldig, en een reset van de methoden ook.",
        "Gebruik een andere code van de nieuwste lijst. Is er geen lijst meer? Geef een nieuwe activatiecode uit.",
    ),
    "code-missing": Trouble("er was geen code ingevuld", "Het veld was leeg.", "Vul de code in."),
    "code-length": Trouble(
        "te veel of te weinig cijfers in de code",
        "Een tikfout: een code heeft 6 cijfers. Dit kost geen poging.",
        "Vul de hele code in.",
    ),
    "code-invalid": Trouble(
        "een verkeerde code",
        "Een tikfout, een code van een eerder bericht, of een app waarvan de klok niet gelijk loopt.",
        "Gebruik de nieuwste code. Bij een app: zet de tijd van de telefoon op automatisch.",
    ),
    "code-expired": Trouble(
        "de code was verlopen",
        "Een code werkt 5 minuten.",
        "Vraag een nieuwe code en vul hem meteen in.",
    ),
    "code-attempts": Trouble(
        "te vaak een verkeerde code",
        "Er is vijf keer een verkeerde code ingevuld; deze keer inloggen is gestopt, het account niet.",
        "Laat de beller meteen opnieuw inloggen, met de nieuwste code. Was de beller het niet zelf? Blokkeer dan het "
        "account.",
    ),
    "sends-spent": Trouble(
        "er konden geen codes meer worden gestuurd",
        "Wij sturen per keer inloggen, per uur en per dag een paar codes, en niet meer.",
        OTHER_METHOD,
    ),
    "too-soon": Trouble(
        "te snel om een nieuwe code gevraagd",
        "Er zijn in korte tijd veel codes aangevraagd.",
        "Wacht even, of kies een andere methode.",
    ),
    "session-expired": Trouble(
        "de sessie was verlopen",
        "De gebruiker deed te lang niets.",
        "Log opnieuw in, vanaf het begin.",
    ),
    "out-of-turn": Trouble(
        "een oude pagina",
        "De knop ‘vorige’, een oud tabblad of een bladwijzer op een tussenpagina.",
        "Sluit de tabbladen en begin opnieuw vanaf de applicatie. Bewaar alleen de beginpagina als bladwijzer.",
    ),
    "other-browser": Trouble(
        "een andere browser",
        "De link is in een andere browser of op een ander apparaat geopend, of de browser bewaart geen cookies.",
        "Begin opnieuw in één browser. Kreeg de beller de link van iemand anders: niet gebruiken, en meld het.",
    ),
    "client-request": Trouble(
        "de applicatie stuurde een verkeerd verzoek",
        "De applicatie is bij ons niet (goed) ingesteld, of de link is met de hand veranderd.",
        FOR_BUILDERS,
    ),
    "key-needed": Trouble(
        "de applicatie vraagt een passkey of beveiligingssleutel",
        "Het account heeft alleen andere methoden.",
        "Laat de gebruiker op die pagina ‘Nu instellen’ kiezen. Daarna gaat het inloggen vanzelf verder.",
    ),
    "level-unreachable": Trouble(
        "de applicatie vraagt een hoger niveau",
        "Het account, of deze manier van inloggen, haalt het gevraagde niveau niet.",
        "Kijk op welk niveau het account is ingeschreven: dat staat bij het account.",
    ),
    "server-error": Trouble(
        "een fout bij ons",
        "Er ging iets mis in onze software of in wat zij nodig heeft.",
        "Probeer het later opnieuw. Geef het kenmerk en de tijd aan de beheerder; die vindt de fout in het logboek.",
    ),
    "too-large": Trouble(
        "te veel tekst in één keer",
        "Er is veel meer verstuurd dan het formulier vraagt, bijvoorbeeld een hele tekst die geplakt is.",
        "Vul het formulier opnieuw in, met alleen wat er gevraagd wordt.",
    ),
    "not-found": Trouble(
        "een adres dat niet bestaat", "Een tikfout of een oude link.", "Begin op de inlogpagina."
    ),
    "number-invalid": Trouble(
        "een nummer dat niet kan",
        "Het telefoonnummer is niet goed getypt.",
        "Controleer het nummer.",
    ),
    "number-not-mobile": Trouble(
        "geen mobiel nummer",
        "Naar dit nummer kan geen sms.",
        "Gebruik een mobiel nummer, of laat u bellen: kies gesproken bericht.",
    ),
    "number-too-new": Trouble(
        "een nieuw nummer dat nog niet telt",
        "De gebruiker heeft zelf een ander telefoonnummer ingesteld en heeft geen andere methode. Zo'n nummer telt pas "
        "na 72 uur als tweede stap.",
        "Controleer of de beller het zelf was. Zo ja: wachten, of een nieuwe activatiecode: "
        "daarmee telt een nummer direct. Zo nee: blokkeer het account.",
    ),
    "password-weak": Trouble(
        "een te makkelijk wachtwoord",
        "Het nieuwe wachtwoord is te kort of te raden.",
        "Kies een langer wachtwoord.",
    ),
    "password-wrong": Trouble(
        "het huidige wachtwoord klopte niet",
        "De gebruiker wilde een ander wachtwoord kiezen en vulde het huidige verkeerd in.",
        "Laat het huidige wachtwoord nog eens rustig intypen. Weet de gebruiker het niet meer: "
        "geef een startwachtwoord.",
    ),
    "password-link-over": Trouble(
        "een link voor een nieuw wachtwoord die niet meer werkt",
        "De link is gebruikt, ouder dan 30 minuten, of het wachtwoord of het e-mailadres is daarna veranderd.",
        "Vraag een nieuwe link op de inlogpagina (Wachtwoord vergeten). Komt er geen mail: controleer of het "
        "e-mailadres bevestigd is en of er een methode is.",
    ),
    "password-links-spent": Trouble(
        "te vaak om een nieuw wachtwoord gevraagd",
        "Voor deze naam, of vanaf dit netwerk, zijn in een uur zoveel links gevraagd als kan.",
        "Wacht tot de tijd op de pagina. Was de beller het niet zelf? Er verandert niets zonder de tweede stap.",
    ),
    "mail-codes-spent": Trouble(
        "te vaak een code voor het e-mailadres gevraagd",
        "De gebruiker vroeg in een uur zoveel codes als kan. Komt er geen aan, dan klopt het adres misschien niet.",
        "Controleer het adres en verander het zo nodig.",
    ),
    "password-check-away": Trouble(
        "het nieuwe wachtwoord kon niet worden gecontroleerd",
        "De lijst met gelekte wachtwoorden geeft geen antwoord. Er is niets veranderd.",
        "Meld het bij beheer. De gebruiker probeert het later opnieuw.",
    ),
}

#: Why no message went out any more, by the reason that the audit trail gives.
SENDS_SPENT: Final[Mapping[str, Trouble]] = {
    "sends-login": Trouble(
        "er konden deze keer geen codes meer worden gestuurd",
        "Er zijn drie codes gevraagd bij één keer inloggen; meer sturen wij er dan niet. Klopt het nummer?",
        "Kies een andere methode, of log meteen opnieuw in: dan telt het opnieuw. Komen codes steeds niet aan: "
        "controleer het nummer.",
    ),
    "sends-hour": Trouble(
        "er konden dit uur geen codes meer worden gestuurd",
        "Er zijn vijf codes gevraagd binnen een uur; meer sturen wij er dan niet.",
        "Kies een andere methode, of wacht tot de tijd op de pagina. Opnieuw inloggen helpt niet.",
    ),
    "sends-day": Trouble(
        "er konden vandaag geen codes meer worden gestuurd",
        "Er zijn tien codes gevraagd binnen 24 uur; meer sturen wij er dan niet.",
        "Kies een andere methode, of wacht tot de tijd op de pagina. Opnieuw inloggen helpt niet.",
    ),
    "sends-number": Trouble(
        "naar dit nummer konden geen codes meer worden gestuurd",
        "Naar dit telefoonnummer gingen al te veel codes, ook van andere accounts die het nummer gebruiken.",
        "Kies een andere methode, of wacht tot de tijd op de pagina. Opnieuw inloggen helpt niet.",
    ),
    "sends-origin": Trouble(
        "vanaf deze plek konden geen codes meer worden gestuurd",
        "Er zijn vanaf dit netwerkadres al tien codes in een uur gevraagd, in browsers die wij niet kennen.",
        "Kies een andere methode, wacht tot de tijd op de pagina, of log in waar de gebruiker dat al eens deed.",
    ),
    "sends-range": Trouble(
        "naar dit soort nummer konden dit uur geen codes meer worden gestuurd",
        "Er zijn al twintig codes in een uur gestuurd naar nummers die op dit nummer lijken. Zo beperken wij misbruik.",
        "Kies een andere methode, of wacht tot de tijd op de pagina. Gebeurt dit vaker: meld het bij de beheerder.",
    ),
    "sends-paused": Trouble(
        "naar dit soort nummer sturen wij nu geen codes",
        "Codes naar nummers die op dit nummer lijken, werden bijna nooit gebruikt. Dat kan misbruik zijn.",
        "Kies een andere methode. Kan dat niet: wacht tot de tijd op de pagina, en meld het bij de beheerder.",
    ),
    "sends-budget": Trouble(
        "alle berichten van vandaag waren op",
        "Wij sturen per dag niet meer berichten, en voor niet meer geld, dan beheer heeft ingesteld.",
        "Kies een andere methode, en meld het direct bij de beheerder: het kan misbruik zijn.",
    ),
}

#: Codes that an application gets over its redirect address and that are nobody's mistake in building it.
PROTOCOL: Final[Mapping[str, Trouble]] = {
    "login_required": Trouble(
        "er was niemand ingelogd",
        "De applicatie keek of er al iemand was ingelogd, en dat was niet zo.",
        "Dit is gewoon. De beller logt in met de inlogknop van de applicatie.",
    ),
    "consent_required": Trouble(
        "de gebruiker moet eerst toestemming geven",
        "De applicatie keek of iemand was ingelogd zonder iets te laten zien, en had nog geen toestemming.",
        "Dit is gewoon. De beller logt in met de inlogknop van de applicatie, en kiest dan of hij gegevens deelt.",
    ),
    "access_denied": Trouble(
        "geen toegang",
        "De gebruiker stopte zelf, of mag deze applicatie niet gebruiken.",
        "Vraag of de beller zelf stopte. Zo niet, kijk dan bij het account naar zijn applicaties.",
    ),
    "unmet_authentication_requirements": Trouble(
        "het gevraagde niveau is niet bereikt",
        "De applicatie vraagt een manier van inloggen die dit account niet haalt.",
        "Kijk op welk niveau het account is ingeschreven en welke methoden het heeft.",
    ),
}

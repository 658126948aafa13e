"""Why an application was refused, in words for whoever builds it: the audit trail's reason -> cause and remedy."""

from __future__ import annotations

import re
from typing import Final

from idp.servicedesk.explain_errors import Trouble

#: Said before the remedy, because it is not the person at the telephone who can do something.
TO_BUILDERS: Final = "Geef dit aan de bouwer van de applicatie: "


def refusal(reason: str | None) -> Trouble | None:
    """The words for a reason that the audit trail gives; `None` where the application did nothing wrong."""
    for pattern, trouble in _KNOWN:
        if reason is not None and pattern.fullmatch(reason):
            return trouble
    return None


def _line(pattern: str, kort: str, oorzaak: str, zeg: str) -> tuple[re.Pattern[str], Trouble]:
    return re.compile(pattern), Trouble(kort, oorzaak, TO_BUILDERS + zeg)


_AN_ADDRESS: Final = (
    "elk adres wordt teken voor teken vergeleken, ook http of https, de poort en een schuine streep aan het eind. "
    "`idp client show` toont wat is geregistreerd; `idp client update --redirect-uri` verandert het."
)
_THE_LIBRARY: Final = (
    "laat een bibliotheek voor OpenID Connect het verzoek maken, in plaats van eigen code."
)
_PKCE: Final = "zet PKCE met S256 aan, ook als de applicatie een geheim heeft."
_START_AGAIN: Final = "begin opnieuw bij de inlogknop; een code is voor één keer en één minuut."

_KNOWN: Final = (
    # the authorization endpoint, on our own page
    _line(
        "client_id is missing|no such client, or its profile is not offered here|unknown client",
        "de applicatie is bij ons niet bekend",
        "Er stond geen client_id in het verzoek, of een die hier niet (meer) bestaat; of een andere omgeving.",
        "gebruik de client_id die `idp client list` noemt, en het adres van de goede omgeving.",
    ),
    _line(
        "this redirect_uri is not registered for the client",
        "de applicatie wilde terug naar een adres dat niet is geregistreerd",
        "De redirect_uri in het verzoek is anders dan wat bij ons staat.",
        _AN_ADDRESS,
    ),
    _line(
        r"(\w+ is|a parameter is) there more than once|a repeated (or unreadable )?parameter",
        "een gegeven stond twee keer in het verzoek",
        "Een parameter kwam vaker dan één keer voor; dan is niet te zeggen welke geldt.",
        _THE_LIBRARY,
    ),
    # the authorization endpoint, back to the application
    _line(
        "a parameter (holds control characters|is too long|cannot be read or is too long)",
        "een gegeven in het verzoek was onleesbaar of te lang",
        "Er stonden stuurtekens in een parameter, of hij was langer dan wij aannemen.",
        "houd state, nonce en claims kort (2048 tekens), en bewaar wat langer is bij de applicatie zelf.",
    ),
    _line(
        "(request|registration) is not supported( for a client without registered keys)?",
        "de applicatie gebruikte iets dat wij niet ondersteunen",
        "Het verzoek kwam als registration; of ondertekend, terwijl bij ons geen sleutel van de applicatie staat.",
        "stuur de gegevens als gewone parameters, of leg ze vooraf neer (PAR).",
    ),
    _line(
        "this request_uri is not registered for the client",
        "het verzoek lag op een adres dat niet is geregistreerd",
        "Wij halen verzoeken alleen op van adressen die vooraf zijn geregistreerd, teken voor teken gelijk.",
        "gebruik een geregistreerd adres; `idp client update --request-uri` verandert de lijst. Of leg het verzoek "
        "vooraf neer (PAR).",
    ),
    _line(
        "the request_uri cannot be fetched: .*|too many requests under a request_uri|under the request_uri lies .*",
        "wij konden het verzoek niet ophalen bij de applicatie",
        "Op het geregistreerde adres kwam binnen vijf seconden geen verzoek, of een ander dan het adres zegt.",
        "kijk met `idp client check` of het adres van buiten te bereiken is, zonder doorverwijzing en met een geldig "
        "certificaat; verandert de inhoud, dan ook het adres.",
    ),
    _line(
        "this client must sign its requests",
        "de applicatie ondertekende haar verzoek niet",
        "Bij ons staat dat zij al haar verzoeken ondertekent; dit kwam als gewone parameters.",
        "zet ondertekende verzoeken aan, of laat dat bij ons weghalen met `idp client update --no-require-signed`.",
    ),
    _line(
        "registration: .*",
        "de applicatie meldde zichzelf aan met gegevens die niet kunnen",
        "De reden bij de stap noemt het gegeven en de regel.",
        "verander dat gegeven en meld opnieuw aan; het token is daarmee niet gebruikt.",
    ),
    _line(
        "registration (without a token|with a token that is .*|managed with a token of nobody, or of another client)",
        "de applicatie mocht zichzelf niet aanmelden of wijzigen",
        "Het token ontbreekt, is van een ander, of is verlopen, op of ingetrokken.",
        "gebruik het token dat bij deze applicatie hoort. Om aan te melden maakt de beheerder er een met "
        "`idp client token issue`; `idp client token list` toont hoe het met een token staat.",
    ),
    _line(
        "too many registrations",
        "er kwamen te veel aanmeldingen van één adres",
        "Meer dan zestig in een minuut.",
        "wacht een minuut, en kijk waarom de applicatie het zo vaak probeert.",
    ),
    _line(
        "request object: .*|request and request_uri cannot come together",
        "het ondertekende verzoek van de applicatie klopte niet",
        "De reden bij de stap zegt wat: sleutel, algoritme, ontvanger (aud), tijd, of de soort van het token.",
        "teken elk verzoek opnieuw, hooguit een uur geldig, met een sleutel die is geregistreerd en onze issuer als "
        "aud; zet alles wat moet gelden in het ondertekende verzoek zelf.",
    ),
    _line(
        "response_type is missing|response_type can only be code",
        "de applicatie vroeg om iets anders dan een code",
        "response_type ontbreekt of is niet `code`; tokens in het adres (implicit, hybrid) geven wij nooit.",
        "kies de authorization code flow.",
    ),
    _line(
        "response_mode can only be query or form_post",
        "de applicatie vroeg het antwoord op een manier die niet kan",
        "response_mode is niet query of form_post.",
        "laat response_mode weg.",
    ),
    _line(
        "redirect_uri is missing",
        "in het verzoek stond geen redirect_uri",
        "Bij het inloggen noemt elk verzoek waar de gebruiker terugkomt, en bij het inwisselen van de code hetzelfde "
        "adres nog eens.",
        "stuur redirect_uri mee, beide keren letterlijk hetzelfde.",
    ),
    _line(
        "scope must hold openid",
        "de scope openid ontbrak",
        "Zonder de scope openid is een verzoek geen OpenID Connect.",
        "zet openid bij de scopes.",
    ),
    _line(
        "a scope is not registered for this client",
        "de applicatie vroeg een scope die zij niet heeft",
        "Een van de gevraagde scopes bestaat en is niet geregistreerd. Een die niet bestaat laten wij stil weg.",
        "vraag minder, of laat de scope registreren (`idp client update --scope`, met de hele lijst).",
    ),
    _line(
        "a resource is not registered for this client|a resource that the sign-in did not ask for",
        "de applicatie vroeg een token voor een API waar zij niet bij mag",
        "In resource staat een API die niet bij de applicatie is geregistreerd, of die bij het inloggen niet is "
        "gevraagd. Bij het token-adres en bij verversen kan het alleen minder worden.",
        "vergelijk resource teken voor teken met `idp client show` (audiences); `idp client update --audience` "
        "verandert de lijst, die dan in zijn geheel wordt opgegeven.",
    ),
    _line(
        "no key of ours signs [A-Za-z0-9]+, which the client registered",
        "wij hebben geen sleutel voor de handtekening die de applicatie wil",
        "De applicatie staat geregistreerd met een algoritme waarvoor hier geen sleutel aan het werk is.",
        "de beheerder maakt die sleutel met `idp keys rotate --alg`; `idp doctor` noemt wat er ontbreekt.",
    ),
    _line(
        "the client has no key to encrypt to with [A-Za-z0-9+-]+|"
        "the keys of the client to encrypt to cannot be fetched",
        "wij konden het antwoord niet versleutelen",
        "De applicatie staat geregistreerd met versleuteling, maar geen van haar openbare sleutels past daarbij, of "
        "haar sleutels waren niet op te halen.",
        "geef een sleutel met use enc en het goede type (`idp client update --jwks`, of onder haar jwks_uri), of haal "
        "de versleuteling weg; `idp client check` noemt wat er mis is.",
    ),
    _line(
        "code_challenge is missing|code_challenge_method must be S256|code_challenge must be the S256 of .*",
        "PKCE ontbrak of klopte niet",
        "Elk verzoek heeft een code_challenge van 43 tekens en code_challenge_method=S256 nodig.",
        _PKCE,
    ),
    _line(
        r"(state|nonce) is missing|(state|nonce) must have \d+ characters at least",
        "state of nonce ontbrak of was te kort",
        "Het profiel van deze applicatie vraagt state en nonce, elk van minstens 22 willekeurige tekens.",
        "laat de bibliotheek beide maken, elk verzoek opnieuw.",
    ),
    _line(
        "prompt can be none, login, consent or select_account|prompt none stands alone",
        "prompt had een verkeerde waarde",
        "prompt kan none, login, consent of select_account zijn, en none staat altijd alleen.",
        "laat prompt weg, of gebruik een van deze waarden.",
    ),
    _line(
        "max_age must be a number of seconds",
        "max_age was geen getal",
        "max_age is een heel aantal seconden.",
        "stuur bijvoorbeeld max_age=300.",
    ),
    _line(
        "claims must be a JSON object .*",
        "de parameter claims was niet te lezen",
        "claims is een JSON-object met de leden id_token en userinfo (OpenID Connect Core, paragraaf 5.5).",
        "controleer de JSON, en de codering ervan in het adres.",
    ),
    _line(
        "id_token_hint is not an ID Token of ours for this client",
        "id_token_hint was geen token van ons",
        "De hint is geen ID Token van deze omgeving voor deze applicatie, of van vóór een sleutel die is ingetrokken.",
        "bewaar het ID Token van de laatste keer inloggen, of laat de hint weg.",
    ),
    _line(
        "none of the requested acr values can be reached here",
        "het gevraagde niveau bestaat hier niet",
        "Niemand kan hier een van de gevraagde acr-waarden bereiken.",
        "kies uit acr_values_supported in onze metadata.",
    ),
    _line(
        "this client must push its requests",
        "de applicatie legde haar verzoek niet vooraf bij ons neer",
        "Voor deze applicatie is afgesproken dat zij elk verzoek eerst zelf aan ons stuurt (PAR, RFC 9126).",
        "zet PAR aan in de bibliotheek; het adres staat in onze metadata. Of verander de afspraak "
        "(`idp client update --no-require-pushed`).",
    ),
    _line(
        "no such pushed request of this client|the pushed request was (answered already|opened too late)",
        "het vooraf neergelegde verzoek gold niet meer",
        "De request_uri is van een andere applicatie, is al gebruikt, of werd niet binnen 90 seconden geopend.",
        "leg voor elke keer inloggen een nieuw verzoek neer, en stuur de browser er meteen mee naar ons toe.",
    ),
    _line(
        "request_uri cannot be pushed",
        "de applicatie legde een verwijzing neer in plaats van een verzoek",
        "In een verzoek dat vooraf bij ons wordt neergelegd stond een request_uri.",
        "stuur daar het hele verzoek, met gewone parameters.",
    ),
    _line(
        "too many pushed requests",
        "de applicatie legde in korte tijd te veel verzoeken neer",
        "Er kwamen er meer dan 3000 in een minuut.",
        "leg een verzoek pas neer als iemand op de inlogknop drukt, en wacht zo lang als Retry-After zegt.",
    ),
    # the token endpoint: the request
    _line(
        "parameters belong in the body, not in the address|the body must be application/x-www-form-urlencoded",
        "de applicatie stuurde haar verzoek op een verkeerde manier",
        "De gegevens stonden in het adres, of het verzoek was geen formulier.",
        "POST de gegevens in de body, als application/x-www-form-urlencoded.",
    ),
    _line(
        "grant_type is missing|another grant_type",
        "de applicatie vroeg een token op een manier die niet kan",
        "grant_type ontbreekt of is geen van authorization_code, refresh_token en client_credentials.",
        "gebruik grant_type=authorization_code, tenzij iets anders is afgesproken.",
    ),
    _line(
        "the client is not registered for this grant_type",
        "de applicatie vroeg een token op een manier waarvoor zij niet is geregistreerd",
        "Voor elke manier is een eigen registratie nodig; een refresh token hoort bij authorization_code.",
        "kijk met `idp client show` naar grant_types; `idp client update --grant-type` verandert ze.",
    ),
    _line(
        "(code|token|refresh_token) is missing|Authlib refused: .*",
        "het verzoek om een token was niet volledig",
        "Er ontbrak een gegeven dat de standaard vraagt, zoals code of code_verifier.",
        _THE_LIBRARY,
    ),
    _line(
        "unknown refresh token",
        "het refresh token bestaat niet",
        "Het is nooit door deze omgeving gegeven, of het is al opgeruimd.",
        "laat de gebruiker opnieuw inloggen; bewaar elk nieuw refresh token, want het vorige werkt dan niet meer.",
    ),
    _line(
        "a refresh token of another client",
        "het refresh token is van een andere applicatie",
        "Wie het gebruikt is niet wie het kreeg: twee client_id's door elkaar, of misbruik.",
        "gebruik dezelfde client_id als bij het inloggen. Is dat zo, meld het dan als incident.",
    ),
    _line(
        "the refresh token was revoked, or its session ended",
        "het refresh token geldt niet meer",
        "De gebruiker is uitgelogd of geblokkeerd, of het token is teruggegeven of ingetrokken.",
        "laat de gebruiker opnieuw inloggen.",
    ),
    _line(
        "the refresh token is too old",
        "het refresh token was verlopen",
        "Het vervalt als het 2 uur niet is gebruikt, en 12 uur na het inloggen in elk geval.",
        "laat de gebruiker opnieuw inloggen.",
    ),
    _line(
        "a scope that the sign-in did not give",
        "de applicatie vroeg bij het vernieuwen meer dan zij had",
        "De scope bij een refresh token kan alleen kleiner zijn dan die van het inloggen.",
        "laat scope weg, of laat de gebruiker opnieuw inloggen met de ruimere scope.",
    ),
    # the token endpoint: who asks
    _line(
        "a public client where credentials are needed",
        "de applicatie kan niet bewijzen wie zij is, en dat is hier nodig",
        "Een token navragen, en in profiel nlgov ook teruggeven, kan alleen met een geheim of een sleutel.",
        "laat de server van de applicatie dit doen, met een eigen registratie.",
    ),
    _line(
        "wrong secret",
        "de applicatie gebruikte een verkeerd geheim",
        "Het geheim is niet dat van deze client_id: van een andere omgeving, met een spatie of regeleinde erbij, of al "
        "vervangen.",
        "zet het geheim opnieuw; is het kwijt, dan maakt `idp client rotate-secret` een nieuw.",
    ),
    _line(
        r"the client is registered for \w+ and used \w+",
        "de applicatie bewees op een andere manier wie zij is dan is afgesproken",
        "De manier staat bij de stap hierboven: eerst wat is geregistreerd, dan wat kwam.",
        "stel de bibliotheek in op de geregistreerde manier, of verander die (`idp client update --auth-method`).",
    ),
    _line(
        "no credentials",
        "de applicatie zei niet wie zij is",
        "In het verzoek stond geen client_id, geheim of ondertekende verklaring.",
        "stel client authentication in; vaak is een omgevingsvariabele met het geheim leeg.",
    ),
    _line(
        "mixed credentials",
        "de applicatie zei op twee manieren wie zij is",
        "Er kwam meer dan één bewijs.",
        "gebruik één manier.",
    ),
    _line(
        "two client ids",
        "de applicatie noemde twee namen",
        "De client_id in het formulier is een andere dan die van het bewijs: de gebruikersnaam bij Basic, of iss in de "
        "ondertekende verklaring.",
        "laat iss, sub en client_id alle drie de client_id zijn.",
    ),
    _line(
        "client assertion: the keys of the client cannot be fetched",
        "de sleutels van de applicatie konden niet worden opgehaald",
        "Haar jwks_uri antwoordde niet, of niet met sleutels; wat het was staat in ons logboek.",
        "kijk of de jwks_uri antwoordt, met een certificaat dat wij vertrouwen (`idp client check`).",
    ),
    _line(
        "client assertion: iss and sub must be the client_id",
        "de ondertekende verklaring was van of over een ander",
        "iss en sub zijn niet allebei de client_id.",
        "zet de client_id in iss en in sub.",
    ),
    _line(
        "an Authorization header of another scheme|a Basic header that cannot be read",
        "de kop Authorization was niet te lezen",
        "Bij dit adres hoort Basic: client_id en geheim, elk gecodeerd voor een formulier, samen in base64.",
        _THE_LIBRARY,
    ),
    _line(
        "client assertion: .*|a client assertion (of another type, or only half of one|that cannot be read)",
        "de ondertekende verklaring van de applicatie klopte niet",
        "De reden bij de stap zegt wat: sleutel, algoritme, ontvanger (aud), tijd, of een tweede gebruik.",
        "teken elke keer een nieuwe verklaring, hooguit vijf minuten geldig, met een sleutel die is geregistreerd; "
        "controleer de klok van de server.",
    ),
    # the token endpoint: the code
    _line(
        "unknown code",
        "de code bestaat niet",
        "De code is bij het overnemen veranderd, komt van een andere omgeving, of is al opgeruimd.",
        _START_AGAIN,
    ),
    _line(
        "a code of another client",
        "de code was van een andere applicatie",
        "Wie de code inwisselt is niet wie hem vroeg: twee client_id's door elkaar, of misbruik.",
        "gebruik bij het inwisselen dezelfde client_id als bij het vragen. Is dat zo, meld het dan als incident.",
    ),
    _line(
        "another redirect_uri than the code was asked for",
        "bij het inwisselen stond een ander adres",
        "De redirect_uri bij het inwisselen is niet die van het eerste verzoek; vaak denkt de applicatie achter "
        "een proxy dat zij op http staat.",
        "laat de applicatie de koppen van de proxy geloven (X-Forwarded-Proto en -Host), of stel het adres vast in.",
    ),
    _line(
        "the code_verifier does not fit",
        "de code_verifier klopte niet",
        "De verifier hoort bij een ander verzoek, ontbreekt, of de sessie van de applicatie ging onderweg verloren.",
        "bewaar de verifier in de sessie van dit ene verzoek, ook als er meer servers zijn.",
    ),
    _line(
        "the code is too old",
        "de code was verlopen",
        "Een code is één minuut geldig, en de applicatie kwam later.",
        "wissel de code meteen in; kijk naar trage netwerken en proxy's tussen de applicatie en ons.",
    ),
    _line(
        "the session of the code has ended",
        "de sessie was al voorbij",
        "De gebruiker logde uit, of werd uitgelogd, tussen het inloggen en het inwisselen.",
        _START_AGAIN,
    ),
)

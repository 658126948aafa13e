"""Who and what the demo holds: examples by name, one person per situation that a tester wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DemoRelation:
    """An example organisation."""

    number: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """One account; `purpose` is the contract's word for its situation."""

    purpose: str
    says: str
    """What this account shows, for the table that `idp demo` prints."""
    relation: str
    username: str
    name: str
    password: str
    """Long random words, used nowhere else; with another root secret they open nothing."""
    totp: bool = False
    phone: str | None = None
    reached_by: tuple[str, ...] = ()
    """How that telephone gives codes: `sms`, `voice`."""
    code: str | None = None
    """The state of its activation code: `live`, `expired`, `used` or `window-closed`."""
    mail_address: str | None = None
    mail_confirmed: bool = False
    blocked: bool = False
    desk_role: str | None = None
    grants: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoApplication:
    """One application of the field, and how its client is registered."""

    id: str
    name: str
    description: str
    profile: str
    auth_method: str
    level: str = "substantieel"
    """What it is registered at; for a page of its own it can ask more."""
    of: str | None = None
    """The application whose pages sign in with it; it is no application of its own."""
    scopes: tuple[str, ...] = ("openid", "profile", "applicaties")


GEMEENTE: Final = DemoRelation("10023456", "Gemeente Voorbeeld", "gemeente")
ZORGGROEP: Final = DemoRelation("10034567", "Zorggroep Voorbeeld", "zorgaanbieder")
THUISZORG: Final = DemoRelation("10045678", "Thuiszorg Voorbeeld", "zorgaanbieder")
BODY: Final = DemoRelation("10000001", "Uitvoeringsorganisatie Voorbeeld", "eigen organisatie")
RELATIONS: Final = (GEMEENTE, ZORGGROEP, THUISZORG, BODY)

#: In the portal's order. The first one lives at `/` of the demo relying party too.
APPLICATIONS: Final = (
    DemoApplication(
        id="wmo-berichten",
        name="Wmo-berichtenverkeer",
        description="Berichten over start en stop van zorg versturen en bekijken.",
        profile="basic",
        auth_method="client_secret_basic",
    ),
    DemoApplication(
        id="beleidsparameters",
        name="Gemeentelijke beleidsparameters",
        description="De keuzes van uw gemeente voor de eigen bijdrage doorgeven.",
        profile="nlgov",
        auth_method="private_key_jwt",
        scopes=("openid", "applicaties"),
    ),
    DemoApplication(
        id="vrijstellingen",
        name="Individuele vrijstellingen",
        description="Voor één persoon doorgeven dat er geen eigen bijdrage is.",
        profile="basic",
        auth_method="none",
    ),
    DemoApplication(
        id="zorggegevens",
        name="Zorggegevens aanleveren",
        description="Gegevens over geleverde zorg aanleveren.",
        profile="basic",
        auth_method="client_secret_post",
    ),
)

#: For pages that a password opens. No client of the application itself can be at laag, because that asks more; this one
#: stands apart, so that everybody who has a method may use it.
AT_LAAG: Final = DemoApplication(
    id="wmo-berichten-laag",
    name="Wmo-berichtenverkeer, algemeen",
    description="Wat iedereen mag zien die hier een account heeft.",
    profile="basic",
    auth_method="client_secret_basic",
    level="laag",
    of="wmo-berichten",
)
CLIENTS: Final = (*APPLICATIONS, AT_LAAG)

_FOR_A_GEMEENTE: Final = (
    ("wmo-berichten", ("indienen", "inzien")),
    ("beleidsparameters", ("beheren",)),
    ("vrijstellingen", ("aanvragen",)),
)
_FOR_A_ZORGGROEP: Final = (("wmo-berichten", ("inzien",)), ("zorggegevens", ("aanleveren",)))

#: `info` exists under two relations on purpose.
PEOPLE: Final = (
    DemoPerson(
        purpose="new",
        says="nieuw: activeert met de code hieronder",
        relation=GEMEENTE.number,
        username="n.jansen",
        name="Noor Jansen",
        password="lantaarn-kwartel-roeispaan-41",
        code="live",
        grants=_FOR_A_GEMEENTE,
    ),
    DemoPerson(
        purpose="totp",
        says="authenticator-app",
        relation=GEMEENTE.number,
        username="info",
        name="Tim Tromp",
        password="havermout-sleutelbos-veenweg-83",
        totp=True,
        mail_address="t.tromp@voorbeeld.nl",
        grants=_FOR_A_GEMEENTE,
    ),
    DemoPerson(
        purpose="sms",
        says="sms",
        relation=ZORGGROEP.number,
        username="info",
        name="Sanne Snoek",
        password="knikkerzak-dooiwater-peren-26",
        phone="+31612345678",
        reached_by=("sms",),
        grants=_FOR_A_ZORGGROEP,
    ),
    DemoPerson(
        purpose="voice",
        says="gesproken bericht, op een vaste telefoon",
        relation=THUISZORG.number,
        username="planning",
        name="Vera Vink",
        password="stoeptegel-kamille-orgel-47",
        phone="+31201234567",  # nobody's: no local number begins with 1
        reached_by=("voice",),
        grants=_FOR_A_ZORGGROEP,
    ),
    DemoPerson(
        purpose="all",
        says="alle methoden",
        relation=ZORGGROEP.number,
        username="a.devries",
        name="Amir de Vries",
        password="zandloper-klaproos-tandem-95",
        totp=True,
        mail_address="a.devries@voorbeeld.nl",
        mail_confirmed=True,
        phone="+31687654321",
        reached_by=("sms", "voice"),
        grants=(
            *_FOR_A_ZORGGROEP,
            ("beleidsparameters", ("inzien",)),
            ("vrijstellingen", ("aanvragen",)),
        ),
    ),
    DemoPerson(
        purpose="expired-code",
        says="activatiecode verlopen",
        relation=GEMEENTE.number,
        username="e.bakker",
        name="Eva Bakker",
        password="mosterd-vuurtoren-egel-38",
        code="expired",
        grants=_FOR_A_GEMEENTE,
    ),
    DemoPerson(
        purpose="used-code",
        says="activatiecode al gebruikt",
        relation=ZORGGROEP.number,
        username="u.visser",
        name="Umar Visser",
        password="paraplu-graniet-merel-72",
        totp=True,
        code="used",
        grants=_FOR_A_ZORGGROEP,
    ),
    DemoPerson(
        purpose="no-method",
        says="was te laat met instellen",
        relation=GEMEENTE.number,
        username="g.smit",
        name="Gijs Smit",
        password="kaneel-trekschuit-uilen-64",
        code="window-closed",
        grants=_FOR_A_GEMEENTE,
    ),
    DemoPerson(
        purpose="blocked",
        says="geblokkeerd",
        relation=ZORGGROEP.number,
        username="b.mulder",
        name="Britt Mulder",
        password="sneeuwpop-dakgoot-rozijn-19",
        totp=True,
        blocked=True,
        grants=_FOR_A_ZORGGROEP,
    ),
    DemoPerson(
        purpose="no-applications",
        says="zonder applicaties",
        relation=GEMEENTE.number,
        username="z.meijer",
        name="Zoë Meijer",
        password="wolkbreuk-fluitje-ahorn-57",
        totp=True,
    ),
    DemoPerson(
        purpose="servicedesk",
        says="beheerder van de Servicedesk",
        relation=BODY.number,
        username="desk",
        name="Daan Desk",
        password="kompas-beukenhaag-inktpot-86",
        totp=True,
        desk_role="beheerder",
    ),
    DemoPerson(
        purpose="medewerker",
        says="medewerker van de Servicedesk, die met de beheerder samen beslist",
        relation=BODY.number,
        username="m.maas",
        name="Mila Maas",
        password="vlinderstruik-sjaal-kompot-53",
        totp=True,
        desk_role="medewerker",
    ),
    DemoPerson(
        purpose="auditor",
        says="auditor: ziet alles bij de Servicedesk, wijzigt niets",
        relation=BODY.number,
        username="o.oord",
        name="Otto Oord",
        password="dakpan-tuinkers-fluit-71",
        totp=True,
        desk_role="auditor",
    ),
)

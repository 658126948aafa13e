"""What programs send, as models that check it, and what they get, as schemas of the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Json = dict[str, Any]

#: One line of text, without control characters.
_LINE: Final = r"^[^\x00-\x1f\x7f]*$"
_ROLE: Final = r"^[A-Za-z0-9_][A-Za-z0-9_.:/-]{0,59}$"
_DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
Role = Annotated[str, StringConstraints(pattern=_ROLE)]
Day = Annotated[str, StringConstraints(pattern=_DAY)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ApplicationSent(_Sent):
    """What an application is."""

    naam: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_LINE)]
    omschrijving: Annotated[str, StringConstraints(max_length=300, pattern=_LINE)] = ""
    adres: Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\s#]+$")]
    niveau: Literal["laag", "substantieel", "phr", "hoog"] = "substantieel"
    rollen: Annotated[list[Role], Field(max_length=50)] = []
    plaats: Annotated[int, Field(ge=1, le=9999)] | None = None
    """Where it stands under "Uw applicaties", from 1; last, or where it is, when left out."""


#: As addresses of clients are sent; what more they have to be, registration says.
Address = Annotated[
    str, StringConstraints(max_length=2000, pattern=r"^[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+$")
]


class ClientSent(_Sent):
    """A client through which people sign in to an application. Left out is taken away."""

    naam: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_LINE)]
    profiel: Literal["basic", "nlgov"] = "basic"
    """Stays what it is."""
    bewijs: Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]
    """How it proves who it is."""
    terugkeeradressen: Annotated[list[Address], Field(min_length=1, max_length=50)]
    uitlogadressen: Annotated[list[Address], Field(max_length=50)] = []
    uitlogbericht: Address | None = None
    """Where it hears that somebody signed out (back-channel logout)."""
    startadres: Address | None = None
    """Where signing in from the portal begins."""
    sleuteladres: Address | None = None
    sleutels: dict[str, Any] | None = None
    """Its public keys, a JWK Set; or their address, never both."""
    gegevens: list[Literal["profile", "email", "phone", "address", "applicaties"]] = []
    vernieuwen: bool = False
    """Whether it gets refresh tokens."""


class SecretSent(_Sent):
    """Another secret for a client."""

    uitgelekt: bool = False
    """The one before stops now."""


class TermsSent(_Sent):
    """How somebody may use an application."""

    rollen: Annotated[list[Role], Field(max_length=50)] = []
    vanaf: Day | None = None
    """First day; from now when left out."""
    tot: Day | None = None
    """Last day; without end when left out."""


class OfAKindSent(TermsSent):
    """For all accounts of a kind of relation: without `telling` only counted."""

    soort: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_LINE)]
    telling: Annotated[int, Field(ge=0)] | None = None


class RelationSent(_Sent):
    """A new relation."""

    relatienummer: Annotated[str, StringConstraints(min_length=1, max_length=30, pattern=_LINE)]
    naam: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
    soort: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_LINE)]


class RelationCorrected(_Sent):
    """What of a relation becomes otherwise; what is left out stays."""

    naam: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)] | None = (
        None
    )
    soort: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_LINE)] | None = (
        None
    )
    adres: (
        Annotated[
            list[Annotated[str, StringConstraints(max_length=45, pattern=_LINE)]],
            Field(max_length=4),
        ]
        | None
    ) = None
    """Where letters go, line by line, without the name; no line takes it away."""


class AccountSent(_Sent):
    """A new account; nobody is told its start password."""

    gebruikersnaam: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_LINE)]
    naam: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_LINE)]
    email: Annotated[str, StringConstraints(max_length=254, pattern=_LINE)] = ""
    niveau: Literal["laag", "substantieel", "hoog"] | None = None
    """At which somebody is enrolled; as is usual here when left out."""


Part = Annotated[str, StringConstraints(max_length=200, pattern=_LINE)]


class AccountCorrected(_Sent):
    """What of a person becomes otherwise; what is left out stays, what is empty goes (but for name and e-mail)."""

    naam: Part | None = None
    email: Part | None = None
    straat: Part | None = None
    postcode: Part | None = None
    plaats: Part | None = None
    land: Part | None = None


def moment(at: datetime | None) -> str | None:
    """As JSON tells a moment (RFC 3339, in UTC)."""
    return None if at is None else at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


TEXT: Final[Json] = {"type": "string"}
_PERHAPS: Final[Json] = {"type": ["string", "null"]}
_MOMENT: Final[Json] = {"type": "string", "format": "date-time"}
_PERHAPS_MOMENT: Final[Json] = {"type": ["string", "null"], "format": "date-time"}
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_FLAG: Final[Json] = {"type": "boolean"}
_WORDS: Final[Json] = {"type": "array", "items": TEXT}


def _object(**properties: Json) -> Json:
    """An object that has all of these, and nothing else."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def _list_of(name: str) -> Json:
    return {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}}


def _page_of(name: str) -> Json:
    """Some of a list; `volgende` is the `cursor` of the next ones."""
    return _object(regels=_list_of(name), volgende=_PERHAPS)


_RELATION: Final = _object(id=TEXT, relatienummer=TEXT, naam=TEXT, soort=TEXT, geblokkeerd=_FLAG)
_ACCOUNT: Final = _object(
    id=TEXT,
    relatie=TEXT,
    relatienummer=TEXT,
    gebruikersnaam=TEXT,
    naam=TEXT,
    stand={"enum": ["new", "active", "blocked"]},
)
_APPLICATION: Final = _object(
    id=TEXT,
    naam=TEXT,
    omschrijving=TEXT,
    adres=TEXT,
    niveau={"enum": ["laag", "substantieel", "phr", "hoog"]},
    rollen=_WORDS,
)
_CLIENT: Final = _object(client_id=TEXT, naam=TEXT, profiel=TEXT)
_ACCESS: Final = _object(
    account=TEXT,
    gebruikersnaam=TEXT,
    naam=TEXT,
    relatienummer=TEXT,
    relatienaam=TEXT,
    geblokkeerd=_FLAG,
    rollen=_WORDS,
    vanaf=_MOMENT,
    tot=_PERHAPS_MOMENT,
    gegeven_door=TEXT,
)

_REQUEST: Final = _object(
    id=TEXT,
    actie=TEXT,
    relatie=TEXT,
    account=_PERHAPS,
    regel=TEXT,
    reden=TEXT,
    controle=TEXT,
    ticket=_PERHAPS,
    gevraagd_door=TEXT,
    gevraagd=_MOMENT,
    klaar=_PERHAPS_MOMENT,
    verloopt=_MOMENT,
    besloten_door=_PERHAPS,
    stand={
        "enum": ["asked", "waits", "ready", "expired", "done", "refused", "withdrawn", "void"],
    },
)

_BATCH: Final = _object(
    id=TEXT,
    gemaakt=_MOMENT,
    gemaakt_door=TEXT,
    brieven=_COUNT,
    niet_gepost=_COUNT,
    opgehaald=_PERHAPS_MOMENT,
    opgehaald_door=_PERHAPS,
    sha256=TEXT,
)

SCHEMAS: Final[Json] = {
    "Problem": {
        "description": "RFC 9457; `velden` are the members that are wrong, `nu` what stands there now.",
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "velden": {"type": "object", "additionalProperties": TEXT},
            "nu": {"type": "object", "additionalProperties": TEXT},
            "kenmerk": TEXT,
        },
        "additionalProperties": False,
    },
    "Found": _object(
        relaties=_list_of("Relation"),
        accounts=_list_of("Account"),
        applicaties={"type": "array", "items": _object(id=TEXT, naam=TEXT)},
        kenmerk=_PERHAPS,
    ),
    "Relation": _RELATION,
    "WholeRelation": _object(**_RELATION["properties"], adres=_WORDS),
    "Done": {
        "description": "`gedaan` is `gevraagd` where it waits for a colleague: `regel` says why, `verzoek` which.",
        **_object(gedaan=TEXT, zin=TEXT, aantal=_COUNT, regel=_PERHAPS, verzoek=_PERHAPS),
    },
    "Request": _REQUEST,
    "Requests": _object(regels=_list_of("Request")),
    "Today": _object(
        verzoeken=_list_of("Request"),
        codes_verlopen=_list_of("CodeWaiting"),
        niet_begonnen=_list_of("CodeWaiting"),
        alarmen={
            "type": "array",
            "items": _object(moment=_MOMENT, zin=TEXT, account=_PERHAPS, kenmerk=_PERHAPS),
        },
    ),
    "Batch": _BATCH,
    "Letters": _object(wachten=_COUNT, partijen=_list_of("Batch")),
    "MadeBatch": {
        "description": "`partij` is `null` where no letter waits.",
        **_object(partij={"anyOf": [{"$ref": "#/components/schemas/Batch"}, {"type": "null"}]}),
    },
    "Manifest": _object(
        batch=TEXT,
        made_at=_MOMENT,
        sha256=TEXT,
        letters={
            "type": "array",
            "items": _object(page=_COUNT, letter=TEXT, printed=TEXT),
        },
    ),
    "Posted": _object(brieven=_COUNT),
    "Imported": _object(
        proef=_FLAG,
        bewaard=_FLAG,
        toegevoegd=_COUNT,
        was_er=_COUNT,
        fout=_COUNT,
        regels={
            "type": "array",
            "items": _object(
                regel=_COUNT, uitkomst={"enum": ["added", "there", "wrong"]}, waarom=_PERHAPS
            ),
        },
    ),
    "CodeWaiting": _object(
        account=TEXT, naam=TEXT, relatienaam=TEXT, uitgegeven=_MOMENT, verloopt=_MOMENT
    ),
    "Relations": _page_of("Relation"),
    "Account": _ACCOUNT,
    "Accounts": _page_of("Account"),
    "WholeAccount": _object(
        **_ACCOUNT["properties"],
        niveau=TEXT,
        geactiveerd=_PERHAPS_MOMENT,
        methoden={"type": "array", "items": _object(id=TEXT, soort=TEXT, sinds=_PERHAPS_MOMENT)},
        applicaties={"type": "array", "items": _object(id=TEXT, naam=TEXT, rollen=_WORDS)},
    ),
    "Ended": _object(sessies=_COUNT),
    "Application": _APPLICATION,
    "Applications": _object(regels=_list_of("Application")),
    "WholeApplication": _object(
        **_APPLICATION["properties"],
        gebruikers=_COUNT,
        koppelingen={
            "type": "array",
            "items": {"$ref": "#/components/schemas/Client"},
        },
        beheerders={"type": "array", "items": _object(account=TEXT, naam=TEXT)},
    ),
    "Client": _CLIENT,
    "Clients": _object(regels=_list_of("Client")),
    "WholeClient": {
        "description": "`geheim` is there only in the answer that made it.",
        **_object(
            **_CLIENT["properties"],
            applicatie=TEXT,
            bewijs=TEXT,
            niveau=TEXT,
            terugkeeradressen=_WORDS,
            uitlogadressen=_WORDS,
            uitlogbericht=_PERHAPS,
            startadres=_PERHAPS,
            sleuteladres=_PERHAPS,
            sleutels={"type": ["object", "null"]},
            gegevens=_WORDS,
            vernieuwen=_FLAG,
            hier_te_wijzigen=_FLAG,
            geheimen={
                "type": "array",
                "items": _object(gemaakt=_MOMENT, tot=_PERHAPS_MOMENT),
            },
            geheim=_PERHAPS,
        ),
    },
    "Access": _ACCESS,
    "AccessPage": _page_of("Access"),
    "OfAKind": _object(gegeven=_COUNT, nog=_COUNT),
    "Explanation": _object(
        kenmerk=TEXT,
        wie=_PERHAPS,
        applicatie=_PERHAPS,
        netwerkadressen=_COUNT,
        stappen={
            "type": "array",
            "items": _object(
                moment=_MOMENT, gebeurtenis=TEXT, gelukt=_FLAG, zin=TEXT, reden=_PERHAPS
            ),
        },
        uitkomst=_object(gelukt=_FLAG, fout=_PERHAPS, resultaat=TEXT, oorzaak=_PERHAPS, zeg=TEXT),
    ),
    "LogLine": _object(
        id=_COUNT,
        moment=_MOMENT,
        gebeurtenis=TEXT,
        gelukt=_FLAG,
        zin=TEXT,
        door=TEXT,
        door_wie=TEXT,
        account=_PERHAPS,
        over=_PERHAPS,
        applicatie=_PERHAPS,
        waarom=_PERHAPS,
        reden=_PERHAPS,
        kenmerk=_PERHAPS,
    ),
    "Log": _page_of("LogLine"),
    "Had": _object(
        account=TEXT,
        gebruikersnaam=TEXT,
        naam=TEXT,
        relatienummer=TEXT,
        relatienaam=TEXT,
        rollen=_WORDS,
        sinds=_MOMENT,
        gegeven_door=TEXT,
        tot=_PERHAPS_MOMENT,
        ingetrokken=_PERHAPS_MOMENT,
    ),
    "HadPage": _page_of("Had"),
}

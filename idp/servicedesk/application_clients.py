"""Clients of an application (*koppelingen*) as the desk keeps them: what it takes to let people sign in there.

Programs that act for themselves, APIs, encryption and keys of several kinds are the operator's (`idp client`); what the
operator registered of a client stays as it is when the desk changes the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import select

from idp import clock, keyring, settings
from idp.assurance import Assurance
from idp.database import db
from idp.errors import WrongInput
from idp.models import Application, Client
from idp.oidc import clients, profiles
from idp.secret_values import Secret
from idp.servicedesk import client_halves
from idp.servicedesk.unfit import Stale, Unfit

#: How a client proves who it is, in words.
PROOFS: Final[dict[str, str]] = {
    "client_secret_basic": "Met een geheim, in een header",
    "client_secret_post": "Met een geheim, in het formulier",
    "private_key_jwt": "Met een eigen sleutel",
    "none": "Niet: een app op toestellen van gebruikers",
}
#: What it may know of people, in words; `openid` goes without saying.
SCOPES: Final[dict[str, str]] = {
    "profile": "Naam",
    "email": "E-mailadres",
    "phone": "Telefoonnummer",
    "address": "Adres",
    "applicaties": "De lijst van alle applicaties van de gebruiker",
}
#: For a secret that only has to be renewed; the one before works on so long.
OLD_LASTS: Final = clients.OLD_SECRET_LASTS
#: Of a JWK Set that somebody pastes.
LONGEST_SET: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the desk says of a client. Keys come under an address or as they are (a JWK Set), never both."""

    name: str
    auth_method: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    initiate_login_uri: str | None = None
    jwks_uri: str | None = None
    jwks: Mapping[str, Any] | None = None
    scopes: tuple[str, ...] = ()
    refreshes: bool = False

    def members(self) -> dict[str, Any]:
        """In the words of a registration."""
        grants = ("authorization_code", "refresh_token") if self.refreshes else _SIGNS_IN
        return {
            "name": self.name.strip(),
            "auth_method": self.auth_method,
            "redirect_uris": self.redirect_uris,
            "post_logout_redirect_uris": self.post_logout_redirect_uris,
            "backchannel_logout_uri": self.backchannel_logout_uri,
            "initiate_login_uri": self.initiate_login_uri,
            "jwks_uri": self.jwks_uri,
            "jwks": self.jwks,
            "scopes": ("openid", *in_order(self.scopes)),
            "grant_types": grants,
        }


_SIGNS_IN: Final = ("authorization_code",)
_LISTS: Final = ("redirect_uris", "post_logout_redirect_uris", "scopes", "grant_types")


def offered_profiles() -> tuple[str, ...]:
    """The profiles of this deployment, as a new client can have them."""
    return settings.current().enabled_profiles


def proofs_of(profile: str) -> dict[str, str]:
    """How a client with that profile can prove who it is, the usual way first."""
    return {way: PROOFS[way] for way in profiles.known()[profile].auth_methods}


def in_order(scopes: Collection[str]) -> tuple[str, ...]:
    """Those that the desk knows, each once and as they stand there."""
    return tuple(each for each in SCOPES if each in scopes)


def find(application: Application, client_id: str) -> Client | None:
    """The client of that id, if it is in force and belongs to the application."""
    if len(client_id) > 60 or not client_id.isascii() or not client_id.isprintable():
        return None
    return db.session.scalars(
        select(Client).where(
            Client.client_id == client_id,
            Client.application_id == application.id,
            Client.removed_at.is_(None),
        )
    ).one_or_none()


def is_ours_to_change(client: Client) -> bool:
    """Whether people sign in through it; all other clients are the operator's."""
    return "authorization_code" in client.grant_types and client.profile in offered_profiles()


def free_id(application: Application) -> str:
    """An id for the next client of an application, that no client has or had."""
    base = application.id[:50]
    taken = set(
        db.session.scalars(select(Client.client_id).where(Client.client_id.like(f"{base}%")))
    )
    named = (f"{base}-{number}" for number in range(2, len(taken) + 4))
    return next(each for each in (base, *named) if each not in taken and len(each) >= _SHORTEST)


_SHORTEST: Final = 3
_NO_ID: Final = "Een client-id heeft 3 tot 60 letters, cijfers en streepjes."
_TAKEN: Final = (
    "Deze client-id bestaat al, of bestond. Hebt u de koppeling net toegevoegd? Dan is dat gelukt: zij staat bij de "
    "applicatie. Haar geheim ziet u niet nog een keer; maak daar zo nodig een nieuw geheim."
)


def add(
    application: Application, client_id: str, profile: str, said: Said, *, actor: str
) -> tuple[Client, Secret | None]:
    """A new client of an application, at its level; its secret, where it has one, is told here and nowhere else.

    `Unfit` for what cannot be registered. Does not commit.
    """
    still_there = select(Application.id).where(
        Application.id == application.id, Application.removed_at.is_(None)
    )
    if db.session.execute(still_there.with_for_update(read=True)).first() is None:
        raise Unfit("", "the application was removed", "Deze applicatie is intussen verwijderd.")
    if profile not in offered_profiles():
        raise Unfit("profiel", f"there is no profile {profile}", "Kies een profiel.")
    members = _fitting(said.members())
    if client_id in {"", "nieuw"}:  # the desk has a page of that name
        raise Unfit("client_id", f"{client_id!r} cannot be a client id", _NO_ID)
    try:
        return clients.add(
            client_id=client_id,
            profile=profile,
            application_id=application.id,
            actor=actor,
            **members,
        )
    except clients.CannotBeRegistered as wrong:
        raise _unfit(wrong) from wrong
    except WrongInput as wrong:  # what is left to be wrong
        taken = db.session.get(Client, client_id) is not None
        raise Unfit("client_id", wrong.why, _TAKEN if taken else _NO_ID) from wrong


def change(client: Client, said: Said, *, seen: int, actor: str) -> Secret | None:
    """Say anew what a client is; a secret comes back where it needs one and had none. Does not commit.

    `Stale` when it is not the version that was `seen` any more, `Unfit` for what cannot be registered, or is the
    operator's.
    """
    _claim(client, seen)
    there = said_of(client).members()
    changed = {name: value for name, value in said.members().items() if there[name] != value}
    if not changed:
        return None
    client_halves.refuse_both(client, changed, actor=actor)
    try:
        _changed, secret = clients.update(client.client_id, actor=actor, **_fitting(changed))
    except clients.CannotBeRegistered as wrong:
        raise _unfit(wrong) from wrong
    return secret


def renew_secret(client: Client, *, seen: int, leaked: bool, actor: str) -> Secret:
    """A new secret, told here and nowhere else; a `leaked` one stops now, another works on for `OLD_LASTS`.

    `Stale` and `Unfit` as for `change`. Does not commit.
    """
    _claim(client, seen)
    if client.auth_method not in clients.SECRET_METHODS:
        raise Unfit("", f"{client.client_id} has no secret", "Deze koppeling heeft geen geheim.")
    client_halves.refuse_both(client, client_halves.PROOF, actor=actor, field="")
    lasts = timedelta(0) if leaked else OLD_LASTS
    return clients.rotate_secret(client.client_id, old_lasts=lasts, actor=actor)


def remove(client: Client, *, seen: int, actor: str) -> None:
    """End a client: it gets nothing more, what it holds stops working, its id stays taken. Does not commit.

    `Stale` and `Unfit` as for `change`.
    """
    _claim(client, seen)
    clients.remove(client.client_id, actor=actor)


def said_of(client: Client) -> Said:
    """What the desk would say of a client as it is."""
    return Said(
        name=client.name,
        auth_method=client.auth_method,
        redirect_uris=tuple(client.redirect_uris),
        post_logout_redirect_uris=tuple(client.post_logout_redirect_uris),
        backchannel_logout_uri=client.backchannel_logout_uri,
        initiate_login_uri=client.initiate_login_uri,
        jwks_uri=client.jwks_uri,
        jwks=client.jwks,
        scopes=in_order(client.scopes),
        refreshes="refresh_token" in client.grant_types,
    )


def key_set(text: str) -> Mapping[str, Any] | None:
    """What somebody pasted as a JWK Set, or as one key; `None` for nothing, `Unfit` for what is neither."""
    if not text.strip():
        return None
    try:
        read = orjson.loads(text) if len(text) <= LONGEST_SET else None
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, dict):
        raise Unfit("sleutels", "no JWK Set", _TOLD["jwks"][1])
    return read if "keys" in read else {"keys": [read]}


@dataclass(frozen=True, slots=True)
class SecretMade:
    """When a secret was made, and until when it works where another one took its place."""

    at: datetime
    until: datetime | None


def secrets_made(client: Client) -> tuple[SecretMade, ...]:
    """The secrets that work now, the newest first; when, and nothing else of them."""
    now = clock.now()
    made = (
        SecretMade(_moment(each["made_at"]), _moment(each["until"]) if each["until"] else None)
        for each in client.secrets
    )
    return tuple(each for each in made if each.until is None or each.until > now)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def missing_keys(client: Client) -> tuple[str, ...]:
    """The algorithms that its tokens need and for which there is no key of ours yet."""
    active = {key.alg for key in keyring.listing() if key.state == "active"}
    return tuple(alg for alg in clients.signed_with(client) if alg not in active)


def shown_values(client: Client) -> dict[str, str]:
    """What stands there now, by what the desk calls it."""
    said = said_of(client)
    return {
        "Naam": said.name,
        "Bewijs": PROOFS.get(said.auth_method, said.auth_method),
        "Terugkeeradressen": ", ".join(said.redirect_uris) or "geen",
        "Adressen na uitloggen": ", ".join(said.post_logout_redirect_uris) or "geen",
        "Bericht van uitloggen": said.backchannel_logout_uri or "geen",
        "Startadres": said.initiate_login_uri or "geen",
        "Sleutels": said.jwks_uri or ("vastgelegd" if said.jwks else "geen"),
        "Gegevens": ", ".join(SCOPES[each] for each in said.scopes) or "alleen een pseudoniem",
        "Vernieuwen": "ja" if said.refreshes else "nee",
        "Niveau": Assurance.numbered(client.level).label,
        "Verwijderd": "nee" if client.removed_at is None else "ja",
    }


#: A member of a registration → the field of the desk's form, and what holds there.
_TOLD: Final[dict[str, tuple[str, str]]] = {
    "name": ("naam", "Een naam heeft 1 tot 100 tekens."),
    "auth_method": (
        "bewijs",
        "Een koppeling met NL GOV heeft geen geheim. Kies een eigen sleutel, of een ander profiel.",
    ),
    "redirect_uris": (
        "terugkeeradressen",
        "Vul minstens één adres in. Elk adres begint met https://, heeft geen # en staat er maar één keer.",
    ),
    "post_logout_redirect_uris": (
        "uitlogadressen",
        "Elk adres begint met https://, heeft geen # en staat er maar één keer. Kijk elke regel na.",
    ),
    "backchannel_logout_uri": (
        "uitlogbericht",
        "Het adres begint met https://, heeft geen # en ligt niet in ons eigen netwerk.",
    ),
    "initiate_login_uri": ("startadres", "Het startadres begint met https:// en heeft geen #."),
    "jwks_uri": (
        "sleuteladres",
        "Het adres begint met https://, heeft geen # en ligt niet in ons eigen netwerk. Vul niet ook sleutels in.",
    ),
    "jwks": (
        "sleutels",
        "Hier horen publieke sleutels die bij het profiel passen (een JWK Set), of het adres waar zij staan.",
    ),
    "scopes": ("gegevens", "Kies uit de lijst wat de applicatie van gebruikers mag weten."),
    "sector": (
        "terugkeeradressen",
        "De adressen liggen op verschillende servers. De technisch beheerder legt vast wat daarvoor geldt.",
    ),
}
_ELSEWHERE: Final = "Dit gaat niet samen met wat de technisch beheerder van de koppeling vastlegde."


def _unfit(wrong: clients.CannotBeRegistered) -> Unfit:
    field, told = _TOLD.get(wrong.problem.member, ("", _ELSEWHERE))
    return Unfit(field, wrong.why, told)


def _fitting(members: dict[str, Any]) -> dict[str, Any]:
    """Lists that no registration can hold are refused before anybody looks through them."""
    for name in _LISTS:
        if len(members.get(name, ())) > _MOST:
            field, told = _TOLD[name]
            raise Unfit(field, f"too many {name}", told)
    return members


#: Far above what a registration may have, which its own rules say.
_MOST: Final = 200


def _claim(client: Client, seen: int) -> None:
    """Hold the client if it is still the version that was seen: of two colleagues one wins."""
    now = db.session.execute(
        select(Client.version)
        .where(Client.client_id == client.client_id, Client.removed_at.is_(None))
        .with_for_update()
    ).scalar_one_or_none()
    db.session.refresh(client)
    if now != seen:
        raise Stale(shown_values(client))
    if not is_ours_to_change(client):
        raise Unfit(
            "",
            f"{client.client_id} is no client through which people sign in",
            "Deze koppeling verandert alleen de technisch beheerder.",
        )

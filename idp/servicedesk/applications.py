"""Applications as the desk keeps them: added, described, put in order, given roles and stewards, and ended."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Select, delete, func, select, update

from idp import clock
from idp.accounts import logouts
from idp.assurance import REGISTRABLE, Assurance, Level
from idp.audit import Event, record
from idp.database import db, insert, one_at_a_time
from idp.models import Account, Application, ApplicationGrant, ApplicationSteward, Client
from idp.servicedesk.unfit import Stale, Unfit
from idp.settings import LOOPBACK, Settings

#: A role in an application, as tokens carry it.
_ROLE: Final = re.compile(r"\w[\w.:/-]{0,59}")
#: As tokens carry it, and addresses of the desk, which have a page `nieuw` of their own.
_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MOST_ROLES: Final = 50
#: Grants that are ended, or given, in one transaction.
STEP: Final = 500


def add(
    settings: Settings,
    *,
    identifier: str,
    name: str,
    address: str,
    description: str,
    level: Assurance,
    position: int | None,
    actor: str,
    roles: Sequence[str] = (),
) -> Application:
    """A new application; `Unfit` when the id cannot be one or is taken, or the address is unsafe."""
    if not _ID.fullmatch(identifier) or len(identifier) > 60 or identifier == "nieuw":
        raise Unfit(
            "id",
            f"{identifier!r} cannot be an application's id: lower case, digits and dashes",
            "Een id heeft alleen kleine letters, cijfers en streepjes, en hoogstens 60 tekens.",
        )
    _describable(name, description)
    _reachable(settings, level)
    known = known_roles(roles)
    place = safe_address(settings, address)
    one_at_a_time(_ORDER)
    if position is None:
        position = (db.session.scalar(select(func.max(Application.position))) or 0) + 1
    added = db.session.execute(
        insert(Application)
        .values(
            id=identifier,
            name=name.strip(),
            description=description.strip(),
            address=place,
            level=level.number,
            position=position,
            roles=list(known),
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
        .returning(Application.id)
    ).first()
    if added is None:
        raise Unfit(
            "id", f"application {identifier} exists already", "Er is al een applicatie met deze id."
        )
    record(Event.APPLICATION_ADDED, actor=actor, application=identifier, level=level.label)
    return db.session.get_one(Application, identifier)


def change(
    settings: Settings,
    application: Application,
    *,
    seen: int,
    name: str,
    address: str,
    description: str,
    level: Assurance,
    place: int | None,
    roles: Sequence[str],
    actor: str,
) -> None:
    """Say anew what an application is; `Stale` when it is not the version that was `seen` any more.

    `place` counts from one. A client that asks less than the application does now is raised with it.
    """
    _describable(name, description)
    _reachable(settings, level)
    said = {
        "name": name.strip(),
        "description": description.strip(),
        "address": safe_address(settings, address),
        "level": level.number,
        "roles": list(known_roles(roles)),
    }
    changed = [member for member, value in said.items() if getattr(application, member) != value]
    one_at_a_time(_ORDER)
    _claim(application, seen, said)
    if place is not None and _put_in_place(application.id, place):
        changed.append("position")
    raised = _raise_clients(application.id, level, actor)
    record(
        Event.APPLICATION_UPDATED,
        actor=actor,
        application=application.id,
        changed=changed,
        level=level.label,
        clients_raised=raised,
    )


def remove(application: Application, *, seen: int, actor: str) -> None:
    """Nobody may use it from now on, what its clients hold ends, and they are told; `end_grants` does the rest.

    `Stale` when it is not the version that was `seen` any more.
    """
    _claim(application, seen, {"removed_at": clock.now()})
    db.session.execute(
        delete(ApplicationSteward).where(ApplicationSteward.application_id == application.id)
    )
    record(Event.APPLICATION_REMOVED, actor=actor, application=application.id)
    logouts.close_application(application.id, why="the application was removed")


def end_grants(application_id: str, *, actor: str, most: int = STEP) -> int:
    """End some grants of an application that was removed, each with its line in the trail; how many, 0 when done."""
    some = (
        select(ApplicationGrant.id)
        .where(
            ApplicationGrant.application_id == application_id, ApplicationGrant.revoked_at.is_(None)
        )
        .limit(most)
    )
    ended = db.session.execute(
        update(ApplicationGrant)
        .where(ApplicationGrant.id.in_(some), ApplicationGrant.revoked_at.is_(None))
        .values(revoked_at=clock.now())
        .returning(ApplicationGrant.account_id)
        .execution_options(synchronize_session=False)
    ).all()
    relations = db.session.execute(
        select(Account.id, Account.relation_id).where(Account.id.in_([each[0] for each in ended]))
    )
    relation_of = {row.id: row.relation_id for row in relations}
    for (account_id,) in ended:
        record(
            Event.APPLICATION_REVOKED,
            actor=actor,
            account_id=account_id,
            relation_id=relation_of[account_id],
            application=application_id,
        )
    return len(ended)


def listed(*, steward: str | None = None) -> tuple[Application, ...]:
    """Applications in the portal's order; with `steward`, an account's id, only those that it looks after."""
    order = (Application.position, Application.name, Application.id)
    return tuple(db.session.scalars(_in_force(select(Application), steward).order_by(*order)))


def find(identifier: str, *, steward: str | None = None) -> Application | None:
    """The application of that id, if it is in force and, with `steward`, looked after by that account."""
    if len(identifier) > 60 or not identifier.isascii() or not identifier.isprintable():
        return None
    wanted = _in_force(select(Application), steward).where(Application.id == identifier)
    found: Application | None = db.session.scalars(wanted).one_or_none()
    return found


def clients_of(application_id: str) -> tuple[Client, ...]:
    """The clients in force that belong to an application, by their id."""
    return tuple(
        db.session.scalars(
            select(Client)
            .where(Client.application_id == application_id, Client.removed_at.is_(None))
            .order_by(Client.client_id)
        )
    )


def known_roles(words: Iterable[str]) -> tuple[str, ...]:
    """Roles as tokens can carry them, each once; `Unfit` for one that cannot be a role."""
    roles = tuple(dict.fromkeys(words))
    if strange := [role for role in roles if not _ROLE.fullmatch(role)]:
        raise Unfit(
            "rollen",
            f"{strange[0]!r} cannot be a role: letters, digits and . : / - _, without spaces",
            "Een rol heeft alleen letters, cijfers en . : / - _, en hoogstens 60 tekens.",
        )
    if len(roles) > MOST_ROLES:
        raise Unfit(
            "rollen",
            f"at most {MOST_ROLES} roles",
            f"Er kunnen hoogstens {MOST_ROLES} rollen zijn.",
        )
    return roles


def safe_address(settings: Settings, address: str) -> str:
    """The address itself when people may be sent there; `Unfit` otherwise."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:  # such as https://[
        parts, host = urlsplit(""), None
    safe = parts.scheme == "https" or (
        parts.scheme == "http" and settings.is_loopback and host in LOOPBACK
    )
    if (
        not (safe and host)
        or parts.username
        or parts.fragment
        or len(address) > 500
        or not address.isprintable()
        or " " in address
    ):
        raise Unfit(
            "adres",
            f"{address} cannot be an application's address: it must be https, without a fragment",
            "Het adres begint met https://, heeft geen # en hoogstens 500 tekens.",
        )
    return address


def shown_values(application: Application) -> dict[str, str]:
    """What stands there now, by what the desk calls it."""
    return {
        "Naam": application.name,
        "Omschrijving": application.description or "geen",
        "Adres": application.address,
        "Niveau": Assurance.numbered(application.level).label,
        "Rollen": ", ".join(application.roles) or "geen lijst",
        "Verwijderd": "nee" if application.removed_at is None else "ja",
    }


_ORDER: Final = "application-order"


def _in_force(chosen: Select[Any], steward: str | None) -> Select[Any]:
    chosen = chosen.where(Application.removed_at.is_(None))
    if steward is None:
        return chosen
    return chosen.join(
        ApplicationSteward, ApplicationSteward.application_id == Application.id
    ).where(ApplicationSteward.account_id == steward)


def _claim(application: Application, seen: int, values: dict[str, object]) -> None:
    """Write these values if it is still the version that was seen: of two colleagues one wins."""
    done = db.session.execute(
        update(Application)
        .where(
            Application.id == application.id,
            Application.version == seen,
            Application.removed_at.is_(None),
        )
        .values(**values, version=Application.version + 1)
        .returning(Application.id)
        .execution_options(synchronize_session=False)
    ).first()
    db.session.refresh(application)
    if done is None:
        raise Stale(shown_values(application))


def _put_in_place(identifier: str, place: int) -> bool:
    before = [each.id for each in listed()]
    order = [each for each in before if each != identifier]
    order.insert(max(place - 1, 0), identifier)
    for position, each in enumerate(order, start=1):
        db.session.execute(
            update(Application)
            .where(Application.id == each, Application.position != position)
            .values(position=position)
        )
    return order != before


def _raise_clients(application_id: str, level: Assurance, actor: str) -> list[str]:
    below = [
        each
        for each in clients_of(application_id)
        if each.redirect_uris and not Assurance.numbered(each.level).covers(level)
    ]
    for client in below:
        client.level = (Assurance.numbered(client.level) | level).number
        client.version += 1
        record(
            Event.CLIENT_UPDATED,
            actor=actor,
            client_id=client.client_id,
            changed=["level"],
            application=application_id,
        )
    return [client.client_id for client in below]


def _describable(name: str, description: str) -> None:
    why = "a name has 1 to 100 characters, a description at most 300"
    if not name.strip() or len(name) > 100 or not name.isprintable():
        raise Unfit("naam", why, "Een naam heeft 1 tot 100 tekens.")
    if len(description) > 300 or not description.isprintable():
        raise Unfit(
            "omschrijving", why, "Een omschrijving heeft hoogstens 300 tekens, op één regel."
        )


def _reachable(settings: Settings, level: Assurance) -> None:
    if level not in REGISTRABLE.values():
        raise Unfit("niveau", "there is no such level", "Kies een niveau.")
    if level.level is Level.HOOG and not settings.key_models:
        raise Unfit(
            "niveau",
            "hoog cannot be reached here: IDP_KEY_METADATA names the keys that do",
            "Niveau hoog kan hier niet: er zijn geen sleutels aangewezen die dat halen.",
        )

"""Applications for programs: what they are, who looks after them, who may use them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from idp import settings
from idp.accounts import directory
from idp.admin_api.door import Answer, Asked, not_found
from idp.admin_api.people import hands_off, known_account
from idp.admin_api.problems import Problem
from idp.admin_api.shapes import moment
from idp.assurance import REGISTRABLE, Assurance
from idp.database import db
from idp.models import Application
from idp.servicedesk import application_access, applications, stewards
from idp.servicedesk.application_access import AccessLine, Terms
from idp.servicedesk.applications import STEP
from idp.servicedesk.unfit import Unfit

#: Grants that one request gives; whoever has more to give asks again.
AT_ONCE: Final = 10 * STEP


def every(_asked: Asked) -> Answer:
    """The applications, in the portal's order."""
    return Answer({"regels": [_application(each) for each in applications.listed()]})


def one(_asked: Asked, *, application_id: str) -> Answer:
    """One application, its clients and its stewards."""
    found = known(application_id)
    return _whole(found)


def put(asked: Asked, *, application_id: str) -> Answer:
    """Add an application under this id, or say anew what it is."""
    said, found = asked.body, applications.find(application_id)
    same = found is not None and _says_the_same(found, said)
    asked.expects(None if found is None else _tag(found), same=same)
    described: dict[str, Any] = {
        "name": said.naam,
        "description": said.omschrijving,
        "address": said.adres,
        "level": REGISTRABLE[said.niveau],
        "roles": said.rollen,
        "actor": asked.actor,
    }
    if found is None:
        added = applications.add(
            settings.current(), identifier=application_id, position=said.plaats, **described
        )
        return _whole(added, HTTPStatus.CREATED)
    if not same:
        applications.change(
            settings.current(), found, seen=found.version, place=said.plaats, **described
        )
        db.session.refresh(found)
    return _whole(found)


def remove(asked: Asked, *, application_id: str) -> Answer:
    """End an application: nobody may use it any more, and its clients are told."""
    found = known(application_id)
    asked.expects(_tag(found))
    applications.remove(found, seen=found.version, actor=asked.actor)
    db.session.commit()  # from here on nobody may use it; what follows is the trail of each grant
    while applications.end_grants(application_id, actor=asked.actor):
        db.session.commit()
    return Answer(status=HTTPStatus.NO_CONTENT)


def add_steward(asked: Asked, *, application_id: str, account_id: str) -> Answer:
    """Let an *applicatiebeheerder* look after an application; a second time changes nothing."""
    stewards.add_steward(known(application_id), account_id, actor=asked.actor)
    return Answer(status=HTTPStatus.NO_CONTENT)


def remove_steward(asked: Asked, *, application_id: str, account_id: str) -> Answer:
    """Somebody looks after an application no more; a second time changes nothing."""
    stewards.remove_steward(known(application_id), account_id, actor=asked.actor)
    return Answer(status=HTTPStatus.NO_CONTENT)


def access(asked: Asked, *, application_id: str) -> Answer:
    """Who may use an application, now or later."""
    found = application_access.who_may_use(
        known(application_id).id,
        sort=asked.query.get("sorteer") or "relatie",
        after=asked.query.get("cursor", ""),
    )
    return Answer({"regels": [_access(each) for each in found.lines], "volgende": found.following})


def access_of(_asked: Asked, *, application_id: str, account_id: str) -> Answer:
    """How an account may use an application."""
    return _one_access(known(application_id), account_id)


def give(asked: Asked, *, application_id: str, account_id: str) -> Answer:
    """Let an account use an application on these terms."""
    application, account, said = known(application_id), known_account(account_id), asked.body
    hands_off(asked, account)
    wanted = application_access.terms(application, said.rollen, said.vanaf or "", said.tot or "")
    there = application_access.of_account(application_id, account_id)
    same = there is not None and _on_the_same_terms(there, wanted)
    asked.expects(None if there is None else there.grant_id, same=same)
    if not same:
        seen = "" if there is None else there.grant_id
        application_access.give(account, application, wanted, seen=seen, actor=asked.actor)
    made = HTTPStatus.CREATED if there is None else HTTPStatus.OK
    return _one_access(application, account_id, made)


def take(asked: Asked, *, application_id: str, account_id: str) -> Answer:
    """Take an application away from an account, at once."""
    application, account = known(application_id), known_account(account_id)
    hands_off(asked, account)
    there = application_access.of_account(application_id, account_id)
    if there is None:
        raise not_found("Deze toegang")
    asked.expects(there.grant_id)
    application_access.take(account, application, seen=there.grant_id, actor=asked.actor)
    return Answer(status=HTTPStatus.NO_CONTENT)


def give_to_a_kind(asked: Asked, *, application_id: str) -> Answer:
    """Count whom it would reach; with that number as `telling`, give it to them, some at a time."""
    application, said = known(application_id), asked.body
    wanted = application_access.terms(application, said.rollen, said.vanaf or "", said.tot or "")
    if said.soort not in application_access.kinds():
        raise Unfit("soort", "there is no such kind", "Deze soort is er niet.")
    count = application_access.would_get(application_id, said.soort)
    if said.telling is None:
        return Answer({"gegeven": 0, "nog": count})
    if said.telling != count:
        raise Problem(
            HTTPStatus.CONFLICT,
            "Het zijn er nu meer of minder. Tel opnieuw.",
            nu={"nog": str(count)},
        )
    gone = 0
    while gone < AT_ONCE:
        some = application_access.give_some(application, said.soort, wanted, actor=asked.actor)
        db.session.commit()
        if not some:
            break
        gone += some
    return Answer(
        {"gegeven": gone, "nog": application_access.would_get(application_id, said.soort)}
    )


def known(application_id: str) -> Application:
    """The application of that id; 404 when there is none in force."""
    found = applications.find(application_id)
    if found is None:
        raise not_found("Deze applicatie")
    return found


def _one_access(
    application: Application, account_id: str, status: HTTPStatus = HTTPStatus.OK
) -> Answer:
    there = application_access.of_account(application.id, account_id)
    if there is None or directory.get(account_id) is None:
        raise not_found("Deze toegang")
    return Answer(_access(there), status, there.grant_id)


def _application(row: Application) -> dict[str, Any]:
    return {
        "id": row.id,
        "naam": row.name,
        "omschrijving": row.description,
        "adres": row.address,
        "niveau": Assurance.numbered(row.level).label,
        "rollen": list(row.roles),
    }


def _whole(row: Application, status: HTTPStatus = HTTPStatus.OK) -> Answer:
    told = _application(row) | {
        "gebruikers": application_access.how_many(row.id),
        "koppelingen": [
            {"client_id": each.client_id, "naam": each.name, "profiel": each.profile}
            for each in applications.clients_of(row.id)
        ],
        "beheerders": [
            {"account": each.id, "naam": each.name} for each in stewards.stewards_of(row.id)
        ],
    }
    return Answer(told, status, _tag(row))


def _tag(row: Application) -> str:
    return str(row.version)


def _says_the_same(row: Application, said: Any) -> bool:
    there = _application(row)
    wanted = said.model_dump()
    return said.plaats is None and all(
        there[name] == value for name, value in wanted.items() if name != "plaats"
    )


def _on_the_same_terms(there: AccessLine, wanted: Terms) -> bool:
    begins = wanted.starts_at is None or wanted.starts_at == there.starts_at
    return begins and (there.roles, there.ends_at) == (wanted.roles, wanted.ends_at)


def _access(line: AccessLine) -> dict[str, Any]:
    return {
        "account": line.account_id,
        "gebruikersnaam": line.username,
        "naam": line.name,
        "relatienummer": line.relation_number,
        "relatienaam": line.relation_name,
        "geblokkeerd": line.blocked,
        "rollen": list(line.roles),
        "vanaf": moment(line.starts_at),
        "tot": moment(line.ends_at),
        "gegeven_door": line.granted_by,
    }

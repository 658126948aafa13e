"""For whom tokens are made: the person of a mandate, looked up anew each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from idp.accounts import grants
from idp.accounts.grants import GrantedApplication
from idp.oidc import claims, persons
from idp.oidc.mandates import Mandate
from idp.oidc.persons import Person
from idp.oidc.refusals import Code, refuse
from idp.oidc.registered import RegisteredClient


@dataclass(frozen=True, slots=True)
class Holder:
    """The person for whom tokens are made, with what may be used now."""

    mandate: Mandate
    person: Person
    granted: tuple[GrantedApplication, ...]


def holder_of(client: RegisteredClient, mandate: Mandate) -> Holder:
    """Whose mandate it is; nobody's, once the session ended, the account was blocked, or its grant withdrawn."""
    person = persons.of_session(mandate.session_id)
    if person is None:
        _refuse("the session ended, or account or relation is blocked", mandate)
    names = claims.wanted_in_id_token(
        client, mandate.scope.split(), mandate.claims.get("id_token", ())
    )
    granted = grants.of_account(person.account_id) if claims.need_grants(client, names) else ()
    if client.application_id is not None and not any(
        each.id == client.application_id for each in granted
    ):
        _refuse("the grant for the application was withdrawn", mandate)
    return Holder(mandate, person, granted)


def _refuse(why: str, mandate: Mandate) -> NoReturn:
    """Nothing more comes of it; why is for whoever investigates."""
    refuse(Code.INVALID_GRANT, why, **mandate.facts)

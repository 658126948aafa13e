"""For whom tokens are made: the person of a mandate, looked up anew each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from idp.accounts import consents, grants
from idp.accounts.grants import GrantedApplication
from idp.assurance import Level
from idp.oidc import acr, claims, persons
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


def holder_of(client: RegisteredClient, mandate: Mandate, audience: tuple[str, ...]) -> Holder:
    """Whose mandate it is; nobody's, once session, grant or consent ended, or the account was blocked.

    `audience` is the APIs that the tokens will be for, of which an access token may tell the person's roles.
    """
    person = persons.of_session(mandate.session_id)
    if person is None:
        _refuse("the session ended, or account or relation is blocked", mandate)
    if _says_too_much(client, mandate, person):
        _refuse("the account was enrolled at a lower level since", mandate)
    if client.is_third_party:
        _agreed(client, mandate, person, audience)
    names = claims.wanted_in_id_token(
        client, mandate.scope.split(), mandate.claims.get("id_token", ())
    )
    told = (
        client.application_id is not None
        or client.application_of(audience) is not None
        or claims.tell_grants(names)
    )
    granted = grants.of_account(person.account_id) if told else ()
    if client.application_id is not None and not any(
        each.id == client.application_id for each in granted
    ):
        _refuse("the grant for the application was withdrawn", mandate)
    return Holder(mandate, person, granted)


def _agreed(
    client: RegisteredClient, mandate: Mandate, person: Person, audience: tuple[str, ...]
) -> None:
    """The consent stands, and covers what an access token for these APIs tells."""
    tells_roles = client.application_of(audience) is not None
    agreed = consents.agreed(person.account_id, client.client_id)
    if agreed is None:
        _refuse("the consent was withdrawn", mandate)
    if tells_roles and claims.ROLES_FOR_APIS not in agreed:
        _refuse("the consent does not cover the roles that an API is told", mandate)


def _says_too_much(client: RegisteredClient, mandate: Mandate, person: Person) -> bool:
    """Whether the sign-in stated, or the client needs, a level above that at which the account is enrolled by now."""
    beyond = (acr.of_level(level) for level in Level if level > max(person.enrolled_at, Level.NONE))
    return client.requires.level > person.enrolled_at or mandate.acr in beyond


def _refuse(why: str, mandate: Mandate) -> NoReturn:
    """Nothing more comes of it; why is about the person, and for whoever investigates."""
    says = "it counts no more: send the person here to sign in"
    refuse(Code.INVALID_GRANT, why, says=says, **mandate.facts)

"""Every operation of the API, in one list: routes and the OpenAPI document are made of it."""

from __future__ import annotations

from typing import Final

from idp.admin_api import applications, people, trail
from idp.admin_api.clients import CLIENT_OPERATIONS
from idp.admin_api.door import Operation
from idp.admin_api.help_operations import HELP_OPERATIONS
from idp.admin_api.importing import IMPORT_OPERATIONS
from idp.admin_api.letters import LETTER_OPERATIONS
from idp.admin_api.shapes import ApplicationSent, Json, OfAKindSent, TermsSent
from idp.servicedesk.application_access import SORTS
from idp.servicedesk.sensitive import Action

_TEXT: Final[Json] = {"type": "string", "maxLength": 200}
_DAY: Final[Json] = {"type": "string", "format": "date"}
_CURSOR: Final[Json] = {
    "type": "string",
    "maxLength": 2000,
    "description": "`volgende` of the page before.",
}
_APPLICATION: Final = "/applicaties/<application_id>"
_ACCESS: Final = f"{_APPLICATION}/toegang/<account_id>"
_STEWARD: Final = f"{_APPLICATION}/beheerders/<account_id>"

OPERATIONS: Final = (
    *HELP_OPERATIONS,
    *LETTER_OPERATIONS,
    *IMPORT_OPERATIONS,
    *CLIENT_OPERATIONS,
    Operation(
        name="zoeken",
        method="GET",
        path="/zoeken",
        scope="beheer:lezen",
        summary="Find relations, accounts and applications, or a reference code",
        view=people.find,
        query={"zoek": _TEXT | {"x-required": True}},
        answer="Found",
    ),
    Operation(
        name="relaties",
        method="GET",
        path="/relaties",
        scope="beheer:lezen",
        summary="Relations, by number",
        view=people.relations,
        query={"soort": _TEXT, "cursor": _CURSOR},
        answer="Relations",
    ),
    Operation(
        name="relatie",
        method="GET",
        path="/relaties/<relation_id>",
        scope="beheer:lezen",
        summary="One relation",
        view=people.relation,
        answer="WholeRelation",
        tagged=True,
    ),
    Operation(
        name="accounts",
        method="GET",
        path="/relaties/<relation_id>/accounts",
        scope="beheer:lezen",
        summary="The accounts of a relation, by user name",
        view=people.accounts,
        query={"cursor": _CURSOR},
        answer="Accounts",
    ),
    Operation(
        name="relatie-blokkeren",
        method="PUT",
        path="/relaties/<relation_id>/blokkade",
        scope="beheer:accounts",
        summary="Block a relation, which ends every session of its accounts",
        view=people.block_relation,
        action=Action.BLOCK_RELATION,
        answer="Ended",
    ),
    Operation(
        name="account",
        method="GET",
        path="/accounts/<account_id>",
        scope="beheer:lezen",
        summary="One account; its holder is shown who looked",
        view=people.account,
        answer="WholeAccount",
        tagged=True,
    ),
    Operation(
        name="account-blokkeren",
        method="PUT",
        path="/accounts/<account_id>/blokkade",
        scope="beheer:accounts",
        summary="Block an account, which ends its sessions",
        view=people.block_account,
        action=Action.BLOCK,
        answer="Ended",
    ),
    Operation(
        name="kenmerk",
        method="GET",
        path="/kenmerken/<reference>",
        scope="beheer:lezen",
        summary="What happened under a reference code, and what to tell the caller",
        view=people.explain,
        answer="Explanation",
    ),
    Operation(
        name="applicaties",
        method="GET",
        path="/applicaties",
        scope="beheer:lezen",
        summary="The applications, in the portal's order",
        view=applications.every,
        answer="Applications",
    ),
    Operation(
        name="applicatie",
        method="GET",
        path=_APPLICATION,
        scope="beheer:lezen",
        summary="One application",
        view=applications.one,
        answer="WholeApplication",
        tagged=True,
    ),
    Operation(
        name="applicatie-zetten",
        method="PUT",
        path=_APPLICATION,
        scope="beheer:applicaties",
        summary="Add an application under this id, or say anew what it is",
        view=applications.put,
        action=Action.DESCRIBE_APPLICATION,
        body=ApplicationSent,
        answer="WholeApplication",
        makes=True,
        tagged=True,
    ),
    Operation(
        name="applicatie-verwijderen",
        method="DELETE",
        path=_APPLICATION,
        scope="beheer:applicaties",
        summary="End an application: nobody may use it any more, and its clients are told",
        view=applications.remove,
        action=Action.REMOVE_APPLICATION,
        tagged=True,
    ),
    Operation(
        name="beheerder-zetten",
        method="PUT",
        path=_STEWARD,
        scope="beheer:applicaties",
        summary="Let an applicatiebeheerder look after an application",
        view=applications.add_steward,
        action=Action.CHANGE_STEWARDS,
    ),
    Operation(
        name="beheerder-weghalen",
        method="DELETE",
        path=_STEWARD,
        scope="beheer:applicaties",
        summary="Somebody looks after an application no more",
        view=applications.remove_steward,
        action=Action.CHANGE_STEWARDS,
    ),
    Operation(
        name="toegang",
        method="GET",
        path=f"{_APPLICATION}/toegang",
        scope="beheer:lezen",
        summary="Who may use an application, now or later",
        view=applications.access,
        query={"sorteer": {"type": "string", "enum": list(SORTS)}, "cursor": _CURSOR},
        answer="AccessPage",
    ),
    Operation(
        name="toegang-van",
        method="GET",
        path=_ACCESS,
        scope="beheer:lezen",
        summary="How an account may use an application",
        view=applications.access_of,
        answer="Access",
        tagged=True,
    ),
    Operation(
        name="toegang-geven",
        method="PUT",
        path=_ACCESS,
        scope="beheer:toegang",
        summary="Let an account use an application on these terms",
        view=applications.give,
        action=Action.GIVE_ACCESS,
        body=TermsSent,
        answer="Access",
        makes=True,
        tagged=True,
    ),
    Operation(
        name="toegang-intrekken",
        method="DELETE",
        path=_ACCESS,
        scope="beheer:toegang",
        summary="Take an application away from an account, at once",
        view=applications.take,
        action=Action.TAKE_ACCESS,
        tagged=True,
    ),
    Operation(
        name="toegang-per-soort",
        method="POST",
        path=f"{_APPLICATION}/toegang-per-soort",
        scope="beheer:applicaties",
        summary="Count the accounts of a kind of relation without it; with that count as `telling`, give it to them",
        view=applications.give_to_a_kind,
        action=Action.GIVE_TO_A_KIND,
        body=OfAKindSent,
        answer="OfAKind",
    ),
    Operation(
        name="logboek",
        method="GET",
        path="/logboek",
        scope="beheer:logboek",
        summary="The audit trail, latest first; 31 days where no day is named, a year at most",
        view=trail.lines,
        query={
            **dict.fromkeys(
                ("relatienummer", "gebruikersnaam", "gebeurtenis", "wie", "applicatie"), _TEXT
            ),
            "vanaf": _DAY,
            "tot": _DAY,
            "cursor": _CURSOR,
        },
        answer="Log",
    ),
    Operation(
        name="logboek-toegang",
        method="GET",
        path="/logboek/toegang",
        scope="beheer:logboek",
        summary="Who could use an application on a day",
        view=trail.had_access,
        query={
            "applicatie": _TEXT | {"x-required": True},
            "dag": _DAY | {"x-required": True},
            "cursor": _CURSOR,
        },
        answer="HadPage",
    ),
)

"""One's own methods, changed in the portal: add one, give one another name, remove one that is not the last."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, abort, redirect, request
from flask.typing import ResponseReturnValue

from idp.accounts import credentials, method_names
from idp.accounts.sessions import LiveSession
from idp.flows.begin import begin_adding_a_method
from idp.flows.signed_in import freshly, show_in_portal, signed_in
from idp.mfa import catalogue
from idp.models import Account, Credential
from idp.pages import translate as _

pages = Blueprint("own_methods", __name__)

SECURITY: Final = "/mijn/beveiliging"
ADD_METHOD: Final = "/mijn/beveiliging/methode-toevoegen"
METHOD: Final = "/mijn/beveiliging/methoden"
_NAME: Final = "methodenaam"


@pages.post(ADD_METHOD)
@signed_in
def add(_session: LiveSession, _account: Account) -> ResponseReturnValue:
    """Begin to set up another method; with proofs older than five minutes the person signs in again first."""
    address = begin_adding_a_method(return_to=SECURITY)
    return redirect(address, code=HTTPStatus.SEE_OTHER)


@pages.get(f"{METHOD}/<which>/naam")
@freshly(with_key=False)
def ask_for_a_name(session: LiveSession, account: Account, which: str) -> ResponseReturnValue:
    """The field with the present name."""
    return _naming(session, account, _named_one(account, which))


@pages.post(f"{METHOD}/<which>/naam")
@freshly(with_key=False)
def give_a_name(session: LiveSession, account: Account, which: str) -> ResponseReturnValue:
    """Call the method something else, so that its owner tells it from another."""
    credential = _named_one(account, which)
    wanted = method_names.readable(request.form.get(_NAME, ""))
    if not wanted:
        return _naming(
            session,
            account,
            credential,
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            error="fields-missing",
            field_errors={_NAME: _("Vul een naam in")},
        )
    others = [
        each.label
        for each in credentials.of_account(account.id)
        if each.kind == credential.kind and each.id != credential.id
    ]
    if not credentials.rename(
        credential, method_names.free(wanted, others), reference=session.reference
    ):
        abort(HTTPStatus.NOT_FOUND)
    return redirect(f"{SECURITY}?gedaan=naam", code=HTTPStatus.SEE_OTHER)


@pages.get(f"{METHOD}/<which>/verwijderen")
@freshly(with_key=True)
def ask_to_remove(session: LiveSession, account: Account, which: str) -> ResponseReturnValue:
    """*Wilt u deze methode verwijderen?*, or why that cannot be."""
    return _removing(session, account, _own(account, which))


@pages.post(f"{METHOD}/<which>/verwijderen")
@freshly(with_key=True)
def remove(session: LiveSession, account: Account, which: str) -> ResponseReturnValue:
    """Remove it, unless it is the last one that works; of two at once one stays."""
    credential = _own(account, which)
    if not credentials.remove(credential, beside=_kinds_on_offer(), reference=session.reference):
        return _removing(session, account, credential, status=HTTPStatus.CONFLICT)
    return redirect(f"{SECURITY}?gedaan=verwijderd", code=HTTPStatus.SEE_OTHER)


def names(own: Sequence[Credential]) -> dict[str, str]:
    """Where each method that can have a name of its own gets another one, by the method's id."""
    return {each.id: f"{METHOD}/{each.id}/naam" for each in own if _can_be_named(each)}


def _can_be_named(credential: Credential) -> bool:
    factor = catalogue.named(credential.kind)
    return factor is not None and factor.can_be_named


def _own(account: Account, which: str) -> Credential:
    """The method of this id, if it is this account's; somebody else's is as unknown as none."""
    own = credentials.of_account(account.id)
    found = next((each for each in own if each.id == which), None)
    if found is None or catalogue.named(found.kind) is None:
        abort(HTTPStatus.NOT_FOUND)
    return found


def _named_one(account: Account, which: str) -> Credential:
    credential = _own(account, which)
    if not _can_be_named(credential):
        abort(HTTPStatus.NOT_FOUND)
    return credential


def _kinds_on_offer() -> set[str]:
    """The kinds that somebody can sign in with here; a method whose gateway is gone does not count as one left."""
    return {factor.kind for factor in catalogue.factors()}


def _naming(
    session: LiveSession, account: Account, credential: Credential, **context: object
) -> Response:
    return show_in_portal(
        "rename-method",
        session,
        account,
        here=f"{METHOD}/{credential.id}/naam",
        method=_summary(credential),
        longest=method_names.LONGEST,
        back=SECURITY,
        **context,
    )


def _removing(
    session: LiveSession, account: Account, credential: Credential, **context: object
) -> Response:
    own = credentials.of_account(account.id)
    left = [each for each in own if each.id != credential.id and each.kind in _kinds_on_offer()]
    return show_in_portal(
        "remove-method",
        session,
        account,
        here=f"{METHOD}/{credential.id}/verwijderen",
        method=_summary(credential),
        is_last=not left,
        proves_this_session=any(proof.credential_id == credential.id for proof in session.proofs),
        add_method_here=ADD_METHOD,
        back=SECURITY,
        **context,
    )


def _summary(credential: Credential) -> object:
    factor = catalogue.named(credential.kind)
    assert factor is not None, "only methods that are offered are shown"
    return factor.summary(credential)

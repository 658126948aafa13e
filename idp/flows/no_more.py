"""When a factor lets nobody go on: the page that says so, with a way on that works."""

from __future__ import annotations

from http import HTTPStatus

from idp.database import db
from idp.errors import RefusedOnOurPage
from idp.flows import transaction
from idp.flows.transaction import LoginTransaction
from idp.flows.walk import Visit
from idp.mfa.factor import Exhausted


def no_more(here: Visit, end: Exhausted, choosing_again: LoginTransaction) -> RefusedOnOurPage:
    """The refusal to raise. Keeps what was recorded and moves the sign-in to where it can go on; commits.

    `choosing_again` is the same sign-in at the choice of a method. Where no other method would help, the sign-in
    starts again from the password if that does, and stays where it is if only waiting does.
    """
    way_on = here.here
    if end.error == "sends-spent" and (here.other_way or end.until is None):
        transaction.save(choosing_again if here.other_way else here.login.again())
        way_on = f"/inloggen/{here.login.id}"
    db.session.commit()
    return RefusedOnOurPage(
        end.error,
        HTTPStatus.TOO_MANY_REQUESTS,
        end.why or end.error,
        reference=here.login.reference,
        until=end.until,
        way_on=way_on,
        asked=end.asked,
        other_way=here.other_way,
    )

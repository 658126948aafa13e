"""A house whose texts and calls go to the counterparts, and somebody who was just sent a code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import fromstring

from sqlalchemy import select

from idp.database import db
from idp.messaging import outgoing
from idp.messaging.outgoing import State
from idp.models import OutgoingMessage
from tests.messaging.counterparts import Counterpart, sid
from tests.support.house import House, Visitor, open_house
from tests.support.journeys import LANDLINE, PHONE, add_person, identify
from tests.support.pages import Page

TEXT_SID: Final = sid("SM", 1)
CALL_SID: Final = sid("CA", 1)
_DIGITS: Final = ("nul", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen")


def house_with(
    provider: Counterpart,
    database_url: str,
    folder: Path,
    *,
    texts: Sequence[str] = (),
    calls: Sequence[str] = (),
    **changes: Any,
) -> House:
    """A house with these gateways, in this order."""
    given = provider.settings(folder) | {"sms_gateway": texts, "voice_gateway": calls}
    return open_house(database_url, folder, **given | changes)


def ask_for_a_code(house: House, *, call: bool = False) -> tuple[Visitor, Page]:
    """Somebody with one method signs in and asks for a code, which leaves the house."""
    anna = add_person(house, phone=None if call else PHONE, landline=LANDLINE if call else None)
    browser = house.browser()
    identify(browser, anna)
    return browser, browser.submit("volgende")


def newest(house: House) -> OutgoingMessage:
    """The row of the message that was made last."""
    with house.inside():
        row = db.session.scalars(
            select(OutgoingMessage).order_by(OutgoingMessage.created_at.desc()).limit(1)
        ).one()
        db.session.expunge(row)
        return row


def state(house: House) -> State | None:
    """How far the newest message is."""
    with house.inside():
        return outgoing.state_of(newest_passcode(house))


def newest_passcode(house: House) -> str:
    """The passcode that the newest message carries."""
    return newest(house).passcode_id


def heard(twiml: bytes) -> list[str]:
    """What a call says, in order; it always ends by hanging up."""
    says = fromstring(twiml)
    assert [child.tag for child in says][-1:] == ["Hangup"]
    return [each.text or "" for each in says.iter("Say")]


def code_in(twiml: bytes) -> str | None:
    """The code that a call spells, if it does; twice, or not at all."""
    words = re.findall(r"\w+", " ".join(heard(twiml)))
    spelled = "".join(str(_DIGITS.index(word)) for word in words if word in _DIGITS)
    if not spelled:
        return None
    first, second = spelled[:6], spelled[6:12]
    assert first == second
    return first


def text_code(provider: Counterpart) -> str:
    """The code in the text that arrived last."""
    body = provider.asked[-1]
    said = (
        body.json["messages"]["msg"][0]["body"]["content"]
        if "/v1.0/" in body.path
        else body.form["Body"]
    )
    return str(said)[:6]

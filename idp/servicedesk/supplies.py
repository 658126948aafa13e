"""The four things that a caller may miss, and by which channels they go: never two of them by the same one.

Who listens in on one channel, or opens one letter, then has one of four.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Select, select, true

from idp import clock
from idp.audit import Event, record
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, ActivationCode, DeskSupply
from idp.servicedesk import letters

COUNTS_FOR: Final = timedelta(days=21)
"""As long as an activation code works."""


class Item(StrEnum):
    """What signing in takes."""

    NUMBER = "number"
    USERNAME = "username"
    PASSWORD = "password"
    CODE = "code"


class Channel(StrEnum):
    """How something reaches a person."""

    TELEPHONE = "telephone"
    LETTER = "letter"
    MAIL = "mail"
    DESK = "desk"


ITEMS: Final[Mapping[Item, str]] = {
    Item.NUMBER: "het relatienummer",
    Item.USERNAME: "de gebruikersnaam",
    Item.PASSWORD: "het startwachtwoord",
    Item.CODE: "de activatiecode",
}
CHANNELS: Final[Mapping[Channel, str]] = {
    Channel.TELEPHONE: "Voorlezen, na terugbellen op het bekende nummer",
    Channel.LETTER: "Per brief naar het bekende adres",
    Channel.MAIL: "Per e-mail naar het bekende adres",
    Channel.DESK: "Aan de balie",
}
_BY: Final[Mapping[Channel, str]] = {
    Channel.TELEPHONE: "per telefoon",
    Channel.LETTER: "per brief",
    Channel.MAIL: "per e-mail",
    Channel.DESK: "aan de balie",
}
#: Nobody writes a password down: our letters hold none.
WAYS: Final[Mapping[Item, tuple[Channel, ...]]] = {
    Item.NUMBER: tuple(Channel),
    Item.USERNAME: tuple(Channel),
    Item.PASSWORD: (Channel.TELEPHONE, Channel.MAIL, Channel.DESK),
    Item.CODE: (Channel.LETTER, Channel.DESK, Channel.TELEPHONE, Channel.MAIL),
}
#: As a code's own row names the channel.
OF_CODES: Final[Mapping[Channel, str]] = {
    Channel.LETTER: "letter",
    Channel.DESK: "desk",
    Channel.MAIL: "secure-mail",
    Channel.TELEPHONE: "telephone",
}
_FROM_CODES: Final = {word: channel for channel, word in OF_CODES.items()}


def channel_of_code(word: str) -> str:
    """How a code went, in words, from its row."""
    return _BY.get(_FROM_CODES.get(word, Channel.LETTER), word)


def used(account_id: str) -> dict[Channel, dict[Item, datetime]]:
    """What went by which channel lately, and when last; codes of the operator's line included."""
    after = clock.now() - COUNTS_FOR
    went: dict[Channel, dict[Item, datetime]] = {}
    supplied = select(DeskSupply.item, DeskSupply.channel, DeskSupply.at).where(
        DeskSupply.account_id == account_id, DeskSupply.at > after
    )
    for row in db.session.execute(supplied.order_by(DeskSupply.at)):
        went.setdefault(Channel(row.channel), {})[Item(row.item)] = row.at
    codes = select(ActivationCode.channel, ActivationCode.issued_at).where(
        ActivationCode.account_id == account_id, ActivationCode.issued_at > after
    )
    for code in db.session.execute(codes.order_by(ActivationCode.issued_at)):
        if (channel := _FROM_CODES.get(code.channel)) is not None:
            went.setdefault(channel, {})[Item.CODE] = code.issued_at
    return went


def was_seen_by(actor: str, account: Account, item: Item) -> bool:
    """Whether this colleague saw that thing of the account and it can still work: all but a code by letter."""
    seen = _still_working(account, item).where(
        DeskSupply.channel != Channel.LETTER.value, DeskSupply.supplied_by == actor
    )
    return db.session.execute(seen.limit(1)).first() is not None


def mailed_at(account: Account, item: Item) -> list[datetime]:
    """When that thing of the account went by mail, as far as it can still work; by whomever."""
    mailed = _still_working(account, item).where(DeskSupply.channel == Channel.MAIL.value)
    return list(db.session.scalars(mailed))


def _still_working(account: Account, item: Item) -> Select[datetime]:
    """A start password works until its holder replaces it, however long that takes; a code while supplies count."""
    still_works = DeskSupply.at > clock.now() - COUNTS_FOR
    if item is Item.PASSWORD and account.password_is_temporary:
        still_works = true()
    return select(DeskSupply.at).where(
        DeskSupply.account_id == account.id, DeskSupply.item == item.value, still_works
    )


_NO_ADDRESS: Final[Mapping[Channel, str]] = {
    Channel.MAIL: "Wij kennen geen e-mailadres van deze gebruiker.",
    Channel.LETTER: "Wij kennen geen postadres: vul het in bij Naam of adres wijzigen.",
}


def left(account: Account, item: Item) -> tuple[Channel, ...]:
    """By which channels this thing can still go."""
    went = used(account.id)
    return tuple(
        channel
        for channel in WAYS[item]
        if not went.get(channel, {}).keys() - {item} and _arrives(account, channel)
    )


def _arrives(account: Account, channel: Channel) -> bool:
    """Whether we know an address for it."""
    if channel is Channel.MAIL:
        return account.email_sealed is not None
    return channel is not Channel.LETTER or letters.knows_address(account)


def refuse_second(account: Account, item: Item, channel: Channel) -> None:
    """`WrongInput`, with what is left, when another of the four went by this channel lately."""
    remaining = left(account, item)
    if channel in remaining:
        return
    others = used(account.id).get(channel, {}).keys() - {item}
    if channel not in WAYS[item]:
        told = f"{_first(ITEMS[item])} gaat niet {_BY[channel]}."
    elif not _arrives(account, channel):
        told = _NO_ADDRESS[channel]
    else:
        what = " en ".join(ITEMS[each] for each in Item if each in others)
        told = f"{_first(_BY[channel])} ging in de laatste 21 dagen al {what}."
    raise WrongInput(f"{told} {_ways(remaining)}")


def note(account: Account, item: Item, channel: Channel, *, actor: str) -> None:
    """Keep that it went, and by which channel; never what it was."""
    db.session.add(
        DeskSupply(
            account_id=account.id,
            item=item.value,
            channel=channel.value,
            supplied_by=actor,
            at=clock.now(),
        )
    )
    record(
        Event.DESK_SUPPLIED,
        actor=actor,
        account_id=account.id,
        relation_id=account.relation_id,
        item=item.value,
        by=channel.value,
    )


def said(item: str, channel: str) -> str:
    """What went how, in words, from an event."""
    try:
        return f"{ITEMS[Item(item)]}, {_BY[Channel(channel)]}"
    except ValueError:
        return "iets"


def _ways(remaining: tuple[Channel, ...]) -> str:
    if not remaining:
        return "Er is nu geen andere manier over. Laat de beller langskomen, of wacht."
    words = [_BY[channel] for channel in remaining]
    many = f"{', '.join(words[:-1])} of {words[-1]}" if len(words) > 1 else words[0]
    return f"Het kan nog wel {many}."


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]

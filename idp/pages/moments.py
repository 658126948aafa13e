"""Times, dates and masked numbers as people read them: Amsterdam time, in words, with a machine-readable twin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Protocol, TypeVar

from babel.dates import format_datetime
from flask import Flask
from markupsafe import Markup, escape

from idp import clock
from idp.pages.wording import language, translate

_ = translate


class Dated(Protocol):
    """Whatever happened at a moment."""

    @property
    def at(self) -> datetime:
        """When."""


Line = TypeVar("Line", bound=Dated)


def init_app(app: Flask) -> None:
    """Make the filters known to templates."""
    for name, words in {
        "time": time,
        "day": day,
        "whole_day": whole_day,
        "day_and_time": day_and_time,
        "lately": lately,
        "soon": soon,
        "second": second,
    }.items():
        app.add_template_filter(_twin(words), f"as_{name}")
    app.add_template_filter(by_day)
    app.add_template_filter(masked)
    app.add_template_filter(in_groups)


def time(moment: datetime) -> str:
    """`10.42 uur`."""
    return _("%(clock)s uur", clock=_format(moment, "HH.mm" if language() == "nl" else "HH:mm"))


def day(moment: datetime) -> str:
    """`20 november 2026`."""
    return _format(moment, "d MMMM y")


def whole_day(moment: datetime) -> str:
    """`vrijdag 20 november 2026`."""
    return _format(moment, "EEEE d MMMM y")


def day_and_time(moment: datetime) -> str:
    """`vrijdag 20 november 2026 om 09.14 uur`."""
    return _("%(day)s om %(time)s", day=whole_day(moment), time=time(moment))


def lately(moment: datetime) -> str:
    """`vandaag om 10.43 uur`, `gisteren om 16.02 uur`, or the day and time."""
    today = clock.now().astimezone(clock.HERE).date()
    match today - moment.astimezone(clock.HERE).date():
        case timedelta(days=0):
            return _("vandaag om %(time)s", time=time(moment))
        case timedelta(days=1):
            return _("gisteren om %(time)s", time=time(moment))
        case _other:
            return day_and_time(moment)


def soon(moment: datetime) -> str:
    """What is yet to come: `om 10.43 uur`, `morgen om 09.14 uur`, or the day and time."""
    today = clock.now().astimezone(clock.HERE).date()
    match moment.astimezone(clock.HERE).date() - today:
        case timedelta(days=0):
            return _("om %(time)s", time=time(moment))
        case timedelta(days=1):
            return _("morgen om %(time)s", time=time(moment))
        case _other:
            return _("op %(moment)s", moment=day_and_time(moment))


def second(moment: datetime) -> str:
    """`09.14.20`, for who compares with other logs."""
    return _format(moment, "HH.mm.ss")


def by_day(lines: Iterable[Line]) -> list[list[Line]]:
    """What follows each other on one day here, together; in the order that they have."""
    days = groupby(lines, lambda line: line.at.astimezone(clock.HERE).date())
    return [list(some) for _day, some in days]


def masked(number: object) -> Markup:
    """A masked telephone number; a screen reader hears only how it ends."""
    shown = str(number)
    ending = "".join(re.findall(r"\d", shown)[-2:])
    return Markup(
        '<span class="mcz-nowrap"><span aria-hidden="true">{}</span><span class="mcz-hide">{}</span></span>'
    ).format(shown, _("een nummer dat eindigt op %(digits)s", digits=ending))


def in_groups(text: str, size: int = 4) -> str:
    """`JBSW Y3DP …`: easier to type over."""
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


def _twin(words: Callable[[datetime], str]) -> Callable[[datetime], Markup]:
    """The words, and in the attribute the same moment for machines."""

    def in_html(moment: datetime) -> Markup:
        exactly = moment.astimezone(clock.HERE).isoformat(timespec="minutes")
        return Markup('<time datetime="{}">{}</time>').format(exactly, escape(words(moment)))

    return in_html


def _format(moment: datetime, pattern: str) -> str:
    return format_datetime(
        moment.astimezone(clock.HERE), pattern, locale="nl" if language() == "nl" else "en_GB"
    )

"""How moments are told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask

from idp import clock
from idp.pages import moments

NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2026, 11, 22, 13, 5, tzinfo=UTC), "om 14.05 uur"),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "morgen om 00.30 uur"),
        (datetime(2026, 11, 25, 8, tzinfo=UTC), "op woensdag 25 november 2026 om 09.00 uur"),
    ],
)
def test_what_is_yet_to_come_is_told_with_its_day_unless_it_is_today(
    moment: datetime, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    with Flask("page").test_request_context("/"):
        assert moments.soon(moment) == told

"""What the first visit of the sign-in page costs, and what the files weigh that it brings."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from idp.pages.assets import STATIC
from tests.browser.visitor import Visitor

MOST_REQUESTS = 7
MOST_BYTES = 80_000
MOST_BYTES_PACKED = {"ui.*.css": 20_000, "sign.*.js": 6_000, "icons.*.svg": 3_000}


def test_the_first_visit_takes_at_most_seven_requests_and_80_kilobytes(visitor: Visitor) -> None:
    network = visitor.context.new_cdp_session(visitor.page)
    requested: list[str] = []
    arrived: list[float] = []

    def request(event: dict[str, Any]) -> None:
        requested.append(event["request"]["url"])

    def finished(event: dict[str, Any]) -> None:
        arrived.append(event["encodedDataLength"])

    network.on("Network.requestWillBeSent", request)
    network.on("Network.loadingFinished", finished)
    network.send("Network.enable")
    visitor.open("/")
    visitor.page.wait_for_load_state("networkidle")
    assert 3 <= len(requested) <= MOST_REQUESTS, requested
    assert len(arrived) == len(requested)
    assert sum(arrived) <= MOST_BYTES


@pytest.mark.parametrize("pattern", MOST_BYTES_PACKED)
def test_styles_script_and_pictures_stay_small(pattern: str) -> None:
    (file,) = STATIC.glob(pattern)
    assert len(gzip.compress(file.read_bytes(), 9)) <= MOST_BYTES_PACKED[pattern]

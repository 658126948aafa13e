"""To which addresses a client's codes go: exactly its own (RFC 9700 section 2.1, RFC 8252 section 7.3)."""

from __future__ import annotations

import pytest

from tests.protocol.relying_party import Provider

ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LOOPBACK, CLAIMED = "http://127.0.0.1:8401/cb", "https://app.voorbeeld.nl/cb"


@ONE
@pytest.mark.parametrize(
    ("kind", "its_own", "elsewhere"),
    [
        ("native", LOOPBACK, "http://127.0.0.1:/cb"),
        ("native", LOOPBACK, "http://127.0.0.1:1/c"),
        ("native", LOOPBACK, "http://127.0.0.1:1/cb?x=y"),
        ("native", LOOPBACK, "http://[::1]:1/cb"),
        ("native", LOOPBACK, "http://127.0.0.1.nl:1/cb"),
        ("native", LOOPBACK, "elders"),
        ("native", CLAIMED, "https://app.voorbeeld.nl:8443/cb"),
        ("native", CLAIMED, "https://app.elders.nl/cb"),
        ("native", CLAIMED, "http://127.0.0.1/cb"),
        ("web", LOOPBACK, "http://127.0.0.1:8402/cb"),
        ("web", LOOPBACK, "http://127.0.0.1/cb"),
    ],
)
def test_codes_go_nowhere_else(provider: Provider, kind: str, its_own: str, elsewhere: str) -> None:
    shop = provider.application(application_type=kind, redirect_uri=its_own)
    assert shop.visit(provider.browser()).name == "login"
    page = shop.visit(provider.browser(), redirect_uri=elsewhere)
    assert (page.status, page.error, page.left_for) == (400, "client-request", None)

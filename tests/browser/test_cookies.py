"""What browsers keep of the cookies that we set over plain http on localhost, where the demo and the tests live."""

from __future__ import annotations

from tests.browser import walks
from tests.browser.any_visitor import AnyVisitor, Cookie
from tests.browser.conftest import IN_BOTH_BROWSERS
from tests.browser.people import People


@IN_BOTH_BROWSERS
def test_secure_cookies_bound_to_the_host_are_kept_and_sent_on_localhost(
    visitor: AnyVisitor, people: People
) -> None:
    walks.sign_in_here(visitor, people.make(totp=True), "totp")
    kept = visitor.cookies()
    assert {"__Host-idp_browser", "__Host-idp_session"} <= kept.keys()
    for name in kept.keys() & {"__Host-idp_browser", "__Host-idp_session", "__Host-idp_csrf"}:
        assert kept[name] == Cookie(secure=True, http_only=True, same_site="lax"), name
    visitor.open("/")
    visitor.is_at("portal")

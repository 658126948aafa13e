"""Tours past the pages that ask nothing: the manual, the pages behind the footer, the demo's phone."""

from __future__ import annotations

from collections.abc import Iterator

from idp.flows.manuals import MANUALS
from tests.browser.people import People
from tests.browser.visitor import Visitor


def manuals(visitor: Visitor, people: People) -> Iterator[str]:
    """The manual as everybody reads it, and the accessibility statement: long pages, so in both languages."""
    visitor.open("/handleidingen")
    visitor.is_at("manuals")
    yield "handleidingen-voor-iedereen"
    for manual in MANUALS:
        visitor.open(f"/handleidingen/{manual}")
        visitor.is_at("manual")
        yield f"handleiding-{manual}-voor-iedereen"
    visitor.open("/handleidingen/servicedesk")
    visitor.is_at("servicedesk-manual")
    yield "handleiding-servicedesk"
    visitor.open("/toegankelijkheid")
    visitor.is_at("accessibility")
    yield "toegankelijkheid"


def information(visitor: Visitor, people: People) -> Iterator[str]:
    """The pages behind the links in the footer, and the demo's phone."""
    for path, page in {
        "privacy": "privacy",
        "veilig-inloggen": "safe-sign-in",
        "contact": "contact",
    }.items():
        visitor.open(f"/{path}")
        visitor.is_at(page)
        yield path
    visitor.open("/")
    visitor.sign_in(people.make(sms=True, voice=True))
    for kind in ("sms", "voice"):
        visitor.choose(kind)
        visitor.press("volgende")
        visitor.press("volgende")
        visitor.press("andere-methode")
    visitor.open("/demo/telefoon")
    visitor.is_at("demo-phone")
    yield "demo-telefoon"

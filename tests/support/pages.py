"""Pages as a person's browser sees them, without a browser: read, fill in, press a button, follow.

    browser = Browser(app, "http://localhost:8400")
    page = browser.get("/")
    page = browser.submit("volgende", relatienummer="3400012", gebruikersnaam="info", wachtwoord="...")
    assert page.name == "choose-method"

Two `Browser`s are two people: each has its own cookies. It is as strict as Chromium where that matters: `__Host-`
cookies need their attributes, and `form-action` of the page's CSP holds for a post and for every redirect after it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urldefrag, urljoin, urlsplit

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import TestResponse

from tests.support.html import Element, parse

MOST_REDIRECTS = 10
_BODY = re.compile(r"<body[^>]*>")


def origin_of(address: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


@dataclass
class Page:
    """What a browser shows, or, with `left_for`, where it went when it left us."""

    address: str
    status: int
    headers: Headers
    html: str
    hops: list[str] = field(default_factory=list)  # addresses on the way here, redirects included
    left_for: str | None = None  # an address of another origin: browsers go there, this one stops
    posted: dict[str, str] = field(default_factory=dict)  # what a form sent to that other origin

    @cached_property
    def document(self) -> Element:
        """What stands on it; read when somebody looks, which many tests never do."""
        return parse(self.html)

    def __str__(self) -> str:
        where = f"left for {self.left_for}" if self.left_for else self.address
        return f"page {self.name!r} (error {self.error!r}, status {self.status}, {where})"

    @property
    def name(self) -> str | None:
        """The page's name: `data-page` of its body."""
        return self._body("data-page")

    @property
    def error(self) -> str | None:
        """The error it shows: `data-error` of its body."""
        return self._body("data-error")

    @property
    def json(self) -> Any:
        """The body, of an answer that is JSON."""
        return json.loads(self.html)

    @property
    def language(self) -> str | None:
        """The language it says it is in."""
        return next((html.get("lang") for html in self.document.descendants("html")), None)

    def find(self, element_id: str) -> Element | None:
        """The element with that id, or None."""
        return next(
            (one for one in self.document.descendants() if one.get("id") == element_id), None
        )

    def at(self, element_id: str) -> Element:
        """The element with that id; fails with what is there when it is not."""
        found = self.find(element_id)
        assert found is not None, f"no #{element_id} on {self}; it has {self._ids}"
        return found

    @property
    def _ids(self) -> list[str | None]:
        return [one.get("id") for one in self.document.descendants() if one.get("id")]

    def text(self, element_id: str) -> str:
        """The text of the element with that id."""
        return self.at(element_id).text

    def value(self, element_id: str) -> str | None:
        """What the field with that id holds."""
        return self.at(element_id).get("value")

    def field_error(self, element_id: str) -> str | None:
        """The message of a field marked wrong, or None for one that is not."""
        wrong = self.at(element_id)
        if wrong.get("aria-invalid") != "true":
            return None
        described_by = (
            f"{wrong.get('aria-errormessage') or ''} {wrong.get('aria-describedby') or ''}".split()
        )
        return " ".join(self.text(one) for one in described_by)

    @property
    def links(self) -> dict[str, str]:
        """Absolute addresses of the links, by their text."""
        anchors = self.document.descendants("a")
        return {
            one.text: urljoin(self.address, one.attributes["href"])
            for one in anchors
            if one.get("href")
        }

    @property
    def forms(self) -> list[Element]:
        """The forms, in document order."""
        return list(self.document.descendants("form"))

    def choices(self, name: str) -> dict[str, bool]:
        """Values of the checkboxes or radio buttons of that name, and whether each is ticked."""
        boxes = [one for one in self.document.descendants("input") if one.get("name") == name]
        return {one.get("value") or "on": one.get("checked") is not None for one in boxes}

    @property
    def query(self) -> dict[str, str]:
        """Parameters of the address that the browser left for; none may be there twice."""
        address = self.left_for or self.address
        found = parse_qs(urlsplit(address).query, keep_blank_values=True)
        assert all(len(values) == 1 for values in found.values()), (
            f"a parameter stands twice in {address}"
        )
        return {name: values[0] for name, values in found.items()}

    def _body(self, attribute: str) -> str | None:
        tag = _BODY.search(self.html)  # the rest is often of no interest, and reading it takes time
        return None if tag is None else next(parse(tag[0]).descendants("body")).get(attribute)


class Browser:
    """One browser with its own cookies, on a Flask application.

    `script=True` sends no `Origin` and no `Sec-Fetch-Site`, as a partner's script would.
    """

    def __init__(
        self,
        app: Flask,
        origin: str,
        *,
        script: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.origin = origin
        self._client = app.test_client()
        self._script = script
        self._headers = dict(headers or {})
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        """The page that shows."""
        assert self._page is not None, "the browser shows nothing yet: get() something"
        return self._page

    def cookie(self, name: str) -> str | None:
        """The value of a cookie, or None."""
        found = self._client.get_cookie(name, domain=urlsplit(self.origin).hostname or "localhost")
        return found.value if found else None

    def forget(self, *names: str) -> None:
        """Delete cookies."""
        for name in names:
            self._client.delete_cookie(name, domain=urlsplit(self.origin).hostname or "localhost")

    def get(self, address: str, *, follow: bool = True) -> Page:
        """Open an address, ours or relative to the page that shows."""
        came_from = self._page.address if self._page else None
        target = urljoin(self._page.address if self._page else self.origin + "/", address)
        return self._settle(self._open("GET", target, referrer=came_from), target, follow=follow)

    def click(self, text: str) -> Page:
        """Follow the link with that text."""
        assert text in self.page.links, (
            f"no link {text!r} on {self.page}; it has {list(self.page.links)}"
        )
        return self.get(self.page.links[text])

    def submit(self, button_id: str, *, follow: bool = True, **fields: str | Sequence[str]) -> Page:
        """Fill in `fields` by name (a sequence for checkboxes) and press the button with that id."""
        page, button = self.page, self.page.at(button_id)
        form = page.at(button.attributes["form"]) if button.get("form") else button.closest("form")
        assert form is not None, f"#{button_id} on {page} is in no form"
        assert button.get("type") in {None, "submit"}, f"#{button_id} on {page} submits nothing"
        assert button.get("disabled") is None, f"#{button_id} on {page} is disabled"
        data = filled_in(page, form, fields)
        if name := button.get("name"):
            data[name] = [button.get("value") or ""]
        target = urljoin(
            page.address, button.get("formaction") or form.get("action") or page.address
        )
        self._form_may_go_to(page, target)
        method = (button.get("formmethod") or form.get("method") or "get").upper()
        if origin_of(target) != self.origin:
            sent = {name: values[0] for name, values in data.items()}
            self._page = Page(target, 0, Headers(), "", [target], left_for=target, posted=sent)
            return self._page
        response = self._open(method, target, data=data, referrer=page.address)
        return self._settle(response, target, follow=follow, form_on=page)

    def follow(self) -> Page:
        """Take the one redirect at which `follow=False` stopped."""
        location = self.page.headers.get("Location")
        assert location, f"{self.page} redirects nowhere"
        return self.get(location, follow=False)

    def _open(
        self,
        method: str,
        target: str,
        *,
        referrer: str | None,
        data: Mapping[str, Any] | None = None,
    ) -> TestResponse:
        headers = dict(self._headers)
        if not self._script:
            headers["Sec-Fetch-Site"] = "same-origin" if referrer else "none"
            if method == "POST":
                headers["Origin"] = self.origin
            if referrer and origin_of(referrer) == self.origin:
                headers["Referer"] = urldefrag(referrer).url
        to_send = {"query_string": data} if method == "GET" and data else {"data": data}
        response = self._client.open(
            urldefrag(target).url, method=method, headers=headers, **to_send
        )
        _refuse_lost_cookies(response)
        return response

    def _settle(
        self, response: TestResponse, target: str, *, follow: bool, form_on: Page | None = None
    ) -> Page:
        """Follow redirects one at a time, until a page shows or the browser leaves us."""
        hops = [target]
        left_for = None
        while response.status_code in {301, 302, 303, 307, 308}:
            location = urljoin(target, response.headers["Location"])
            if form_on:
                self._form_may_go_to(form_on, location)
            if origin_of(location) != self.origin:
                left_for = location
                break
            if not follow:
                break
            assert response.status_code in {301, 302, 303}, (
                f"{target} asks to repeat the request at {location}"
            )
            assert len(hops) <= MOST_REDIRECTS, f"redirects in a circle: {hops}"
            target = location
            hops.append(target)
            response = self._open("GET", target, referrer=form_on.address if form_on else None)
        readable = (response.mimetype or "").startswith("text/") or response.is_json
        text = response.get_data(as_text=True) if readable else ""
        self._page = Page(target, response.status_code, response.headers, text, hops, left_for)
        return self._page

    def _form_may_go_to(self, page: Page, target: str) -> None:
        policy = page.headers.get("Content-Security-Policy", "")
        directives = {words[0]: words[1:] for words in map(str.split, policy.split(";")) if words}
        allowed = directives.get("form-action")
        if allowed is None:
            return
        origins = {self.origin if source == "'self'" else source for source in allowed}
        assert origin_of(target) in origins, (
            f"the CSP of {page} stops a form that goes to {target}: {allowed}"
        )


def filled_in(
    page: Page, form: Element, given: Mapping[str, str | Sequence[str]]
) -> dict[str, list[str]]:
    """What the form sends with `given` filled in; fails for a field or choice that a person could not find."""
    data: dict[str, list[str]] = {}
    offered: dict[str, list[str]] = {}
    outside = [
        one
        for one in page.document.descendants()
        if one.get("form") and one.get("form") == form.get("id")
    ]
    for control in [*form.descendants("input", "select", "textarea"), *outside]:
        name, kind = control.get("name"), control.get("type") or "text"
        if (
            not name
            or control.get("disabled") is not None
            or control.tag == "button"
            or kind in {"submit", "button"}
        ):
            continue
        choices = offered.setdefault(name, [])
        if control.tag == "select":
            options = list(control.descendants("option"))
            for option in options:  # an empty value is one: only without the attribute the text is
                value_of = option.get("value")
                choices.append(option.text if value_of is None else value_of)
            chosen = [
                choice
                for choice, one in zip(choices, options, strict=True)
                if one.get("selected") is not None
            ]
            data[name] = chosen or choices[:1]
        elif kind in {"checkbox", "radio"}:
            choices.append(control.get("value") or "on")
            if control.get("checked") is not None:
                data.setdefault(name, []).append(choices[-1])
        else:
            data[name] = [control.text if control.tag == "textarea" else control.get("value") or ""]
    for name, value in given.items():
        assert name in offered, f"no field {name!r} in the form on {page}; it has {sorted(offered)}"
        values = [value] if isinstance(value, str) else list(value)
        strange = set(values) - set(offered[name]) if offered[name] else set()
        assert not strange, (
            f"{name!r} on {page} does not offer {strange}; it offers {offered[name]}"
        )
        data[name] = values
    return data


def _refuse_lost_cookies(response: TestResponse) -> None:
    """Fail where a real browser would silently drop the cookie (RFC 6265bis section 4.1.3)."""
    for cookie in response.headers.getlist("Set-Cookie"):
        parts = [part.strip().lower() for part in cookie.split(";")]
        attributes = {part.partition("=")[0] for part in parts[1:]}
        if parts[0].startswith("__host-"):
            kept = "secure" in attributes and "path=/" in parts and "domain" not in attributes
            assert kept, (
                f"browsers drop this cookie: {cookie.partition('=')[0]} needs Secure, Path=/ and no Domain"
            )

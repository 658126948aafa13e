"""The language of a page, and its sentences: Dutch as written in code and templates, English from the catalogue.

The catalogue is read from its `.po` file when first needed, so that there is nothing to compile, ship or forget.
"""

from __future__ import annotations

import gettext
import io
import re
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args
from urllib.parse import quote

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, Response, g, has_request_context, request

Language = Literal["nl", "en"]

COOKIE: Final = "idp_taal"
PARAMETER: Final = "taal"
YEAR: Final = 365 * 24 * 3600
CATALOGUES: Final = Path(__file__).parent / "translations"


def init_app(app: Flask) -> None:
    """Make `_()` known to templates and keep a chosen language in its cookie."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # added by the extension
        lambda message: catalogue(language()).gettext(message),
        lambda one, more, count: catalogue(language()).ngettext(one, more, count),
        newstyle=True,
    )
    app.after_request(_keep_choice)


def language() -> Language:
    """The language of this request: `?taal=`, then the cookie, then the client's `ui_locales`, then Dutch.

    Flows put the request's `ui_locales` (OpenID Connect Core section 3.1.2.1) in `flask.g.ui_locales`.
    """
    if not has_request_context():
        return "nl"
    asked = g.get("ui_locales") or ()
    for_whom, found = g.get("language_found", (None, None))
    if found is not None and for_whom == asked:  # a page asks for each of its sentences
        return cast(Language, found)
    wishes = [request.args.get(PARAMETER, ""), request.cookies.get(COOKIE, "")]
    wishes += asked.split() if isinstance(asked, str) else asked
    chosen: Language = next((known for wish in wishes if (known := _known(wish))), "nl")
    g.language_found = (asked, chosen)
    return chosen


def in_dutch() -> None:
    """Answer this request in Dutch, whatever it asks: pages for the body's own staff exist in no other language."""
    g.language_found = (g.get("ui_locales") or (), "nl")


def translate(message: str, /, **values: object) -> str:
    """The sentence in the language of this request, its `%(name)s` filled in."""
    sentence = catalogue(language()).gettext(message)
    return sentence % values if values else sentence


def translate_many(one: str, more: str, count: int, /, **values: object) -> str:
    """As `translate`, in the form that belongs to `count`, which is also `%(num)s`."""
    return catalogue(language()).ngettext(one, more, count) % {"num": count, **values}


@cache
def catalogue(tongue: Language) -> gettext.NullTranslations:
    """All sentences of one language; Dutch is what the code says, so it needs none."""
    if tongue == "nl":
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with (CATALOGUES / tongue / "LC_MESSAGES" / "messages.po").open("rb") as source:
        write_mo(compiled, read_po(source, locale=tongue))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def other_language(address: str) -> dict[str, str]:
    """The switch in the header: the same address in the other language."""
    other, label = ("en", "English") if language() == "nl" else ("nl", "Nederlands")
    path, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith(f"{PARAMETER}=")]
    kept.append(f"{PARAMETER}={other}")
    # One slash in front, and nothing that browsers leave out or read as one: `//host` would lead to another site.
    href = "/" + quote(path.lstrip("/\\"), safe="/:@!$&'()*+,;=") + "?" + "&".join(kept)
    return {"href": href, "code": other, "label": label}


def organisation(name: str) -> str:
    """The body's name inside a sentence: `het CAK` is `CAK` in English."""
    return re.sub(r"^(het|de) ", "", name) if language() == "en" else name


def _known(wish: str) -> Language | None:
    """The language that a tag such as `en-GB` (RFC 5646) asks for, when we speak it."""
    tag = wish.lower().partition("-")[0]
    return next((ours for ours in get_args(Language) if ours == tag), None)


def _keep_choice(response: Response) -> Response:
    if request.method != "GET" or PARAMETER.encode() not in request.query_string:
        return response  # as nearly always: nothing is parsed for it
    if choice := _known(request.args.get(PARAMETER, "")):
        cookie: dict[str, Any] = {"secure": True, "httponly": True, "samesite": "Lax", "path": "/"}
        response.set_cookie(COOKIE, choice, max_age=YEAR, **cookie)
    return response

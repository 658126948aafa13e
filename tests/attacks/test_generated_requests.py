"""Requests that no application would make, generated: what an OpenAPI document cannot say about bytes on the wire.

Derandomized: every run makes the same ones. The tests ask three things of each answer: it is ours and no 5xx, it is the
standard's error in the standard's place, and nothing is left behind but what was written down about it.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, quote_from_bytes

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from idp import throttle
from idp.oidc import PAGES, ROUTES, parameters
from idp.oidc.calls import FORM
from idp.throttle import Budget
from tests.attacks.presented import what_lasts
from tests.protocol.relying_party import ISSUER, Provider, RelyingParty
from tests.support.journeys import House
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

QUIETLY: Final[dict[str, Any]] = {
    "derandomize": True,
    "database": None,
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
}
#: Endpoints that a client posts to with its credentials → what they read.
POSTED: Final = {
    "/oauth2/par": parameters.PUSHED,
    "/oauth2/token": parameters.TOKEN,
    "/oauth2/introspect": parameters.OF_A_TOKEN,
    "/oauth2/revoke": parameters.OF_A_TOKEN,
}
#: Where browsers come → what is read there.
VISITED: Final = {
    "/oauth2/authorize": parameters.AUTHORIZATION,
    "/oauth2/logout": parameters.LOGOUT,
}
PROGRAMS: Final = {path for path, view, _ in ROUTES if view not in PAGES}
EVERY: Final = [path for path, _view, _ in ROUTES if "<" not in path]

#: Text with everything that a form, a header or a database could stumble over.
NASTY: Final = st.text(
    st.sampled_from(
        "\x00\x01\t\r\n\x1b\x7f\x85\u2028\ufeff\u202e\ufffd\uffff\U0010ffff '\"<%;&=+é١"
    )
    | st.characters(exclude_categories=["Cs"]),
    min_size=1,
    max_size=40,
)
#: Bytes that are percent-encoded as they are: often no UTF-8.
BYTES: Final = st.binary(min_size=1, max_size=20).map(quote_from_bytes) | st.sampled_from(
    [
        "%ff%fe",
        "%c0%80",
        "%ed%a0%80",
        "%f4%90%80%80",
        "%",
        "%0",
        "%zz",
        "%u0041",
        "%00",
        "%25%30%30",
    ]
)


@pytest.fixture
def provider(house: House, run: Run, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The house with signing keys; nobody is asked to wait."""
    for name in ("CLIENT_FAILURES", "PUSHES"):
        window = getattr(throttle, name).window
        monkeypatch.setattr(throttle, name, Budget(times=100_000, window=window))
    return Provider.of(house, run)


@pytest.fixture
def shop(provider: Provider) -> RelyingParty:
    return provider.application(grant_types=("authorization_code", "refresh_token"))


def right_form(shop: RelyingParty, path: str) -> dict[str, str]:
    """A request of which nothing is wrong, but for a code or a token that nobody has."""
    if path in {"/oauth2/par", "/oauth2/authorize"}:
        return shop.request()
    if path == "/oauth2/token":
        return {
            "grant_type": "authorization_code",
            "code": "x" * 43,
            "redirect_uri": shop.redirect_uri,
            "code_verifier": shop.verifier,
        }
    return {"token": "x" * 43} if path in POSTED else {"client_id": shop.client_id}


def post(house: House, path: str, body: bytes | str, **how: Any) -> TestResponse:
    how = {"content_type": FORM} | how
    return house.app.test_client().post(path, base_url=ISSUER, data=body, **how)


def refused_as_programs_are(answer: TestResponse) -> str:
    """The error, of an answer in the form of RFC 6749 section 5.2."""
    body = answer.get_json()
    assert body is not None, (answer.status, answer.data[:200])
    assert {"error"} <= body.keys() <= {"error", "error_description"}
    said = body.get("error_description", "")
    assert all(" " <= sign <= "~" and sign not in '"\\' for sign in said), said
    assert answer.headers["Cache-Control"] == "no-store"
    return str(body["error"])


def ours(answer: TestResponse, path: str) -> None:
    """An answer that we meant to give, to whoever asks there."""
    assert answer.status_code < 500, answer.data[:300]
    if answer.status_code >= 400 and path in PROGRAMS:
        if answer.data:
            refused_as_programs_are(answer)
        else:
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="oauth2"'
    elif answer.status_code >= 400:
        assert b'data-page="error"' in answer.data
    for _name, value in answer.headers:
        assert not {"\r", "\n", "\x00"} & set(value)


# --- parameters ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", POSTED)
def test_every_parameter_may_stand_there_once(
    house: House, shop: RelyingParty, provider: Provider, path: str
) -> None:
    """RFC 6749 section 3.2: twice is an error, with the same value, another one or none; unknown ones are ignored."""
    form, before = right_form(shop, path), what_lasts(house)
    for name in POSTED[path]:
        for values in (("x", "x"), ("x", "y"), ("", ""), ("x", ""), ("", "x")):
            if name in parameters.SEVERAL:
                continue
            pairs = [*((key, value) for key, value in form.items() if key != name)]
            pairs += [(name, value) for value in values]
            body = "&".join(f"{key}={quote(value, safe='')}" for key, value in pairs)
            answer = post(house, path, body, headers=shop.header())
            assert refused_as_programs_are(answer) == "invalid_request", (name, values)
            assert answer.status_code == 400
    assert what_lasts(house) == before
    unknown = "&".join(f"{key}={quote(value, safe='')}" for key, value in form.items())
    unknown += "&onbekend=1&onbekend=2&__proto__=x&onbekend[]=1&client_id[]=x&%00=%00"
    plain = shop.send(path, form).get_json(silent=True)
    ignored = post(house, path, unknown, headers=shop.header()).get_json(silent=True)
    assert (plain or {}).get("error") == (ignored or {}).get("error")


@pytest.mark.parametrize("path", POSTED)
def test_a_posted_value_that_is_no_text_gets_the_error_of_its_standard(
    house: House, shop: RelyingParty, path: str
) -> None:
    before = what_lasts(house)
    form = right_form(shop, path)

    @settings(max_examples=60, **QUIETLY)
    @given(name=st.sampled_from(sorted(form)), value=NASTY.map(quote) | BYTES)
    def send(name: str, value: str) -> None:
        pairs = [f"{key}={quote(text, safe='')}" for key, text in form.items() if key != name]
        answer = post(house, path, "&".join([*pairs, f"{name}={value}"]), headers=shop.header())
        ours(answer, path)

    send()
    if path != "/oauth2/par":  # whose state may be any text: that is a request, and is kept
        assert what_lasts(house) == before


@pytest.mark.parametrize("path", VISITED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_browser_with_strange_values_gets_a_page_or_goes_where_it_is_safe(
    provider: Provider, house: House, shop: RelyingParty, path: str, method: str
) -> None:
    session = provider.browser(provider.person()).cookie("__Host-idp_session")
    form = right_form(shop, path)

    @settings(max_examples=100, **QUIETLY)
    @given(
        name=st.sampled_from(VISITED[path]),
        value=NASTY.map(quote) | BYTES,
        twice=st.booleans(),
        known=st.booleans(),
    )
    def come(name: str, value: str, twice: bool, known: bool) -> None:
        pairs = [f"{key}={quote(text, safe='')}" for key, text in form.items() if key != name]
        pairs += [f"{name}={value}"] * (2 if twice else 1)
        cookie = {"Cookie": f"__Host-idp_session={session}"} if known else {}
        sent = "&".join(pairs)
        client = house.app.test_client(use_cookies=False)
        if method == "POST":
            answer = client.post(
                path, base_url=ISSUER, data=sent, content_type=FORM, headers=cookie
            )
        else:
            answer = client.get(f"{path}?{sent}", base_url=ISSUER, headers=cookie)
        ours(answer, path)
        if answer.status_code == 303:
            target = answer.headers["Location"]
            assert target.startswith(("/", f"{shop.redirect_uri}?")), target
            assert not target.startswith("//"), target

    come()


def test_2048_characters_are_a_state_and_one_more_is_none(
    provider: Provider, shop: RelyingParty
) -> None:
    browser = provider.browser(provider.person())
    for name in ("state", "nonce"):
        for text in ("x" * 2048, "é" * 2048, "%" * 2048):
            right = shop.ask(browser, prompt="none", **{name: text})
            assert "code" in right, name
            assert name != "state" or right["state"] == text
            assert shop.push(**{name: text}).status_code == 201
            longer = shop.ask(browser, prompt="none", **{name: text + "x"})
            assert longer["error"] == "invalid_request", name
            pushed = shop.push(**{name: text + "x"})
            assert (pushed.status_code, refused_as_programs_are(pushed)) == (400, "invalid_request")


# --- bodies ----------------------------------------------------------------------------------------------------------

#: Forms that say that they are something else, and the other way round.
KINDS: Final = (
    *(
        "",
        "application/json",
        "text/plain",
        "multipart/form-data",
        "application/x-www-form-urlencode",
    ),
    *("application/x-www-form-urlencoded/x", "*/*", "application/xml", "\xe9", "x" * 5_000, ";;;="),
    *(
        f"multipart/form-data; boundary={'x' * 70}",
        "application/jwt",
        "application/x-www-form-urlencoded, x/y",
    ),
)
#: And what counts as a form, whatever stands behind it (RFC 6749 appendix B: it is UTF-8).
FORMS: Final = (
    FORM,
    FORM.upper(),
    f"{FORM}; charset=utf-8",
    f"{FORM};charset=UTF-16",
    f"{FORM}; charset=utf-7; boundary=x",
    f"{FORM}; charset=rot13",
    f"{FORM}; charset=\x00",
    f"{FORM};",
)


@pytest.mark.parametrize("path", POSTED)
def test_a_body_that_is_no_form_is_refused_and_a_charset_changes_nothing(
    house: House, shop: RelyingParty, path: str
) -> None:
    body = "&".join(f"{key}={quote(text, safe='')}" for key, text in right_form(shop, path).items())
    before = what_lasts(house)
    for kind in KINDS:
        answer = post(house, path, body, content_type=kind, headers=shop.header())
        assert refused_as_programs_are(answer) == "invalid_request", kind
        assert answer.status_code == 400
    json = house.app.test_client().post(
        path, base_url=ISSUER, json=right_form(shop, path), headers=shop.header()
    )
    assert (json.status_code, refused_as_programs_are(json)) == (400, "invalid_request")
    parts = house.app.test_client().post(
        path,
        base_url=ISSUER,
        data=right_form(shop, path),
        content_type="multipart/form-data",
        headers=shop.header(),
    )
    assert (parts.status_code, refused_as_programs_are(parts)) == (400, "invalid_request")
    assert what_lasts(house) == before
    plain = post(house, path, body, headers=shop.header())
    for kind in FORMS:
        answer = post(house, path, body, content_type=kind, headers=shop.header())
        assert answer.status_code == plain.status_code, kind


@pytest.mark.parametrize("path", [*POSTED, *VISITED, "/oauth2/userinfo"])
def test_any_bytes_at_all_get_an_answer(house: House, shop: RelyingParty, path: str) -> None:
    before = what_lasts(house)

    @settings(max_examples=60, **QUIETLY)
    @given(
        body=st.binary(max_size=200)
        | st.lists(
            st.sampled_from([b"&", b"=", b";", b"%", b"+", b"\x00", b"token=", b"\xff"])
        ).map(b"".join),
        kind=st.sampled_from([*FORMS, *KINDS]),
        header=st.sampled_from([{}, shop.header()]),
    )
    def send(body: bytes, kind: str, header: dict[str, str]) -> None:
        ours(post(house, path, body, content_type=kind, headers=header), path)

    send()
    assert what_lasts(house) == before


@pytest.mark.parametrize("path", [*POSTED, *VISITED, "/oauth2/userinfo"])
def test_thousands_of_parameters_are_read_past(house: House, shop: RelyingParty, path: str) -> None:
    """As many as fit into a body; the right ones at the end still count."""
    form = "&".join(f"{key}={quote(text, safe='')}" for key, text in right_form(shop, path).items())
    alone = post(house, path, form, headers=shop.header())
    for many in ("a=&" * 15_000, "&" * 60_000, "".join(f"p{number}=1&" for number in range(6_000))):
        answer = post(house, path, many + form, headers=shop.header())
        ours(answer, path)
        assert answer.status_code == alone.status_code


# --- methods, cookies, headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", EVERY)
def test_a_method_that_is_not_there_does_nothing(house: House, path: str) -> None:
    known = {method for address, _view, methods in ROUTES if address == path for method in methods}
    before = what_lasts(house)
    client = house.app.test_client()
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "X" * 500):
        answer = client.open(path, method=method, base_url=ISSUER, data={"token": "x"})
        assert answer.status_code in (
            {405} if method.upper() not in known else {200, 303, 400, 401, 405}
        )
        ours(answer, path)
    options = client.options(path, base_url=ISSUER)
    assert options.status_code == 200
    assert known <= set(options.headers["Allow"].split(", "))
    assert options.data == b""
    assert "Access-Control-Allow-Origin" not in options.headers
    head, get = client.head(path, base_url=ISSUER), client.get(path, base_url=ISSUER)
    assert (head.status_code, head.data) == (get.status_code, b"")
    assert what_lasts(house) == before


@pytest.mark.parametrize("path", EVERY)
def test_strange_headers_change_nothing(house: House, shop: RelyingParty, path: str) -> None:
    names = ("Cookie", "Authorization", "Accept", "Accept-Language", "If-None-Match", "Range")
    more = ("Origin", "Referer", "X-Forwarded-For", "Content-Encoding", "X-HTTP-Method-Override")
    printable = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)
    values = printable | st.sampled_from(
        [
            *(
                "Basic",
                "Basic ",
                "Basic Og==",
                "Basic =",
                "basic Ojo6",
                "Bearer",
                "Bearer  ",
                "Bearer \xff",
            ),
            *("Negotiate x", "Basic " + "A" * 60_000, "__Host-idp_session=" + "x" * 60_000),
            *(
                "a=b; " * 5_000,
                "__Host-idp_session=\xff; __Host-idp_browser=\x01",
                "bytes=0-",
                "gzip",
            ),
        ]
    )

    @settings(max_examples=60, **QUIETLY)
    @given(name=st.sampled_from([*names, *more]), value=values, posts=st.booleans())
    def come(name: str, value: str, posts: bool) -> None:
        client = house.app.test_client(use_cookies=False)
        form = right_form(shop, path) if posts else {}
        method = "POST" if posts else "GET"
        answer = client.open(
            path, method=method, base_url=ISSUER, data=form or None, headers={name: value}
        )
        ours(answer, path)

    come()

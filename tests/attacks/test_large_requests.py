"""Requests that are too much to hold: refused as such, read no further than we would have kept, in little memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from idp.oidc import ROUTES
from tests.attacks.presented import PLACES, Holder, what_lasts
from tests.protocol.relying_party import ISSUER, Provider, client_key
from tests.protocol.request_objects import encrypted_to
from tests.support.journeys import House
from tests.support.run import Run

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MEGABYTE: Final = 1024 * 1024
FORM: Final = "application/x-www-form-urlencoded"
#: What a form may hold, and what a buffer reads beyond it before it notices.
MOST_READ: Final = 64 * 1024 + 64 * 1024
POSTED: Final = [path for path, _view, methods in ROUTES if "POST" in methods and "<" not in path]


class Endless(io.RawIOBase):
    """Twenty megabytes of a form, made as they are read, and counted."""

    def __init__(self) -> None:
        self.read_so_far = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), 20 * MEGABYTE - self.read_so_far)
        buffer[:size] = b"a" * size
        self.read_so_far += size
        return size


@contextmanager
def little_memory(most: int = 2 * MEGABYTE) -> Iterator[None]:
    """Hold what the block allocates at its height."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("says_its_length", [True, False])
def test_twenty_megabytes_are_refused_unread(
    house: House, path: str, says_its_length: bool
) -> None:
    with house.app.test_client() as first:  # what is made at the first refusal is not this one's
        first.post(path, base_url=ISSUER, data={"a": "x" * 70_000})
    body = Endless()
    builder = EnvironBuilder(path, base_url=ISSUER, method="POST", content_type=FORM)
    environ = builder.get_environ() | {"wsgi.input": body}
    if says_its_length:
        environ["CONTENT_LENGTH"] = str(20 * MEGABYTE)
    else:  # in pieces, as servers hand that on
        del environ["CONTENT_LENGTH"]
        environ["wsgi.input_terminated"] = True
    before = what_lasts(house)
    with little_memory():
        said = Response.from_app(house.app.wsgi_app, environ)
    assert said.status_code == 413
    assert body.read_so_far <= (0 if says_its_length else MOST_READ)
    assert what_lasts(house) == before


class Broken(io.RawIOBase):
    """Pieces that end in the middle."""

    def read(self, size: int = -1) -> bytes:
        raise EOFError("no more data after: geheim")


@pytest.mark.parametrize("path", POSTED)
def test_a_body_whose_pieces_break_off_is_refused(house: House, path: str) -> None:
    environ = EnvironBuilder(path, base_url=ISSUER, method="POST", content_type=FORM).get_environ()
    del environ["CONTENT_LENGTH"]
    said = Response.from_app(
        house.app.wsgi_app, environ | {"wsgi.input": Broken(), "wsgi.input_terminated": True}
    )
    assert said.status_code == 400
    assert b"geheim" not in said.data


@pytest.mark.parametrize(
    "where", ["request", "pushed request", "client_assertion", "id_token_hint"]
)
def test_a_compressed_bomb_that_is_truly_encrypted_to_us_is_not_unpacked(
    house: House, run: Run, where: str
) -> None:
    """KEY-08: ten megabytes in as many kilobytes."""
    provider = Provider.of(house, run)
    shop = provider.application(auth_method="private_key_jwt", key=client_key("RSA"))
    who = Holder(shop, provider.browser(provider.person()))
    bomb = encrypted_to(provider, "0" * 10 * MEGABYTE, zip="DEF")
    assert len(bomb) < 16 * 1024
    with little_memory():
        assert PLACES[where].present(who, bomb) == PLACES[where].refusal

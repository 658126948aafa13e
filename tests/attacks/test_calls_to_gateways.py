"""Calls to gateways: wherever the operator has them, over TLS, and outside transactions."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp import outward
from idp.database import db
from idp.outward import CannotReach
from tests.attacks import test_calls_outwards
from tests.attacks.test_calls_outwards import OK, inside, listening, refused, saying, speaking_tls

secret = test_calls_outwards.secret
true_one = test_calls_outwards.true_one


def test_a_gateway_may_lie_inside_and_still_has_to_be_the_one_it_says(
    secret: Path, tmp_path: Path
) -> None:
    """Its address is the operator's own choice, so it may be in his network; TLS and time hold for it too."""
    public = {"issuer": "https://inloggen.voorbeeld.nl"}
    with speaking_tls(tmp_path) as port:
        address = f"https://localhost:{port}/berichten"
        with inside(secret, **public), pytest.raises(CannotReach, match="cannot be trusted"):
            outward.post_to_gateway(address, {}, b"{}")
        with inside(secret, **public, ca_bundle=tmp_path / "ca.pem"):
            assert outward.post_to_gateway(address, {}, b"{}").status == 200
            assert "not on a public network" in refused(
                address
            )  # an application's is another thing


@pytest.mark.usefixtures("true_one")
def test_a_gateway_is_called_over_tls_and_outside_transactions_only() -> None:
    with listening(saying(OK)) as (port, asked):
        with pytest.raises(CannotReach, match="https://"):
            outward.post_to_gateway(f"http://127.0.0.1:{port}/", {}, b"")
        db.session.connection()
        with pytest.raises(RuntimeError, match="transaction"):
            outward.post_to_gateway(f"https://127.0.0.1:{port}/", {}, b"")
        db.session.rollback()
        assert asked == []

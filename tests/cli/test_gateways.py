"""What the operator hears of gateways, before somebody waits for a code that cannot come."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.operator import Operator
from tests.messaging.counterparts import ACCOUNT, CALLER, CM_TOKEN, TWILIO_TOKEN

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def body(operator: Operator) -> Operator:
    """The operator of a body that chose both providers."""
    for name, secret in (("cm", CM_TOKEN), ("twilio", TWILIO_TOKEN), ("reports", "3f" * 32)):
        (operator.folder / name).write_text(secret)
        (operator.folder / name).chmod(0o600)
    operator.environment |= {
        "IDP_SMS_GATEWAY": "cm,twilio",
        "IDP_VOICE_GATEWAY": "twilio",
        "IDP_CM_TOKEN_FILE": str(operator.folder / "cm"),
        "IDP_CM_REPORTS_SECRET_FILE": str(operator.folder / "reports"),
        "IDP_CM_SENDER": "Voorbeeld",
        "IDP_TWILIO_ACCOUNT": ACCOUNT,
        "IDP_TWILIO_TOKEN_FILE": str(operator.folder / "twilio"),
        "IDP_TWILIO_SENDER": "Voorbeeld",
        "IDP_TWILIO_CALLER": CALLER,
    }
    operator.types("keys", "rotate")
    return operator


def found(operator: Operator, **environment: str) -> dict[str, tuple[str, str]]:
    answer = operator.tries("doctor", "--json", **environment)
    return {each["about"]: (each["verdict"], each["says"]) for each in answer.json}


def test_doctor_tells_of_each_gateway_whether_it_is_complete(body: Operator) -> None:
    told = found(body)
    assert told["text messages"] == ("ok", "by cm, and where that does not take one, by twilio")
    assert told["telephone calls"] == ("ok", "by twilio")
    assert (told["CM.com"][0], told["Twilio"][0]) == ("ok", "ok")


def test_doctor_tells_what_a_provider_cannot_tell_us(body: Operator) -> None:
    verdict, says = found(body, IDP_CM_REPORTS_SECRET_FILE="")["CM.com"]
    assert (verdict, "not delivered" in says) == ("note", True)
    verdict, says = found(body, IDP_ISSUER="http://localhost:8400")["Twilio"]
    assert (verdict, "loopback" in says) == ("note", True)


@pytest.mark.parametrize(
    ("file", "about"), [("cm", "CM.com"), ("reports", "CM.com"), ("twilio", "Twilio")]
)
def test_a_token_that_others_can_read_is_wrong_and_never_shown(
    body: Operator, file: str, about: str
) -> None:
    open_one: Path = body.folder / file
    open_one.chmod(0o644)
    assert found(body)[about][0] == "wrong"
    said = body.is_refused("check-config")
    assert f"chmod 600 {open_one}" in said
    for secret in (CM_TOKEN, TWILIO_TOKEN, "3f" * 32):
        assert secret not in said + body.tries("doctor").out

"""What the operator sees and does of applications that are told of a sign-out."""

from __future__ import annotations

from idp import deliveries
from idp.accounts import logouts
from tests.cli.operator import Operator

CALLBACK = "https://app.voorbeeld.nl/callback"


def test_an_operator_sees_who_could_not_be_told_and_why(operator: Operator) -> None:
    operator.types("keys", "rotate")
    operator.types(
        *("client", "add", "Applicatie", "--profile", "basic", "--id", "app"),
        *("--redirect-uri", CALLBACK, "--backchannel-logout-uri", "https://localhost/afgemeld"),
    )
    shown = operator.types("client", "show", "app", "--json").json
    assert shown["backchannel_logout_uri"] == "https://localhost/afgemeld"
    assert operator.types("client", "logouts", "app").out == "Nobody who used it signed out.\n"
    with operator.at_work(keep=True):
        deliveries.put(
            logouts.KIND,
            lane="app",
            client_id="app",
            account_id="iemand",
            facts={"sid": "s"},
            why="signed out",
            reference="7F3K-2QXM",
        )
    assert operator.types("deliver").out == "Tried 1 delivery.\n"
    assert operator.types("deliver").out == "Tried 0 deliveries.\n"
    [row] = operator.types("client", "logouts", "app", "--json").json
    assert (row["result"], row["tries"], row["reference"]) == ("waiting", 1, "7F3K-2QXM")
    assert "not on a public network" in row["problem"]
    assert row["next_try"] is not None
    table = operator.types("client", "logouts", "app").out
    assert "waiting" in table
    assert "7F3K-2QXM" in table
    operator.is_refused("client", "logouts", "niemand")


def test_an_empty_value_takes_the_address_away(operator: Operator) -> None:
    address = ("--backchannel-logout-uri", "https://app.voorbeeld.nl/afgemeld")
    operator.types(
        *("client", "add", "A", "--profile", "basic", "--id", "app"),
        *("--redirect-uri", CALLBACK, *address, "--backchannel-logout-session-required"),
    )
    refused = operator.is_refused("client", "update", "app", "--backchannel-logout-uri", "")
    assert "goes with" in refused
    operator.types(
        *("client", "update", "app", "--backchannel-logout-uri", ""),
        "--no-backchannel-logout-session-required",
    )
    shown = operator.types("client", "show", "app", "--json").json
    assert shown["backchannel_logout_uri"] is None

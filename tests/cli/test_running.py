"""`idp serve` and `idp demo`, run for real."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from idp.cli.serve import access_line, refuse_taken
from idp.errors import WrongInput
from idp.logs import reference_is
from tests.cli.operator import Operator
from tests.cli.processes import IDP, Running, answer, free_ports, running

PURPOSES = {
    "new",
    "totp",
    "sms",
    "voice",
    "all",
    "expired-code",
    "used-code",
    "no-method",
    "blocked",
    "no-applications",
    "servicedesk",
    "medewerker",
    "auditor",
}


def test_serve_serves_until_sigterm_and_logs_no_query(operator: Operator) -> None:
    operator.types("keys", "rotate", "--alg", "ES256")
    [port] = free_ports(1)
    environment = operator.environment | {"IDP_BIND": f"127.0.0.1:{port}", "IDP_WORKERS": "1"}
    here, name = f"http://127.0.0.1:{port}", {"Host": "inloggen.voorbeeld.nl"}
    with running("serve", folder=operator.folder, environment=environment) as server:
        server.wait_until(lambda: answer(f"{here}/health/ready")[0] == 200)
        assert answer(f"{here}/?code=geheimpje", headers=name)[0] == 200
        longest = f"{here}/oauth2/authorize?state={'s' * 2048}&nonce={'n' * 2048}&client_id=niemand"
        status, page = answer(longest, headers=name)
        [kenmerk] = re.findall(r'id="kenmerk"[^>]*>([0-9A-Z]{4}-[0-9A-Z]{4})<', page)
        assert status == 400
        server.wait_until(lambda: '"GET /oauth2/authorize" 400' in server.said)
        assert '"GET /" 200' in server.said
        [line] = [line for line in server.said.splitlines() if '"GET /oauth2/authorize"' in line]
        assert line.endswith(f"ms {kenmerk}"), "the line leads to `idp explain`"
        answer(f"{here}/%ff%0d%0a127.0.0.1%20%22x%22%2500", headers=name)
        server.wait_until(lambda: '"GET /%FF%0D%0A127.0.0.1%20%22x%22%2500" 404' in server.said)
        assert "geheimpje" not in server.said
        assert server.ends(signal.SIGTERM) == 0


def test_no_part_of_a_line_in_the_access_log_can_be_forged() -> None:
    request = SimpleNamespace(method='G"\r\nET')
    response = SimpleNamespace(status="200 OK", sent=12)
    environ = {"PATH_INFO": '/\xff\r\n"a b"%', "REMOTE_ADDR": "192.0.2.1"}
    reference_is(None)
    line = access_line(request, response, environ, timedelta(milliseconds=7))
    assert line.startswith("192.0.2.1 2")
    assert line.endswith(' "G%22%0D%0AET /%FF%0D%0A%22a%20b%22%25" 200 12 7ms -')
    assert line.isascii()
    assert line.isprintable()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_serve_says_what_is_missing_before_it_serves(operator: Operator) -> None:
    assert "idp keys rotate" in operator.is_refused("serve")
    operator.environment["IDP_DATABASE_URL"] = f"sqlite:///{operator.folder}/leeg.db"
    answer = operator.tries("serve")
    assert (answer.code, answer.out) == (2, "")
    assert "idp db upgrade" in answer.err


def test_serve_on_a_taken_port_says_so_at_once(operator: Operator) -> None:
    operator.types("keys", "rotate", "--alg", "ES256")
    with socket.create_server(("127.0.0.1", 0)) as other:
        here = f"127.0.0.1:{other.getsockname()[1]}"
        operator.environment["IDP_BIND"] = here
        assert operator.is_refused("serve") == (
            f"idp: {here} is taken; stop the other one or set IDP_BIND\n"
        )
    refuse_taken(here)
    for wrong in ("127.0.0.1:poort", "127.0.0.1:99999", "192.0.2.1:8400", ":"):
        with pytest.raises(WrongInput, match=r"^IDP_BIND: "):
            refuse_taken(wrong)


def test_a_server_that_inherits_its_socket_does_not_refuse_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GUNICORN_FD", "5")
    with socket.create_server(("127.0.0.1", 0)) as other:
        refuse_taken(f"127.0.0.1:{other.getsockname()[1]}")


def demo(folder: Path, ports: tuple[int, int], *more: str) -> tuple[str, ...]:
    return (
        "demo",
        "--port",
        str(ports[0]),
        "--rp-port",
        str(ports[1]),
        "--dir",
        str(folder / "demo"),
        *more,
    )


def told(run: Running, folder: Path) -> dict[str, Any]:
    """What demo.json says, once the demo said that all is ready."""
    run.wait_until(lambda: "Ctrl-C stopt de demo." in run.said)
    description: dict[str, Any] = json.loads((folder / "demo/demo.json").read_text())
    return description


def nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_the_demo_is_there_at_once_and_stays_as_it_was(tmp_path: Path) -> None:
    here = free_ports(4)
    first, second = (here[0], here[1]), (here[2], here[3])
    with running(*demo(tmp_path, first), folder=tmp_path) as run:
        description = told(run, tmp_path)
        _is_complete(description, first)
        _both_answer(description)
        _the_environment_works(description)
        _only_who_asks_directly_reads_the_metrics(first[0])
        assert run.megabytes < 120
        for file in ("demo.json", "secret", "relying-party.json"):
            assert (tmp_path / "demo" / file).stat().st_mode & 0o077 == 0
        assert description["accounts"][0]["activatiecode"] in run.said
        assert "already" in _refused(*demo(tmp_path, second))
        taken = _refused(*demo(tmp_path / "elsewhere", first))
        assert all(each in taken for each in (str(first[0]), "--port", "PORT="))
        assert run.ends(signal.SIGTERM) == 0
    assert all(map(nobody_listens, first))
    assert "Traceback" not in run.said

    with running(*demo(tmp_path, second), folder=tmp_path) as run:
        moved = told(run, tmp_path)
        assert moved["accounts"] == description["accounts"]
        assert [_without_addresses(each) for each in moved["clients"]] == [
            _without_addresses(each) for each in description["clients"]
        ]
        _is_complete(moved, second)
        _both_answer(moved)
        assert run.ends(signal.SIGINT) == 0
    assert all(map(nobody_listens, second))
    assert "Traceback" not in run.said


def test_the_demo_over_tls_starts_afresh_and_ends_when_it_is_killed(tmp_path: Path) -> None:
    one, other = free_ports(2)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo/mine.txt").write_text("not the demo's")
    with running(*demo(tmp_path, (one, other), "--tls", "--fresh"), folder=tmp_path) as run:
        description = told(run, tmp_path)
        assert description["issuer"] == f"https://localhost:{one}"
        _both_answer(description)
        assert description["ca_bundle"] in run.said
        if sys.platform == "linux":
            run.ends(signal.SIGKILL)
            _wait_for(lambda: nobody_listens(one) and nobody_listens(other))
    assert (tmp_path / "demo/mine.txt").exists()


def _is_complete(description: dict[str, Any], ports: tuple[int, int]) -> None:
    """Everything that the contract promises of demo.json."""
    issuer, relying_party = (f"http://localhost:{port}" for port in ports)
    assert description["issuer"] == issuer
    assert description["relying_party"] == relying_party
    assert description["outbox"] == f"{issuer}/demo/telefoon"
    accounts = {each["purpose"]: each for each in description["accounts"]}
    assert set(accounts) == PURPOSES
    assert all(
        {"relatienummer", "gebruikersnaam", "wachtwoord"} <= set(each) for each in accounts.values()
    )
    with_code = {purpose for purpose, each in accounts.items() if "activatiecode" in each}
    assert with_code == {"new", "expired-code", "used-code", "no-method"}
    with_totp = {purpose for purpose, each in accounts.items() if "totp_secret" in each}
    assert with_totp == {
        "totp",
        "all",
        "used-code",
        "blocked",
        "no-applications",
        "servicedesk",
        "medewerker",
        "auditor",
    }
    assert {purpose for purpose, each in accounts.items() if "telefoonnummer" in each} == {
        "sms",
        "voice",
        "all",
    }
    assert len({each["wachtwoord"] for each in accounts.values()}) == len(accounts)
    names = [(each["relatienummer"], each["gebruikersnaam"]) for each in accounts.values()]
    assert len(set(names)) == len(names)
    assert len({name for _, name in names}) < len(names), "one user name exists under two relations"

    clients = {each["client_id"]: each for each in description["clients"]}
    registered = {(each["profile"], each["auth_method"]): each for each in clients.values()}
    assert "client_secret" in registered["basic", "client_secret_basic"]
    assert "client_secret" in registered["basic", "client_secret_post"]
    assert "d" in registered["nlgov", "private_key_jwt"]["private_jwks"]["keys"][0]
    assert not {"client_secret", "private_jwks"} & set(registered["basic", "none"])
    assert f"{relying_party}/callback" in description["clients"][0]["redirect_uris"]
    assert all(
        uri.startswith(f"{relying_party}/")
        for each in clients.values()
        for uri in each["redirect_uris"]
    )

    paths = [
        description["environment"][name]
        for name in ("IDP_DATABASE_URL", "IDP_KEYS", "IDP_SECRET_FILE")
    ]
    assert all(
        Path(path.removeprefix("sqlite:///").removeprefix("file:")).is_absolute() for path in paths
    )


def _only_who_asks_directly_reads_the_metrics(port: int) -> None:
    """Whatever stands before us, a tunnel to a demo included, says so in a header that has to reach us."""
    through = ({}, {"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"})
    found = [answer(f"http://localhost:{port}/metrics", headers=each)[0] for each in through]
    assert found == [200, 404, 404]


def _both_answer(description: dict[str, Any]) -> None:
    ca = Path(description["ca_bundle"]) if "ca_bundle" in description else None
    status, metadata = answer(f"{description['issuer']}/.well-known/openid-configuration", ca=ca)
    assert status == 200
    assert json.loads(metadata)["issuer"] == description["issuer"]
    assert answer(f"{description['relying_party']}/", ca=ca)[0] == 200
    # The demo application reaches the provider by itself, and the provider knows where it wants to return to.
    status, away = answer(f"{description['relying_party']}/inloggen", ca=ca)
    assert status in {302, 303}
    assert away.startswith(f"{description['issuer']}/oauth2/authorize")
    assert answer(away, ca=ca)[0] in {302, 303}
    # Who has no scope `profile` asks for the names one by one, and may.
    asked = {}
    for name in ("wmo-berichten", "beleidsparameters"):
        _, away = answer(f"{description['relying_party']}/{name}/inloggen", ca=ca)
        asked[name] = parse_qs(urlsplit(away).query).get("claims")
        status, onward = answer(away, ca=ca)
        assert status in {302, 303}
        assert "error=" not in onward
    assert asked == {
        "wmo-berichten": None,
        "beleidsparameters": ['{"userinfo":{"name":null,"preferred_username":null}}'],
    }


def _the_environment_works(description: dict[str, Any]) -> None:
    """With `environment`, every verb works on the demo's data while it runs."""
    operator = Operator(description["environment"], Path())
    listed = operator.types("client", "list", "--json").json
    assert len({each["sector"] for each in listed}) == len(listed) == 5
    accounts = {each["purpose"]: each for each in description["accounts"]}
    standing = {
        purpose: operator.types(
            "account",
            "show",
            accounts[purpose]["relatienummer"],
            accounts[purpose]["gebruikersnaam"],
            "--json",
        ).json
        for purpose in PURPOSES
    }
    assert {purpose for purpose, each in standing.items() if each["standing"] == "blocked"} == {
        "blocked"
    }
    codes = {
        purpose: [code["standing"] for code in each["activation_codes"]]
        for purpose, each in standing.items()
    }
    assert {purpose: state for purpose, state in codes.items() if state} == {
        "new": ["live"],
        "expired-code": ["expired"],
        "used-code": ["used"],
        "no-method": ["window-closed"],
    }
    assert {each["level"] for each in standing.values()} == {"substantieel"}
    assert standing["no-applications"]["applications"] == []
    assert {
        purpose: [each["kind"] for each in standing[purpose]["methods"]]
        for purpose in ("sms", "voice", "all")
    } == {"sms": ["sms"], "voice": ["voice"], "all": ["totp", "sms", "voice"]}
    assert not any(each["start_password"] for each in standing.values())
    assert operator.tries("doctor").code == 0
    refused = operator.tries(
        "check-config",
        IDP_DEMO="",
        IDP_SMS_GATEWAY="",
        IDP_VOICE_GATEWAY="",
        IDP_MAIL_GATEWAY="",
        IDP_PASSWORD_BY_MAIL="",
        IDP_MESSAGE_LIMITS="",
        IDP_ALLOW_FILE_KEYS="1",
    )
    assert refused.code == 2
    assert "IDP_SECRET_FILE" in refused.err


def _without_addresses(client: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in client.items() if name != "redirect_uris"}


def _refused(*words: str) -> str:
    result = subprocess.run([*IDP, *words], capture_output=True, text=True, check=False)
    assert result.returncode == 2, result
    assert result.stderr.count("\n") == 1, result.stderr
    return result.stderr


def _wait_for(holds: Any) -> None:
    import time

    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)

"""openid-client on Node, which is certified as a relying party: what it checks, it checks here too."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import RSAKey

from tests.browser.demo_of_a_run import free_ports
from tests.cli.operator import Operator
from tests.counterparts.node_program import NodeProgram, node_program
from tests.counterparts.programs import serving, surroundings
from tests.counterparts.sign_in import Door
from tests.counterparts.wire import browser_at
from tests.support import machine
from tests.support.source import ROOT

SUBSTANTIAL = "http://eidas.europa.eu/LoA/substantial"
SCOPES = "openid profile applicaties"
#: Nobody listens there: the test takes the answer from the browser's address bar.
HOME = "http://localhost:9"


def page_of(name: str) -> str:
    return (ROOT / "docs" / "aansluiten" / f"{name}.md").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def node() -> Path:
    return machine.node()


@pytest.fixture
def program(request: pytest.FixtureRequest, node: Path, tmp_path: Path) -> Iterator[NodeProgram]:
    with node_program(node, request.param, tmp_path / "program.log") as program:
        yield program


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.mark.parametrize("program", ["basic.mjs"], indirect=True)
def test_a_client_with_a_secret_does_everything_it_can(
    program: NodeProgram, operator: Operator, door: Door
) -> None:
    added = operator.types(
        "client", "add", "Node", "--for", "generic", "--scope", SCOPES,
        "--redirect-uri", f"{HOME}/callback", "--post-logout-redirect-uri", f"{HOME}/uitgelogd",
        "--application", "wmo-berichten", "--grant-type", "authorization_code", "--grant-type", "refresh_token",
        "--json",
    ).json  # fmt: skip
    asked = program.tell(
        issuer=door.issuer,
        client_id=added["client_id"],
        secret=added["client_secret"],
        redirect_uri=f"{HOME}/callback",
        scope=SCOPES,
        after=f"{HOME}/uitgelogd",
    )
    told = program.tell(came=door.come(asked["authorize"]))
    person, userinfo = told["person"], told["userinfo"]
    assert person["rollen"] == ["indienen", "inzien"]
    assert person["relatienummer"] == door.person.relatienummer
    assert person["acr"] == SUBSTANTIAL
    assert userinfo["name"] == door.person.name
    assert told["refreshed"]["sub"] == person["sub"] == userinfo["sub"]
    assert told["refreshed"]["auth_time"] == person["auth_time"]
    assert (told["inForce"]["active"], told["inForce"]["sub"]) == (True, person["sub"])
    assert told["usedAgain"] == told["revoked"] == "invalid_grant"
    assert told["noLongerInForce"] == {"active": False}

    assert door.is_open()
    back = door.leave(told["endSession"])
    assert back == f"{HOME}/uitgelogd?state=weer-terug"
    assert not door.is_open()


@pytest.mark.parametrize("program", ["nlgov.mjs"], indirect=True)
def test_a_government_client_signs_pushes_and_decrypts(
    program: NodeProgram, operator: Operator, door: Door, tmp_path: Path
) -> None:
    signs = RSAKey.generate_key(2048, {"use": "sig", "alg": "PS256"}, auto_kid=True)
    decrypts = RSAKey.generate_key(2048, {"use": "enc", "alg": "RSA-OAEP-256"}, auto_kid=True)
    public = tmp_path / "public-keys.json"
    public.write_text(
        json.dumps({"keys": [key.as_dict(private=False) for key in (signs, decrypts)]})
    )
    added = operator.types(
        "client", "add", "Node", "--profile", "nlgov", "--jwks", str(public),
        "--redirect-uri", f"{HOME}/callback", "--post-logout-redirect-uri", f"{HOME}/uitgelogd",
        "--application", "wmo-berichten", "--id-token-alg", "PS256", "--require-pushed",
        "--id-token-encrypted-response-alg", "RSA-OAEP-256", "--id-token-encrypted-response-enc", "A256GCM",
        "--json",
    ).json  # fmt: skip
    asked = program.tell(
        issuer=door.issuer,
        client_id=added["client_id"],
        redirect_uri=f"{HOME}/callback",
        scope="openid applicaties",
        after=f"{HOME}/uitgelogd",
        signs=signs.as_dict(private=True),
        decrypts=decrypts.as_dict(private=True),
    )
    assert set(query(asked["signed"])) == {"client_id", "request"}
    assert set(query(asked["authorize"])) == {"client_id", "request_uri"}
    told = program.tell(came=door.come(asked["authorize"]))
    person = told["person"]
    assert (person["acr"], person["rollen"]) == (SUBSTANTIAL, ["indienen", "inzien"])
    assert person["represents"]["sub_id_type"] == person["sub_id_type"]
    assert told["userinfo"]["sub"] == person["sub"]
    assert (told["idToken"].count("."), told["accessToken"].count(".")) == (4, 2)
    assert told["revoked"] == "OAUTH_WWW_AUTHENTICATE_CHALLENGE"

    # openid-client keeps the encrypted token, which tells nobody here whose it is: it comes without a hint.
    page = door.browser.get(told["endSession"])
    assert (page.name, page.left_for) == ("logout", None)


@pytest.mark.parametrize("program", ["page.mjs"], indirect=True)
def test_the_program_for_nlgov_works_as_it_is_printed(
    program: NodeProgram, node: Path, operator: Operator, door: Door, tmp_path: Path
) -> None:
    makes_keys, signs_in = re.findall(r"```js\n(.*?)```", page_of("nlgov"), re.DOTALL)
    (tmp_path / "keys.mjs").write_text(makes_keys, encoding="utf-8")
    subprocess.run([node, "keys.mjs"], cwd=tmp_path, env=surroundings(), check=True)
    added = operator.types(
        "client", "add", "Node", "--profile", "nlgov", "--jwks", str(tmp_path / "public-keys.json"),
        "--redirect-uri", f"{HOME}/callback", "--application", "wmo-berichten",
        "--require-signed", "--require-pushed", "--json",
    ).json  # fmt: skip
    for shown, real in {
        "https://inloggen.voorbeeld.nl": door.issuer,
        "https://app.voorbeeld.nl": HOME,
        "mijn-applicatie": added["client_id"],
    }.items():
        assert shown in signs_in
        signs_in = signs_in.replace(shown, real)
    (tmp_path / "sign_in.mjs").write_text(signs_in, encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(machine.NODE_PROGRAMS / "node_modules")
    asked = program.tell(
        program=(tmp_path / "sign_in.mjs").as_uri(), key=str(tmp_path / "private-key.json")
    )
    assert set(query(asked["authorize"])) == {"client_id", "request_uri"}
    person = program.tell(came=door.come(asked["authorize"]))["person"]
    assert (person["acr"], person["rollen"]) == (SUBSTANTIAL, ["indienen", "inzien"])


def test_the_recipe_works_as_it_is_printed(
    node: Path, operator: Operator, door: Door, tmp_path: Path
) -> None:
    [port] = free_ports(1)
    home = f"http://localhost:{port}"
    added = operator.types(
        "client", "add", "Node", "--for", "node", "--address", home,
        "--scope", SCOPES, "--application", "wmo-berichten", "--json",
    ).json  # fmt: skip
    program = tmp_path / "app.mjs"
    program.write_text(added["configuration"]["app.mjs"], encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(machine.NODE_PROGRAMS / "node_modules")
    environment = surroundings(
        OIDC_CLIENT_SECRET=added["client_secret"], SESSION_SECRET="van de proef", PORT=str(port)
    )
    with serving([node, program], port=port, log=tmp_path / "log", environment=environment):
        browser = browser_at(home)
        sent = browser.get("/").left_for
        assert sent is not None
        page = browser.get(door.come(sent))
        assert page.address == f"{home}/"
        assert page.json["rollen"] == ["indienen", "inzien"]
        assert page.json["relatienummer"] == door.person.relatienummer

        leaving = browser.send("POST", "/uitloggen").left_for
        assert leaving is not None
        assert browser.get(door.leave(leaving)).html == "U bent uitgelogd."
        assert not door.is_open()
        sent = browser.get("/").left_for
        assert sent is not None
        assert sent.startswith(door.issuer)


def test_the_recipe_names_the_versions_that_run_here() -> None:
    text = page_of("node")
    packages = json.loads((machine.NODE_PROGRAMS / "package.json").read_text(encoding="utf-8"))
    for name, version in packages["dependencies"].items():
        assert f"{name} {version}" in text

"""`idp conformance`: what it prepares, what it never touches, and the suite's own files, done literally over https."""

from __future__ import annotations

import base64
import json
import secrets
import stat
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from cryptography import x509
from joserfc import jwt
from joserfc.jwk import KeySet

from idp.cli import main
from idp.cli.conformance_suite import PLANS
from idp.cli.demo_tls import make_certificates
from tests.cli.processes import answer, free_ports, running
from tests.support.suite import PlainBrowser, SuiteServer, suite_server

ALIAS = "proef"
SHIPPED = Path(__file__).parents[2] / "deploy/conformance.toml"


@dataclass
class Prepared:
    """A provider that was prepared and answers over https, and a suite beside it."""

    folder: Path
    issuer: str
    suite: SuiteServer
    authorities: tuple[Path, Path]

    def file(self, plan: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.folder / f"suite-{plan}.json").read_text())
        return read

    def browser(self) -> PlainBrowser:
        return PlainBrowser(*self.authorities)

    def asks(self, path: str, *, bearer: str = "", form: Any = None, said: Any = None) -> Any:
        """What a program gets that asks us, as JSON."""
        data = urlencode(form).encode() if form else json.dumps(said).encode() if said else None
        request = urllib.request.Request(self.issuer + path, data)
        if said:
            request.add_header("Content-Type", "application/json")
        if bearer:
            request.add_header("Authorization", bearer)
        with self.browser().opener.open(request, timeout=20) as response:
            return json.loads(response.read())


def _write(
    folder: Path, *, issuer: str, bind: str, suite: str, trusts: str = "[]", more: str = ""
) -> Path:
    file = folder / "conformance.toml"
    file.write_text(
        f'suite = "{suite}"\nalias = "{ALIAS}"\ntrusts = {trusts}\n'
        f'[settings]\nissuer = "{issuer}"\nbind = "{bind}"\nworkers = 1\n'
        f'enabled_profiles = ["basic"]\ndynamic_registration = true\nfrontchannel_logout = true\n{more}'
    )
    return file


def prepare(config: Path, folder: Path) -> tuple[int, str]:
    """The command, with settings in the environment that it must not look at."""
    elsewhere = {
        "IDP_OPERATOR": "joke",
        "IDP_DATABASE_URL": "sqlite:////nowhere/idp.db",
        "IDP_ISSUER": "https://inloggen.voorbeeld.nl",
    }
    words = ["conformance", "prepare", "--config", str(config), "--dir", str(folder)]
    result = CliRunner().invoke(main, words, env=elsewhere)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """Prepared, and served the documented way."""
    place = tmp_path_factory.mktemp("conformance")
    ours, theirs = free_ports(2)
    issuer, suite = f"https://localhost:{ours}", f"https://localhost:{theirs}"
    make_certificates(place / "suite")
    config = _write(
        place,
        issuer=issuer,
        bind=f"127.0.0.1:{ours}",
        suite=suite,
        trusts='["suite/ca.pem"]',
    )
    folder = place / "made"
    code, said = prepare(config, folder)
    assert code == 0, said
    ca = folder / "tls/ca.pem"
    with (
        suite_server(place / "suite/server.pem", place / "suite/server.key", theirs) as server,
        running("conformance", "serve", "--dir", str(folder), folder=place) as run,
    ):
        run.wait_until(lambda: answer(f"{issuer}/health/live", ca=ca)[0] == 200)
        yield Prepared(folder, issuer, server, (ca, place / "suite/ca.pem"))


def authorization(config: dict[str, Any], client: str, issuer: str, **more: str) -> str:
    """The authorization request as the plans send it: without PKCE, with a `state` of 128 characters."""
    asked = {
        "client_id": client,
        "redirect_uri": f"{config['suite']}/test/a/{ALIAS}/callback",
        "response_type": "code",
        "scope": "openid",
        "state": secrets.token_urlsafe(96),
        "nonce": secrets.token_urlsafe(8),
    } | more
    return f"{issuer}/oauth2/authorize?{urlencode(asked)}"


def sign_in(here: Prepared, browser: PlainBrowser, plan: str, client: dict[str, str]) -> Any:
    """One sign-in by the file's own automation, and the tokens that come of it."""
    file = here.file(plan) | {"suite": here.suite.origin}
    before = len(here.suite.came("GET", "/callback"))
    scope = "openid profile email address phone"
    address = authorization(file, client["client_id"], here.issuer, scope=scope)
    browser.does(file["browser"], address)
    [came] = here.suite.came("GET", "/callback")[before:]
    assert (came["iss"], "code" in came) == (here.issuer, True)
    pair = f"{client['client_id']}:{client['client_secret']}".encode()
    tokens = here.asks(
        "/oauth2/token",
        bearer=f"Basic {base64.b64encode(pair).decode()}",
        form={
            "grant_type": "authorization_code",
            "code": came["code"],
            "redirect_uri": f"{here.suite.origin}/test/a/{ALIAS}/callback",
        },
    )
    keys = KeySet.import_key_set(here.asks("/oauth2/jwks"))
    claims = jwt.decode(tokens["id_token"], keys, ["RS256"]).claims
    assert (claims["iss"], claims["aud"]) == (here.issuer, client["client_id"])
    return tokens | {"claims": claims}


def sign_out(here: Prepared, browser: PlainBrowser, plan: str, tokens: Any) -> str:
    """RP-initiated, by the file's own automation; where the browser ends."""
    sent = {
        "id_token_hint": tokens["id_token"],
        "post_logout_redirect_uri": f"{here.suite.origin}/test/a/{ALIAS}/post_logout_redirect",
        "state": "s",
    }
    address = f"{here.issuer}/oauth2/logout?{urlencode(sent)}"
    return browser.does(here.file(plan)["browser"], address).address


def told_of(here: Prepared, tokens: Any) -> None:
    """The logout token that we brought, for this very sign-in."""
    here.suite.wait_for_a_post()
    [brought] = here.suite.came("POST", "/backchannel_logout")[-1:]
    assert list(brought) == ["logout_token"]
    keys = KeySet.import_key_set(here.asks("/oauth2/jwks"))
    claims = jwt.decode(brought["logout_token"], keys, ["RS256"]).claims
    assert {name: claims[name] for name in ("iss", "aud", "sub", "sid")} == {
        name: tokens["claims"][name] for name in ("iss", "aud", "sub", "sid")
    }


def test_a_static_client_signs_in_by_literal_typing_and_out_again(prepared: Prepared) -> None:
    client = prepared.file("basic-static")["client"]
    browser = prepared.browser()
    tokens = sign_in(prepared, browser, "basic-static", client)
    assert tokens["claims"]["acr"].endswith("/low")
    told = prepared.asks("/oauth2/userinfo", bearer=f"Bearer {tokens['access_token']}")
    supported = set(prepared.asks("/.well-known/openid-configuration")["claims_supported"])
    held = {"name", "given_name", "family_name", "email", "address", "phone_number", "updated_at"}
    assert held <= set(told)
    assert not {"birthdate", "gender"} & (supported | set(told)), "not held, and not promised"
    before = len(prepared.suite.came("GET", "/frontchannel_logout"))
    ended_at = sign_out(prepared, browser, "basic-static", tokens)
    assert ended_at == f"{prepared.suite.origin}/test/a/{ALIAS}/post_logout_redirect?state=s"
    [framed] = prepared.suite.came("GET", "/frontchannel_logout")[before:]
    assert framed == {"iss": prepared.issuer, "sid": tokens["claims"]["sid"]}
    told_of(prepared, tokens)


def test_a_client_that_registers_itself_signs_in_at_the_same_level_and_hears_of_the_end(
    prepared: Prepared,
) -> None:
    file = prepared.file("backchannel-logout")
    at = f"{prepared.suite.origin}/test/a/{ALIAS}"
    client = prepared.asks(
        "/oauth2/register",
        bearer=f"Bearer {file['client']['initial_access_token']}",
        said={
            "client_name": file["client"]["client_name"],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "redirect_uris": [f"{at}/callback"],
            "post_logout_redirect_uris": [f"{at}/post_logout_redirect"],
            "backchannel_logout_uri": f"{at}/backchannel_logout",
            "backchannel_logout_session_required": True,
            "token_endpoint_auth_method": "client_secret_basic",
            "contacts": ["suite@example.com"],
        },
    )
    browser = prepared.browser()
    tokens = sign_in(prepared, browser, "backchannel-logout", client)
    assert tokens["claims"]["acr"].endswith("/low")
    assert sign_out(prepared, browser, "backchannel-logout", tokens).endswith("?state=s")
    told_of(prepared, tokens)


def test_the_automation_of_every_module_that_has_its_own_ends_where_it_says(
    prepared: Prepared,
) -> None:
    file = prepared.file("basic-static") | {"suite": prepared.suite.origin}
    client = file["client"]
    at = f"{prepared.suite.origin}/test/a/{ALIAS}"
    ask = authorization(file, client["client_id"], prepared.issuer)
    modules = {name.removeprefix("oidcc-"): each for name, each in file["override"].items()}

    browser = prepared.browser()
    wrong = authorization(
        file, client["client_id"], prepared.issuer, redirect_uri=f"{at}/callback/x"
    )
    browser.does(modules.pop("ensure-registered-redirect-uri")["browser"], wrong)
    assert (browser.page.status, browser.pictures) == (400, ["error"])
    assert "redirect_uri" in browser.page.html

    for name, more in (("prompt-login", {"prompt": "login"}), ("max-age-1", {"max_age": "0"})):
        browser, doing = prepared.browser(), modules.pop(name)["browser"]
        browser.does(doing, ask)
        browser.does(doing, authorization(file, client["client_id"], prepared.issuer, **more))
        assert browser.pictures == ["login", "login"], name

    back = {"post_logout_redirect_uri": f"{at}/post_logout_redirect"}
    for name, doing in modules.items():
        browser = prepared.browser()
        hint = sign_in(prepared, browser, "basic-static", client)["id_token"]
        head, claims, signature = hint.split(".")
        unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
        sent = {
            "bad-post-logout-redirect-uri": {
                "id_token_hint": hint,
                "post_logout_redirect_uri": f"{at}/x",
            },
            "query-added-to-post-logout-redirect-uri": {
                "id_token_hint": hint,
                "post_logout_redirect_uri": f"{at}/post_logout_redirect?foo=bar",
            },
            "modified-id-token-hint": {"id_token_hint": f"{unsigned}.{claims}."} | back,
            "bad-id-token-hint": {"id_token_hint": f"{head}.{claims}.{signature[::-1]}"} | back,
            "no-id-token-hint": back,
            "no-post-logout-redirect-uri": {"id_token_hint": hint},
            "only-state": {"state": "s"},
            "no-params": {},
        }[name.removeprefix("rp-initiated-logout-")]
        address = f"{prepared.issuer}/oauth2/logout"
        browser.does(doing["browser"], f"{address}?{urlencode(sent)}" if sent else address)
        assert browser.pictures == ["logged-out"], name
        silently = f"{ask}&prompt=none"
        assert "error=login_required" in browser.get(silently).address, name


def test_every_plan_has_a_file_of_its_own_for_its_owner_only(prepared: Prepared) -> None:
    for plan, about in PLANS.items():
        file = prepared.folder / f"suite-{plan}.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        said = json.loads(file.read_text())
        assert said["server"]["discoveryUrl"].startswith(prepared.issuer)
        assert ("client_secret" in said["client"]) == about.static
        assert ("initial_access_token" in said["client"]) == (not about.static)
    private = prepared.file("basic-static")["client_private_key_jwt"]["jwks"]["keys"]
    assert "d" in private[0]


# --- what is never touched -------------------------------------------------------------------------------------------


def _usual(folder: Path, **more: str) -> Path:
    return _write(
        folder,
        **{
            "issuer": "https://localhost:8444",
            "bind": "127.0.0.1:8444",
            "suite": "https://suite.example",
        }
        | more,
    )


def test_preparing_again_replaces_what_it_made_and_keeps_the_certificate(tmp_path: Path) -> None:
    config, folder = SHIPPED, tmp_path / "made"
    assert prepare(config, folder)[0] == 0
    first = (folder / "people.json").read_text(), (folder / "tls/server.pem").read_text()
    assert prepare(config, folder)[0] == 0
    assert (folder / "people.json").read_text() != first[0]
    assert (folder / "tls/server.pem").read_text() == first[1]


def test_a_folder_with_other_people_or_of_another_is_left_alone(tmp_path: Path) -> None:
    config, folder = _usual(tmp_path), tmp_path / "made"
    assert prepare(config, folder)[0] == 0
    settings = {"IDP_CONFIG": str(folder / "idp.toml"), "IDP_OPERATOR": "joke"}
    words = ["relation", "add", "10023456", "Gemeente Voorbeeld", "--kind", "gemeente"]
    assert CliRunner().invoke(main, words, env=settings).exit_code == 0
    before = (folder / "people.json").read_bytes(), (folder / "idp.db").read_bytes()
    code, said = prepare(config, folder)
    assert (code, "other people" in said) == (2, True)
    assert ((folder / "people.json").read_bytes(), (folder / "idp.db").read_bytes()) == before

    theirs = tmp_path / "theirs"
    (theirs / "keys").mkdir(parents=True)
    (theirs / "keys/one.key").write_text("a real one")
    code, said = prepare(config, theirs)
    assert (code, "did not make" in said) == (2, True)
    assert [each.name for each in theirs.rglob("*")] == ["keys", "one.key"]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"issuer": "http://localhost:8444"}, "https"),
        ({"suite": "http://suite.example"}, "https"),
        ({"more": 'database_url = "sqlite:///var/idp.db"\n'}, "database_url"),
        ({"more": "demo = true\n"}, "demo"),
        ({"trusts": '["nobody.pem"]'}, "trusts"),
    ],
)
def test_what_cannot_be_prepared_is_refused_in_one_line(
    tmp_path: Path, more: dict[str, str], says: str
) -> None:
    code, said = prepare(_usual(tmp_path, **more), tmp_path / "made")
    assert (code, said.count("\n")) == (2, 1), said
    assert says in said
    assert not (tmp_path / "made").exists()


def test_another_host_gets_a_certificate_of_its_own(tmp_path: Path) -> None:
    more = 'outward_networks = ["172.16.0.0/12"]\n'
    config = _usual(tmp_path, issuer="https://idp.internal:8444", bind="0.0.0.0:8444", more=more)
    assert prepare(config, tmp_path / "made")[0] == 0
    make_certificates(tmp_path / "plain")
    for folder, known in ((tmp_path / "made/tls", True), (tmp_path / "plain", False)):
        made = x509.load_pem_x509_certificate((folder / "server.pem").read_bytes())
        names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert ("idp.internal" in names.get_values_for_type(x509.DNSName)) == known


def test_nothing_is_served_that_was_not_prepared(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["conformance", "serve", "--dir", str(tmp_path)])
    assert (result.exit_code, "prepare" in result.output) == (2, True)

"""The printed configurations: they name what this provider really has, and nothing that is typed can break out."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import RSAKey

from idp import keyring
from idp.cli.stacks import STACKS
from idp.oidc import claims, discovery
from tests.cli.operator import Operator
from tests.support.source import ROOT

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

ADDRESS = "https://app.voorbeeld.nl"
READY = sorted(set(STACKS) - {"generic"})
SCOPES = "openid profile applicaties"
#: What the pages in docs/aansluiten/ show.
AS_WRITTEN = ("--id", "mijn-applicatie", "--scope", SCOPES)
RECIPES = ROOT / "docs" / "aansluiten"


def add(operator: Operator, stack: str, *more: str) -> Any:
    where = ("--address", ADDRESS)
    if stack == "generic":
        after = f"{ADDRESS}/uitgelogd"
        where = ("--redirect-uri", f"{ADDRESS}/callback", "--post-logout-redirect-uri", after)
    return operator.types(
        "client", "add", "Applicatie", "--for", stack, *AS_WRITTEN, *where, "--json", *more
    ).json


@pytest.mark.parametrize("stack", STACKS)
def test_a_configuration_names_the_addresses_that_are_registered_and_ours(
    operator: Operator, stack: str
) -> None:
    added = add(operator, stack)
    text = "\n".join(added["configuration"].values())
    metadata = discovery.document(operator.settings, resists_phishing=True, signs=keyring.SIGNING)
    known = {*added["redirect_uris"], *added["post_logout_redirect_uris"]}
    ours = {metadata["issuer"], f"{metadata['issuer']}/.well-known/openid-configuration"}
    named = set(re.findall(r"https?://[^\s\"')]+", text))
    assert named <= known | ours
    assert named & ours
    assert "mijn-applicatie" in text
    assert added["client_secret"] not in text
    assert not re.search(r"{{|{%", text)


@pytest.mark.parametrize("stack", STACKS)
def test_scopes_and_claims_in_a_configuration_exist(operator: Operator, stack: str) -> None:
    text = "\n".join(add(operator, stack)["configuration"].values())
    metadata = discovery.document(operator.settings, resists_phishing=True, signs=keyring.SIGNING)
    assert set(SCOPES.split()) <= set(metadata["scopes_supported"])
    for scope in SCOPES.split():
        assert scope in text
    for claim in ("rollen", "sub", "name", "preferred_username", "applicaties"):
        assert claim in {*claims.PROTOCOL, *claims.ON_REQUEST}
    roles_of = {"spring": '"rollen"', "aspnet": 'RoleClaimType = "rollen"', "apache": "_rollen"}
    assert roles_of.get(stack, "") in text


def test_springs_file_says_what_was_registered(operator: Operator) -> None:
    lines = add(operator, "spring")["configuration"]["application.yml"].splitlines()
    said = dict(line.strip().split(": ", 1) for line in lines if ": " in line)
    assert said["client-id"] == '"mijn-applicatie"'
    assert said["issuer-uri"] == f'"{operator.settings.issuer}"'
    assert said["redirect-uri"] == f'"{ADDRESS}/login/oauth2/code/idp"'
    assert said["scope"] == "[openid, profile, applicaties]"
    assert said["client-authentication-method"] == "client_secret_basic"
    assert [line.strip() for line in lines].count("idp:") == 2


def test_the_settings_of_aspnet_are_json(operator: Operator) -> None:
    files = add(operator, "aspnet")["configuration"]
    assert json.loads(files["appsettings.json"]) == {
        "Oidc": {
            "Authority": operator.settings.issuer,
            "ClientId": "mijn-applicatie",
            "Scopes": SCOPES,
        }
    }
    assert "RequireHttpsMetadata = true" in files["Program.cs"]


def test_aspnets_client_brings_its_secret_in_the_form_which_is_all_that_its_handler_knows(
    operator: Operator,
) -> None:
    assert add(operator, "aspnet")["auth_method"] == "client_secret_post"
    for stack in ("spring", "node", "apache"):
        words = ("client", "add", "A", "--for", stack, "--address", ADDRESS, "--json")
        assert operator.types(*words).json["auth_method"] == "client_secret_basic"


@pytest.mark.parametrize("stack", READY)
def test_the_addresses_follow_from_the_applications_own(operator: Operator, stack: str) -> None:
    added = add(operator, stack)
    paths = STACKS[stack].paths
    assert added["redirect_uris"] == [ADDRESS + paths["redirect_uris"]]
    assert added["post_logout_redirect_uris"] == [ADDRESS + paths["post_logout_redirect_uris"]]
    assert added["initiate_login_uri"] == ADDRESS + paths["initiate_login_uri"]


@pytest.mark.parametrize("stack", READY)
def test_below_a_path_or_from_a_redirect_address_they_follow_too(
    operator: Operator, stack: str
) -> None:
    paths = STACKS[stack].paths
    redirect = f"{ADDRESS}/deel{paths['redirect_uris']}"
    words = ("client", "add", "A", "--for", stack, "--json")
    from_redirect = operator.types(*words, "--redirect-uri", redirect).json
    from_address = operator.types(*words, "--address", f"{ADDRESS}/deel/").json
    for added in (from_redirect, from_address):
        assert added["redirect_uris"] == [redirect]
        assert added["initiate_login_uri"] == f"{ADDRESS}/deel{paths['initiate_login_uri']}"
        for text in added["configuration"].values():
            assert "//login" not in text
            assert 'requestMatchers("/deel' not in text  # Spring counts from its own context path
            assert all("//" not in urlsplit(uri).path for uri in added["post_logout_redirect_uris"])


def test_the_secret_is_shown_once_with_the_place_where_it_goes(operator: Operator) -> None:
    said = operator.types("client", "add", "A", "--for", "aspnet", "--address", ADDRESS).out
    assert len(re.findall(r"shown this once: \S{43}\n", said)) == 1
    assert "environment variable Oidc__ClientSecret" in said
    assert "----- appsettings.json\n{" in said


@pytest.mark.parametrize("stack", READY)
def test_a_configuration_can_be_printed_again_without_the_secret(
    operator: Operator, stack: str
) -> None:
    added = add(operator, stack)
    again = operator.types("client", "show", "mijn-applicatie", "--for", stack, "--json").json
    assert again["configuration"] == added["configuration"]
    assert "client_secret" not in again


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--for", "spring", "--redirect-uri", f"{ADDRESS}/cb"), "listens at"),
        (("--for", "aspnet", "--redirect-uri", f"{ADDRESS}/signin-oidc/x"), "listens at"),
        (("--for", "generic", "--address", ADDRESS), "--redirect-uri"),
        (("--for", "node"), "--address"),
        (("--profile", "basic", "--address", ADDRESS), "--for"),
        (("--for", "node", "--address", ADDRESS, "--auth-method", "none"), "--for generic"),
        (
            ("--for", "aspnet", "--address", ADDRESS, "--auth-method", "client_secret_basic"),
            "client_secret_post",
        ),
        (("--for", "node", "--address", "http://app.voorbeeld.nl"), "https://"),
        (("--for", "node", "--address", f"{ADDRESS}?a=b"), "cannot be"),
        (("--for", "node", "--address", f"{ADDRESS}/'+evil()+'"), "characters"),
        (("--for", "apache", "--address", f'{ADDRESS}/"\nEvil On'), "characters"),
        (("--for", "spring", "--address", f"{ADDRESS}/${{x}}"), "characters"),
        (("--for", "cobol", "--address", ADDRESS), "cobol"),
    ],
)
def test_what_does_not_fit_is_one_clear_line(
    operator: Operator, words: tuple[str, ...], says: str
) -> None:
    assert says in operator.is_refused("client", "add", "A", *words)


def test_a_client_that_does_not_fit_a_stack_gets_no_configuration_for_it(
    operator: Operator,
) -> None:
    operator.types(
        "client", "add", "A", "--profile", "basic", "--id", "los", "--redirect-uri", f"{ADDRESS}/cb"
    )
    for stack in READY:
        assert operator.is_refused("client", "show", "los", "--for", stack)


@pytest.mark.parametrize("stack", STACKS)
def test_the_recipe_shows_what_the_command_prints(operator: Operator, stack: str) -> None:
    page = RECIPES / ("README.md" if stack == "generic" else f"{stack}.md")
    text = page.read_text(encoding="utf-8")
    for name, printed in add(operator, stack)["configuration"].items():
        assert printed.rstrip() in text, f"{page.name} shows another {name}"


def sheet(operator: Operator, client_id: str) -> list[tuple[str, str]]:
    """The lines of the sheet for any library: what each is called, and what it says."""
    shown = operator.types("client", "show", client_id, "--for", "generic", "--json").json
    lines = shown["configuration"]["settings.txt"].splitlines()
    return [(line[:24].rstrip(), line[24:]) for line in lines]


def keys(operator: Operator, *, kid: str = "app-2026") -> str:
    made = [
        RSAKey.generate_key(2048, {"kid": f"{kid}-{use}", "use": use}).as_dict(private=False)
        for use in ("sig", "enc")
    ]
    file = operator.folder / "public-keys.json"
    file.write_text(json.dumps({"keys": made}), encoding="utf-8")
    return str(file)


def test_the_sheet_of_a_client_that_signs_tells_all_that_its_library_has_to_know(
    operator: Operator,
) -> None:
    api = "https://api.voorbeeld.nl/wmo"
    operator.types(
        "client", "add", "API", "--profile", "basic", "--grant-type", "", "--resource", api
    )
    operator.types(
        "client", "add", "A", "--profile", "nlgov", "--id", "heel", "--jwks", keys(operator),
        "--redirect-uri", f"{ADDRESS}/cb", "--redirect-uri", f"{ADDRESS}/cb2", "--audience", api,
        "--require-pushed", "--require-signed", "--request-object-signing-alg", "PS256",
        "--id-token-encrypted-response-alg", "RSA-OAEP-256", "--userinfo-signed-response-alg", "PS256",
        "--userinfo-encrypted-response-alg", "RSA-OAEP", "--backchannel-logout-uri", f"{ADDRESS}/uit",
        "--grant-type", "authorization_code", "--grant-type", "refresh_token",
    )  # fmt: skip
    issuer = operator.settings.issuer
    assert sheet(operator, "heel")[3:] == [
        ("Client authentication", "private_key_jwt"),
        ("Assertion", f"aud {issuer}, a new jti each time, exp 2 to 4 minutes ahead, with iat"),
        ("Assertion signed with", "RS256, PS256, ES256, EdDSA, Ed25519"),
        ("Its public keys", "app-2026-sig, app-2026-enc"),
        ("Flow", "authorization code, response_type=code"),
        ("PKCE", "S256, in every request"),
        ("State and nonce", "both, in every request; 22 characters at least"),
        ("Requests", "only signed, with PS256"),
        ("Requests", "only pushed (PAR)"),
        ("Scopes", "openid applicaties"),
        ("Redirect address", f"{ADDRESS}/cb"),
        ("Redirect address", f"{ADDRESS}/cb2"),
        ("Back-channel logout", f"{ADDRESS}/uit"),
        ("ID Token signed with", "RS256"),
        ("ID Token encrypted with", "RSA-OAEP-256, A256GCM"),
        ("UserInfo signed with", "PS256"),
        ("UserInfo encrypted with", "RSA-OAEP, A256GCM"),
        ("Refresh token", "one with every code"),
        ("Access token", "JWT, signed with RS256"),
        ("Access token for", api),
    ]


def test_the_sheet_says_where_keys_are_fetched_and_which_refresh_tokens_work_once(
    operator: Operator,
) -> None:
    add(operator, "generic", "--grant-type", "authorization_code", "--grant-type", "refresh_token",
        "--jwks-uri", f"{ADDRESS}/jwks.json")  # fmt: skip
    said = dict(sheet(operator, "mijn-applicatie"))
    assert said["Its public keys"] == f"fetched from {ADDRESS}/jwks.json"
    assert said["Refresh token"] == "one with every code; each works once"
    assert not said.keys() & {"Assertion", "State and nonce", "Requests", "Access token"}


def test_the_sheets_of_an_api_and_of_a_client_that_acts_for_itself_say_nothing_of_people(
    operator: Operator,
) -> None:
    api = "https://api.voorbeeld.nl/wmo"
    for name, words in {
        "de-api": ("--grant-type", "", "--resource", api),
        "robot": ("--grant-type", "client_credentials", "--audience", api),
    }.items():
        operator.types("client", "add", "A", "--profile", "basic", "--id", name, *words)
    of_people = {"PKCE", "Scopes", "Redirect address", "ID Token signed with"}
    of_api, of_robot = (dict(sheet(operator, name)) for name in ("de-api", "robot"))
    assert not of_people & (of_api.keys() | of_robot.keys())
    assert (of_api["Address as an API"], of_api["Flow"].partition(":")[0]) == (api, "none")
    assert of_robot["Flow"].endswith("grant_type=client_credentials")
    assert of_robot["Access token for"] == api


def test_the_name_of_a_key_cannot_pass_for_a_line_of_the_sheet(operator: Operator) -> None:
    file = keys(operator, kid=f"x\nRedirect address        {ADDRESS}/evil\n")
    operator.types(
        "client", "add", "A", "--profile", "nlgov", "--id", "heel", "--jwks", file,
        "--redirect-uri", f"{ADDRESS}/cb",
    )  # fmt: skip
    said = sheet(operator, "heel")
    assert ("Its public keys", "RSA, RSA") in said
    assert [value for name, value in said if name == "Redirect address"] == [f"{ADDRESS}/cb"]


def test_every_stack_has_a_folder_with_its_files_and_no_more(operator: Operator) -> None:
    for stack in STACKS.values():
        folder = ROOT / "idp" / "cli" / "configurations" / stack.name
        assert {path.name for path in folder.iterdir()} == set(stack.files)

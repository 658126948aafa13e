"""The line itself: how it answers, and how it says no."""

from __future__ import annotations

import tomllib

import click
import pytest

from idp.cli import main
from idp.database import db
from idp.models import Relation
from tests.cli.operator import Operator
from tests.support.source import ROOT

#: The verbs of the contract, as far as this release has them.
VERBS = {
    "serve", "demo", "check-config", "doctor", "explain", "purge",
    "db upgrade", "db downgrade", "db current",
    "keys list", "keys rotate", "keys retire", "keys export-jwks",
    "relation add", "relation list", "relation block", "relation unblock", "relation import",
    "relation address",
    "letters request", "letters list", "letters show", "letters batch", "letters fetch", "letters dispatched", "import",
    "account add", "account update", "account list", "account show", "account block", "account unblock",
    "account reset-password", "account role", "account import",
    "passwords import-breached",
    "activation-code issue", "activation-code list", "activation-code revoke",
    "application add", "application list", "application grant", "application revoke",
    "application why",
    "client add", "client update", "client check", "client claims", "client show", "client list",
    "client rotate-secret", "client remove", "client token issue", "client token list", "client token withdraw",
    "client logouts", "deliver",
    "conformance prepare", "conformance serve",
    "audit access",
    "audit changes",
    "audit export",
    "audit key",
    "audit looked",
    "audit tail",
    "audit verify",
}  # fmt: skip


def every_verb(group: click.Group, before: str = "") -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        called = f"{before} {name}".strip()
        found |= (
            every_verb(command, called) if isinstance(command, click.Group) else {called: command}
        )
    return found


def test_every_verb_of_the_contract_is_there() -> None:
    assert set(every_verb(main)) == VERBS


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_help_explains_every_verb_and_every_option(verb: str) -> None:
    command = every_verb(main)[verb]
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option)), verb


def test_help_cuts_no_sentence(operator: Operator) -> None:
    groups = {"", *(" ".join(verb.split()[:-1]) for verb in VERBS)}
    for group in sorted(groups):
        said = operator.types(*group.split(), "--help").out
        assert "Commands:" in said
        assert "..." not in said.partition("Commands:")[2], group


@pytest.mark.parametrize(
    "verb", sorted(each for each in VERBS if each.endswith(("list", "show", "tail", "current")))
)
def test_every_verb_that_lists_answers_in_json_too(verb: str) -> None:
    assert "--json" in {name for option in every_verb(main)[verb].params for name in option.opts}


WRONG = [
    ("nonsense",),
    ("relation",),
    ("relation", "add"),
    ("relation", "add", "x1", "Naam", "--kind", "gemeente"),
    ("relation", "add", "1", "Naam", "--kind", ""),
    ("relation", "block", "404"),
    ("relation", "list", "--nonsense"),
    ("account", "add", "404", "jan", "--name", "Jan"),
    ("account", "add", "10023456", "twee woorden", "--name", "Jan"),
    ("account", "add", "10023456", "jan", "--name", "Jan", "--level", "midden"),
    ("account", "add", "10023456", "jan", "--name", "Jan", "--role", "De Baas"),
    ("account", "add", "10023456", "jan", "--name", "Jan", "--email", "geen adres"),
    ("account", "add", "10023456", "N.JANSEN", "--name", "Dezelfde"),
    ("account", "show", "10023456", "niemand"),
    ("account", "unblock", "10023456", "n.jansen"),
    ("account", "import", "/bestaat/niet.csv"),
    ("activation-code", "issue", "10023456", "n.jansen", "--channel", "duif"),
    ("activation-code", "revoke", "10023456", "n.jansen"),
    (
        "application",
        "add",
        "Hoofdletters",
        "Naam",
        "--address",
        "https://app.voorbeeld.nl/inloggen",
    ),
    ("application", "add", "app", "Naam", "--address", "http://app.voorbeeld.nl/inloggen"),
    ("application", "add", "app", "Naam", "--address", "javascript:alert(1)"),
    ("application", "grant", "10023456", "n.jansen", "app"),
    ("client", "add", "Naam", "--redirect-uri", "https://app.voorbeeld.nl/cb"),
    (
        "client",
        "add",
        "Naam",
        "--profile",
        "basic",
        "--for",
        "generic",
        "--redirect-uri",
        "https://app.voorbeeld.nl/cb",
    ),
    (
        "client",
        "add",
        "Naam",
        "--profile",
        "fapi9",
        "--redirect-uri",
        "https://app.voorbeeld.nl/cb",
    ),
    ("client", "add", "Naam", "--profile", "basic"),
    ("client", "add", "Naam", "--profile", "basic", "--redirect-uri", "http://app.voorbeeld.nl/cb"),
    ("client", "show", "niemand"),
    ("client", "update", "niemand", "--name", "Anders"),
    ("client", "remove", "niemand"),
    ("keys", "retire", "niemand"),
    ("keys", "rotate", "--alg", "HS256"),
    ("explain", "7F3K-2QXM"),
    ("explain", "geen kenmerk"),
    ("audit", "tail", "-n", "0"),
    ("audit", "tail", "--account", "n.jansen"),
    ("audit", "tail", "--account", "10023456/niemand"),
    ("audit", "verify", "/nowhere/audit.jsonl"),
    ("audit", "export"),
    ("client", "claims"),
    ("db", "downgrade", "base"),
    ("demo", "--port", "8400", "--rp-port", "8400"),
    ("demo", "--port", "99999"),
]


def test_wrong_input_gets_one_line_and_exit_code_2_and_changes_nothing(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    before = operator.everything()
    for words in WRONG:
        answer = operator.tries(*words)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), (words, answer)
        assert answer.err.startswith("idp: ")
    assert operator.everything() == before


def test_every_wrong_setting_gets_its_own_line(blank_operator: Operator) -> None:
    answer = blank_operator.tries("relation", "list", IDP_WORKERS="0", IDP_ISUER="https://x.nl")
    assert answer.code == 2
    assert sorted(line.split(":")[1].strip() for line in answer.err.splitlines()) == [
        "IDP_ISUER",
        "IDP_WORKERS",
    ]


def test_a_database_that_was_never_made_is_named_without_a_trace(blank_operator: Operator) -> None:
    answer = blank_operator.tries("relation", "list")
    assert answer.code == 1
    assert "idp db upgrade" in answer.err
    assert answer.err.count("\n") == 1


def test_a_database_whose_folder_is_not_there_yet_is_named_with_the_way_out(
    blank_operator: Operator,
) -> None:
    nowhere = f"sqlite:///{blank_operator.folder}/later/idp.db"
    for verb in (("relation", "list"), ("doctor",)):
        answer = blank_operator.tries(*verb, IDP_DATABASE_URL=nowhere)
        assert answer.code == 1
        assert "`idp db upgrade` makes it" in answer.err + answer.out


def test_the_line_tells_its_version_without_settings_and_it_is_that_of_the_project(
    blank_operator: Operator,
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    blank_operator.environment.clear()
    assert blank_operator.types("--version").out == f"idp {project['version']}\n"


@pytest.mark.parametrize("name", ["IDP_HSM_SLOT"])
def test_a_setting_of_a_later_release_is_refused(blank_operator: Operator, name: str) -> None:
    answer = blank_operator.tries("check-config", **{name: "x"})
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(f"idp: {name}: not a setting of ours")


def test_a_database_that_is_away_is_named_without_its_password(blank_operator: Operator) -> None:
    away = "postgresql+psycopg://idp:geheimwoord@127.0.0.1:9/idp"
    for verb in (("relation", "list"), ("doctor",)):
        answer = blank_operator.tries(*verb, IDP_DATABASE_URL=away)
        assert answer.code == 1
        assert "the database cannot be used" in answer.err + answer.out
        assert "geheimwoord" not in answer.err + answer.out


def test_what_somebody_typed_long_ago_cannot_steer_the_terminal(operator: Operator) -> None:
    with operator.at_work(keep=True):  # before names were looked at
        db.session.add(Relation(number="1", name="Naam\x1b[2J\nmet regels", kind="gemeente"))
    said = operator.types("relation", "list").out
    assert "\x1b" not in said
    assert said.count("\n") == 2


def test_every_change_carries_the_operators_name(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    assert {each["actor"] for each in operator.types("audit", "tail", "--json").json} == {
        "operator:joke"
    }


def test_the_trail_can_be_asked_for_one_account(
    operator: Operator, jansen: tuple[str, str]
) -> None:
    operator.types("account", "add", jansen[0], "p.pietersen", "--name", "Piet Pietersen")
    operator.types("account", "block", *jansen)
    told = operator.types(
        "audit", "tail", "-n", "1", "--account", "10023456/N.Jansen", "--json"
    ).json
    assert [(each["event"], each["gebruikersnaam"]) for each in told] == [
        ("account-blocked", "n.jansen")
    ]
    everything = operator.types("audit", "tail", "--account", "10023456/p.pietersen", "--json").json
    assert {each["gebruikersnaam"] for each in everything} == {"p.pietersen"}


def test_an_operators_name_cannot_forge_the_trail(operator: Operator) -> None:
    answer = operator.tries(
        "relation", "add", "1", "X", "--kind", "y", IDP_OPERATOR="joke\noperator:piet"
    )
    assert answer.code == 2
    assert operator.types("relation", "list", "--json").json == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_may_be_named_as_others_name_it(operator: Operator, database_url: str) -> None:
    for begin in ("postgres://", "postgresql://"):
        named = database_url.replace("postgresql+psycopg://", begin)
        assert operator.tries("relation", "list", IDP_DATABASE_URL=named).code == 0


@pytest.mark.parametrize("url", ["mysql://idp:geheim@db/idp", "geheim", "sqlite+nix:///x", "://"])
def test_a_database_of_a_kind_that_is_not_known_is_named_without_its_password(
    blank_operator: Operator, url: str
) -> None:
    for verb in (("check-config",), ("doctor",), ("relation", "list")):
        answer = blank_operator.tries(*verb, IDP_DATABASE_URL=url)
        assert answer.code == 2
        assert "IDP_DATABASE_URL: begins with sqlite:/// or with postgresql://" in answer.err
        assert "geheim" not in answer.err + answer.out
        assert "Traceback" not in answer.err


def test_the_first_relation_of_a_kind_is_noted(operator: Operator) -> None:
    added = operator.types("relation", "add", "11", "Een", "--kind", "gemente")
    assert "first relation of the kind gemente" in str(added)
    added = operator.types("relation", "add", "12", "Twee", "--kind", "gemente")
    assert "Note" not in str(added)


def test_a_dry_run_that_finds_a_wrong_line_ends_as_a_failure(operator: Operator) -> None:
    file = operator.folder / "relaties.csv"
    file.write_text("relatienummer,naam,soort\n13,Drie,gemeente\nx,Vier,gemeente\n")
    assert operator.tries("import", "relations", str(file), "--dry-run").code == 1
    file.write_text("relatienummer,naam,soort\n13,Drie,gemeente\n")
    assert operator.tries("import", "relations", str(file), "--dry-run").code == 0

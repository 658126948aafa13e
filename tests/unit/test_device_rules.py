"""A file of rules says what it says, or is refused with a line for each fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from idp.settings import SettingsError, load
from idp.settings.device_rules import Facts, RuleFaults, read

USUAL = Facts(
    known_browser=False,
    origin="203.0.113.7",
    hour=22,
    relation_kind="zorgaanbieder",
    level="substantieel",
    methods=frozenset({"totp", "sms"}),
)

#: One fact as a line of a rule → what holds, and what does not.
ONE_FACT = [
    ('browser = "unknown"', {"known_browser": False}, {"known_browser": True}),
    ('browser = "known"', {"known_browser": True}, {"known_browser": False}),
    ('inside = ["203.0.113.0/24"]', {"origin": "203.0.113.9"}, {"origin": "198.51.100.1"}),
    ('inside = ["203.0.113.0/24"]', {"origin": "203.0.113.255"}, {"origin": None}),
    ('outside = ["203.0.113.0/24"]', {"origin": "198.51.100.1"}, {"origin": "203.0.113.9"}),
    ('outside = ["203.0.113.0/24"]', {"origin": "onzin"}, {"origin": "203.0.113.0"}),
    ('outside = ["2001:db8::/32"]', {"origin": "203.0.113.9"}, {"origin": "2001:db8::1"}),
    ('inside = ["203.0.113.0/24"]', {"origin": "::ffff:203.0.113.9"}, {"origin": "::1"}),
    ('hours = "20-7"', {"hour": 20}, {"hour": 19}),
    ('hours = "20-7"', {"hour": 6}, {"hour": 7}),
    ('hours = "7-20"', {"hour": 7}, {"hour": 20}),
    ('hours = "0-24"', {"hour": 0}, None),
    ('relation_kinds = ["gemeente"]', {"relation_kind": "gemeente"}, {"relation_kind": "bank"}),
    ('levels = ["hoog"]', {"level": "hoog"}, {"level": "substantieel"}),
    ('methods = ["sms", "voice"]', {"methods": {"sms"}}, {"methods": {"totp"}}),
]


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "regels.toml"
    file.write_text(text, encoding="utf-8")
    return file


def facts(**changed: object) -> Facts:
    return Facts(**{name: getattr(USUAL, name) for name in USUAL.__slots__} | changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(("line", "holds", "not_so"), ONE_FACT)
def test_a_rule_applies_when_its_fact_holds(
    tmp_path: Path, line: str, holds: dict[str, object], not_so: dict[str, object] | None
) -> None:
    (rule,) = read(written(tmp_path, f'[[rule]]\nname = "een"\n{line}\nask = "key"\n'))
    assert rule.applies(facts(**holds))
    assert not_so is None or not rule.applies(facts(**not_so))


def test_every_fact_of_a_rule_has_to_hold(tmp_path: Path) -> None:
    text = '[[rule]]\nname = "een"\nbrowser = "unknown"\nhours = "20-7"\nask = "fresh"\n'
    (rule,) = read(written(tmp_path, text))
    assert rule.applies(facts())
    assert not rule.applies(facts(known_browser=True))
    assert not rule.applies(facts(hour=12))


GOOD = '[[rule]]\nname = "een"\nbrowser = "unknown"\nask = "key"\n'
BAD = [
    ("", "holds no [[rule]]"),
    ("rule = 3\n", "holds no [[rule]]"),
    ("[[rule]\n", "cannot be read"),
    ("x = 1\n" + GOOD, "x: not known"),
    (GOOD + GOOD, "the name een is there twice"),
    ('[[rule]]\nname = "een"\nask = "key"\n', "rule 1 (een): names no fact"),
    (GOOD.replace('"key"', '"niets"'), "rule 1 (een): ask: Input should be 'key'"),
    (GOOD.replace('ask = "key"\n', ""), "rule 1 (een): ask: Field required"),
    (GOOD.replace('"een"', '"Een regel"'), "rule 1 (Een regel): name: "),
    (GOOD + "land = 1\n", "rule 1 (een): land is not a fact that rules know"),
    (GOOD + 'hours = "20.00-7"\n', "rule 1 (een): hours: "),
    (GOOD + 'hours = "25-7"\n', "rule 1 (een): hours: "),
    (GOOD + 'outside = ["0.0.0.0/0"]\n', "must not be everybody"),
    (GOOD + 'inside = ["kantoor"]\n', "must be IP addresses or networks"),
    (GOOD + "inside = []\n", "rule 1 (een): inside: empty"),
    (GOOD + 'hours = "7-07"\n', "rule 1 (een): hours: begin and end are the same"),
    (GOOD + 'levels = ["laagst"]\n', "rule 1 (een): levels: "),
    (GOOD + 'methods = ["mail"]\n', "rule 1 (een): methods: "),
    (GOOD.replace('"unknown"', '"new"'), "rule 1 (een): browser: "),
    ("#" * 70_000, "larger than any file of rules"),
    ("".join(GOOD.replace("een", f"r{n}") for n in range(51)), "more than 50 rules"),
    ("rule = [1]\n", "rule 1: "),
]


@pytest.mark.parametrize(("text", "said"), BAD)
def test_a_file_that_cannot_serve_is_refused_with_the_reason(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(RuleFaults) as refused:
        read(written(tmp_path, text))
    assert any(said in line for line in refused.value.lines), refused.value.lines


def test_every_fault_gets_a_line_of_its_own_at_start(tmp_path: Path) -> None:
    file = written(
        tmp_path, GOOD + 'hours = "x"\n' + GOOD.replace('"key"', '"niets"') + "land = 1\n"
    )
    (tmp_path / "secret").write_text("5f" * 32)
    with pytest.raises(SettingsError) as refused:
        load(
            {
                "IDP_ISSUER": "https://inloggen.voorbeeld.nl",
                "IDP_SECRET_FILE": str(tmp_path / "secret"),
                "IDP_ALLOW_FILE_KEYS": "1",
                "IDP_DEVICE_RULES": str(file),
            }
        )
    assert len(refused.value.problems) == 3
    assert all(
        line.startswith(f"IDP_DEVICE_RULES: {file}: rule ") for line in refused.value.problems
    )

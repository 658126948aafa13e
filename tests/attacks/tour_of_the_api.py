"""The part of the tour in which a program without a token asks everything of the API for the desk's work."""

from __future__ import annotations

from typing import Final

from tests.attacks.life import Life

METHODS: Final = {"GET", "POST", "PUT", "PATCH", "DELETE"}


def ask_the_api(life: Life) -> None:
    """Every operation, with names of nothing; each is refused before anything is looked up."""
    browser = life.browser()
    for rule in sorted(life.house.app.url_map.iter_rules(), key=lambda each: each.rule):
        if rule.rule.startswith("/api/beheer/"):
            address = rule.rule.replace("<", "").replace(">", "")
            for method in sorted(METHODS & set(rule.methods or ())):
                assert browser.send(method, address).status == 401, (method, address)

"""What the operator's rules ask of one sign-in, and writing down once which of them did.

A rule decides while somebody signs in, where it changes what the second step may be. It ends no session, and it never
leaves a person without any step: where there is nothing stronger it only says so in the audit trail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from idp import clock, settings
from idp.audit import Event, record
from idp.flows.front_door import origin
from idp.flows.known_browsers import known_as
from idp.flows.steps import Standing
from idp.flows.transaction import LoginTransaction, Purpose
from idp.mfa import catalogue
from idp.models import Account
from idp.settings.device_rules import Facts, Rule


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules that apply come to."""

    held: frozenset[str] = frozenset()
    """The kinds of second step that will not do."""
    stronger: bool = False
    """A second step is asked, whatever the application asks."""
    fresh: bool = False
    """It is taken now: what the session proved earlier does not count."""
    applied: tuple[tuple[Rule, bool], ...] = ()
    """Each rule, and whether there was something stronger to ask."""


NONE: Final = Ruling()


def ruling(login: LoginTransaction, account: Account, standing: Standing) -> Ruling:
    """What is asked of this sign-in now; nothing while methods are set up with an activation code."""
    rules = settings.current().rules
    if (
        not rules
        or login.purpose is Purpose.ACTIVATION
        or standing.window_open
        or not standing.kinds
    ):
        return NONE
    facts = _facts(account, standing)
    held: frozenset[str] = frozenset()
    stronger = fresh = False
    applied = []
    for rule in rules:
        if not rule.applies(facts):
            continue
        will_do = _WILL_DO[rule.ask](standing) - standing.too_new
        possible = bool(will_do)
        if possible and rule.ask == "fresh":
            fresh = True
        elif possible:
            held |= frozenset(standing.kinds) - will_do
        stronger = stronger or possible
        applied.append((rule, possible))
    return Ruling(held, stronger, fresh, tuple(applied))


def note(login: LoginTransaction, account: Account, decided: Ruling) -> LoginTransaction:
    """Write down each rule that applies, once in a sign-in. Does not commit."""
    new = [each for each in decided.applied if each[0].name not in login.ruled]
    for rule, possible in new:
        record(
            Event.RULE_APPLIED,
            account_id=account.id,
            relation_id=account.relation_id,
            reference=login.reference,
            rule=rule.name,
            ask=rule.ask,
            possible=possible,
        )
    return login.moved(ruled=(*login.ruled, *(rule.name for rule, _ in new))) if new else login


def _facts(account: Account, standing: Standing) -> Facts:
    return Facts(
        known_browser=known_as(account.id, account.browsers_epoch) is not None,
        origin=origin(),
        hour=clock.now().astimezone(clock.HERE).hour,
        relation_kind=account.relation.kind,
        level=account.level.label,
        methods=frozenset(standing.kinds),
    )


def _keys(standing: Standing) -> frozenset[str]:
    return frozenset(standing.phishing_resistant)


def _without_messages(standing: Standing) -> frozenset[str]:
    return frozenset(
        factor.kind
        for factor in catalogue.factors()
        if factor.kind in standing.kinds and not factor.sends_messages
    )


#: What a rule asks → the kinds, of those that the person has, that will do.
_WILL_DO: Final[dict[str, Callable[[Standing], frozenset[str]]]] = {
    "fresh": lambda standing: frozenset(standing.kinds),
    "key": _keys,
    "no-messages": _without_messages,
}

"""What a registration may say of signing out: where we tell the application, and the page that ours frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from idp import outward, settings
from idp.oidc import addresses
from idp.oidc.problems import Problem
from idp.oidc.registration import Registration

#: Longest address that is told of a sign-out.
LONGEST: Final = 500


def it_can_be_told_of_a_sign_out(this: Registration) -> Iterator[Problem]:
    """An address that we may call (OpenID Connect Back-Channel Logout 1.0 section 2.2)."""
    member = "backchannel_logout_uri"
    if (address := this.backchannel_logout_uri) is None:
        if this.backchannel_logout_session_required:
            yield _without_an_address("backchannel")
        return
    if not this.signs_people_in:
        yield Problem(member, f"a {member} is for clients that sign people in")
    # we call it: what a test client has on its own `localhost` is not there for us
    rules = replace(this.address_rules, localhost=False)
    if words := addresses.problem(address, rules, longest=LONGEST):
        yield Problem(member, f"the {member} {{}} {words}", address)
        return
    try:
        outward.check(address)
    except outward.CannotReach as why:
        yield Problem(member, f"the {member} {{}} cannot be called: {why}", address)


def its_page_for_signing_out_can_be_framed(this: Registration) -> Iterator[Problem]:
    """A page on the origin of a redirect address (OpenID Connect Front-Channel Logout 1.0 section 2)."""
    member = "frontchannel_logout_uri"
    if (address := this.frontchannel_logout_uri) is None:
        if this.frontchannel_logout_session_required:
            yield _without_an_address("frontchannel")
        return
    if not settings.current().frontchannel_logout:
        yield Problem(
            member,
            "front-channel logout is switched off here; IDP_FRONTCHANNEL_LOGOUT switches it on",
        )
    if words := addresses.problem(address, this.address_rules, longest=LONGEST):
        yield Problem(member, f"the {member} {{}} {words}", address)
    elif addresses.origin_of(address) not in map(addresses.origin_of, this.redirect_uris):
        yield Problem(
            member, f"the {member} {{}} is on another origin than every redirect_uri", address
        )


def _without_an_address(way: str) -> Problem:
    member = f"{way}_logout_session_required"
    return Problem(member, f"{member} goes with a {way}_logout_uri")


RULES: Final = (it_can_be_told_of_a_sign_out, its_page_for_signing_out_can_be_framed)

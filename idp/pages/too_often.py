"""What the error pages say of something that was tried or asked too often."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from idp import clock
from idp.pages import moments
from idp.pages.error_words import ErrorCopy, Facts, sign_in_again
from idp.pages.wording import translate

_ = translate
#: Longer than this nobody waits: it takes a colleague.
_LONG: Final = timedelta(days=2)


def _wait(facts: Facts) -> str:
    moment = facts.get("until")
    if isinstance(moment, datetime) and moment - clock.now() > _LONG:
        return _("Wachten helpt niet meer. Bel de Servicedesk: zij laat u weer inloggen.")
    if isinstance(moment, datetime):
        return _("Wacht tot %(time)s. Probeer het daarna opnieuw.", time=moments.time(moment))
    return _("Wacht een paar minuten. Probeer het daarna opnieuw.")


def code_attempts(_facts: Facts) -> ErrorCopy:
    """Too many wrong codes in one sign-in: it starts again, and the account is as it was."""
    return ErrorCopy(
        title=_("U hebt te vaak een verkeerde code ingevuld"),
        explanation=_("Daarom is deze keer inloggen gestopt."),
        steps=(
            _("Log opnieuw in. Dat kan meteen. Gebruik de nieuwste code."),
            _("Was u dit niet? Bel direct de Servicedesk."),
        ),
        button=sign_in_again(),
        icon="lock",
        grave=True,
    )


def throttled(facts: Facts) -> ErrorCopy:
    """Too many wrong details for one name or account: a wait for everybody."""
    return ErrorCopy(
        title=_("U hebt te vaak verkeerde gegevens ingevuld"),
        explanation=_("Daarom kunt u nu even niet inloggen. Zo beschermen wij uw gegevens."),
        steps=(_wait(facts), _("Was u dit niet? Bel direct de Servicedesk.")),
        button=sign_in_again(),
        icon="lock",
        grave=True,
    )


def password_links_spent(facts: Facts) -> ErrorCopy:
    """Links to a new password were asked for too often, for this name or from here."""
    return ErrorCopy(
        title=_("Er is te vaak om een nieuw wachtwoord gevraagd"),
        explanation=_("Daarom sturen wij nu even geen mail. Zo beschermen wij uw account."),
        steps=(
            _("Kijk of u al een mail van ons hebt. De nieuwste link werkt 30 minuten."),
            _later(facts),
            _("Wilt u niet wachten? Bel de Servicedesk."),
        ),
        button=(_("Naar de inlogpagina"), "/"),
        icon="clock",
    )


def mail_codes_spent(facts: Facts) -> ErrorCopy:
    """Codes for the own mail address were asked for too often."""
    return ErrorCopy(
        title=_("Er is te vaak om een code gevraagd"),
        explanation=_("Daarom sturen wij nu even geen mail."),
        steps=(
            _("Kijk of u al een mail van ons hebt, ook bij ongewenste mail."),
            _later(facts),
        ),
        button=(_("Naar Beveiliging"), str(facts.get("way_on") or "/mijn/beveiliging")),
        icon="clock",
    )


def _later(facts: Facts) -> str:
    moment = facts.get("until")
    if isinstance(moment, datetime):
        return _("Na %(time)s kunt u het opnieuw vragen.", time=moments.time(moment))
    return _("Over een uur kunt u het opnieuw vragen.")


def sends_spent(facts: Facts) -> ErrorCopy:
    """As many messages as there are: what else is possible, or from when. `other_way` and `asked`: see `no_more`."""
    until, other_way = facts.get("until"), facts.get("other_way")
    asked = facts.get("asked")
    steps = (
        [_("Kies een andere methode. Daarvoor hoeven wij niets te sturen.")] if other_way else []
    )
    if isinstance(until, datetime):
        again = _("U kunt %(moment)s weer een code vragen.", moment=moments.soon(until))
    elif other_way:
        again = _("Of log opnieuw in. Dan kunt u weer codes vragen.")
    else:
        again = _("Log opnieuw in. Dan kunt u weer codes vragen.")
    return ErrorCopy(
        title=_("Meer codes kunnen nu niet"),
        explanation=_(
            "U hebt %(asked)s codes gevraagd. Meer sturen wij nu niet. Dat is veiliger.",
            asked=asked,
        )
        if asked
        else _("Wij sturen een paar codes achter elkaar, en niet meer. Dat is veiliger."),
        steps=(*steps, again, _("Krijgt u steeds geen code? Bel de Servicedesk.")),
        button=_way_on_without_codes(other_way=bool(other_way), waits=until is not None),
        icon="clock",
    )


def _way_on_without_codes(*, other_way: bool, waits: bool) -> tuple[str, str]:
    if other_way:
        return _("Andere methode kiezen"), "/"
    return (_("Opnieuw proberen"), "/") if waits else sign_in_again()


def too_soon(facts: Facts) -> ErrorCopy:
    """Another message before the waiting time is over."""
    return ErrorCopy(
        title=_("U hebt te snel na elkaar om een code gevraagd"),
        explanation=_("Wij sturen niet meer codes achter elkaar."),
        steps=(_wait(facts), _("Of gebruik een andere methode.")),
        button=sign_in_again(),
        icon="clock",
    )

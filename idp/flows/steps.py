"""Which step comes next: one pure function, and its table in `tests/unit/test_steps.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from idp.assurance import FIRST_STEP, Assurance, Level, Proof, Strength, attained, fresh_enough
from idp.flows.transaction import LoginTransaction, Purpose


class Step(StrEnum):
    """Where a sign-in can stand; all but the last four are pages, named by the contract."""

    IDENTIFY = "login"
    ACTIVATION_INTRO = "activation-intro"
    ACTIVATION_CODE = "activation-code"
    CHOOSE_METHODS = "choose-methods"
    ENROL = "enrol"
    ENROLMENT_DONE = "enrolment-done"
    CHOOSE_METHOD = "choose-method"
    SECOND_FACTOR = "second-factor"
    SET_PASSWORD = "set-password"
    NO_METHOD = "no-method"
    NUMBER_TOO_NEW = "number-too-new"
    WINDOW_CLOSED = "activation-window-closed"
    FINISH = "finish"


#: The pages of setting up, from the introduction to *Instellen afgerond*.
SETTING_UP: Final = frozenset(
    {
        Step.ACTIVATION_INTRO,
        Step.ACTIVATION_CODE,
        Step.CHOOSE_METHODS,
        Step.ENROL,
        Step.ENROLMENT_DONE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What the account has, as far as the next step depends on it."""

    kinds: tuple[str, ...] = ()
    """The kinds of second step that the person can use."""
    phishing_resistant: tuple[str, ...] = ()
    """Those of them that phishing does not get past."""
    hoog: tuple[str, ...] = ()
    """Those that reach *hoog*; told only where that is asked."""
    too_new: frozenset[str] = frozenset()
    """Those of them that are worth *laag* at most, for as long as they are new."""
    held: frozenset[str] = frozenset()
    """Those of them that will not do by a rule of the operator; never all."""
    stronger: bool = False
    """By such a rule a second step is asked, whatever the application asks."""
    live_code: bool = False
    window_open: bool = False
    """An enrolment window is open for this account in this browser."""
    password_is_temporary: bool = False


def next_step(
    login: LoginTransaction, standing: Standing, proofs: Iterable[Proof], *, now: datetime
) -> Step:
    """The step that this sign-in needs next, from what was proved (here and in the session) and what there is."""
    counting = tuple(
        proof
        for proof in fresh_enough(proofs, login.demands, now=now)
        if proof.kind not in standing.held
    )
    if login.purpose is Purpose.NEW_PASSWORD:
        return _new_password(login, standing, counting)
    strengths = {proof.strength for proof in counting}
    if not _first_steps(login, standing) & strengths:
        return Step.IDENTIFY
    two_steps = Strength.POSSESSION in strengths
    activates = login.purpose is Purpose.ACTIVATION or not standing.kinds
    if activates and not login.enrolled and not standing.window_open:
        return _before_the_window(login, standing)
    if two_steps and standing.password_is_temporary:
        return Step.SET_PASSWORD
    if two_steps and login.recovered:
        return _setting_up(login, window_open=True)
    # A sign-in in which a method was set up goes on setting up; after a new start it first asks for that method.
    activates = activates or (login.purpose is Purpose.SIGN_IN and bool(login.enrolled))
    if activates and (two_steps or (standing.window_open and not login.enrolled)):
        return _setting_up(login, window_open=standing.window_open)
    if _adds_more_here(login):
        return _setting_up(login, window_open=True)
    # A start password, which others have seen, opens nothing by itself.
    taken = attained(counting, enrolled_at=Level.HOOG)
    if standing.password_is_temporary or not taken.covers(_enough(login, standing)):
        return _second_step(login, standing)
    if login.purpose is Purpose.ADD_METHOD:
        return _setting_up(login, window_open=True)
    return Step.FINISH


def _first_steps(login: LoginTransaction, standing: Standing) -> frozenset[Strength]:
    """What will do as the first step: a passkey does not set up an account, nor is it a password of one's own."""
    if login.purpose is Purpose.ACTIVATION or standing.password_is_temporary:
        return frozenset({Strength.KNOWLEDGE})
    return FIRST_STEP


def _new_password(login: LoginTransaction, standing: Standing, counting: Iterable[Proof]) -> Step:
    """By a link in a mail: never without the own second step, and never on to anything else."""
    if not standing.kinds:
        return Step.NO_METHOD
    enough = _enough(login, standing)
    taken = (Assurance(proof.ceiling, proof.phishing_resistant) for proof in counting)
    if any(each.covers(enough) for each in taken):
        return Step.SET_PASSWORD
    return _second_step(login, standing)


def _adds_more_here(login: LoginTransaction) -> bool:
    """Who added a method in this sign-in proved enough for another one, even if the first took the place of that proof.

    Not after a new start: what was proved before it counts no more.
    """
    added = login.purpose is Purpose.ADD_METHOD and bool(login.enrolled)
    return added and login.session_id is not None


def _before_the_window(login: LoginTransaction, standing: Standing) -> Step:
    """An activation code has to be entered first, if there is one to enter."""
    if login.window_was_open:
        return Step.WINDOW_CLOSED
    if login.purpose is not Purpose.ACTIVATION and not standing.live_code:
        return Step.NO_METHOD
    return Step.ACTIVATION_CODE if login.intro_seen else Step.ACTIVATION_INTRO


def _setting_up(login: LoginTransaction, *, window_open: bool) -> Step:
    """Choose methods, set each one up, then finish or choose again; after the window only finishing is left."""
    if login.finished:
        return Step.FINISH
    if login.to_enrol and window_open:
        return Step.ENROL
    if not login.enrolled or (login.choosing and window_open):
        return Step.CHOOSE_METHODS
    return Step.ENROLMENT_DONE


def _enough(login: LoginTransaction, standing: Standing) -> Assurance:
    """What is demanded, as far as this person can give it: whether that suffices is the asker's question."""
    asked = login.demands.level
    if standing.stronger:
        asked = max(asked, Level.SUBSTANTIEEL)
    return Assurance(
        min(asked, Level.HOOG if standing.hoog else Level.SUBSTANTIEEL),
        login.demands.phishing_resistant and bool(standing.phishing_resistant),
    )


def offered(login: LoginTransaction, standing: Standing) -> tuple[str, ...]:
    """The kinds of second step that help this sign-in on; one that would not do is not offered."""
    enough = _enough(login, standing)
    if enough.level is Level.HOOG:
        return standing.hoog
    kinds = standing.phishing_resistant if enough.phishing_resistant else standing.kinds
    kinds = tuple(kind for kind in kinds if kind not in standing.held)
    if enough.level <= Level.LAAG:
        return kinds
    return tuple(kind for kind in kinds if kind not in standing.too_new)


def recovery_helps(login: LoginTransaction, standing: Standing) -> bool:
    """Whether a recovery code can take the place of the second step: not where *hoog* or a key is needed.

    Nor where a rule holds weaker steps back, nor after a link in a mail: a mailbox and a sheet of paper would be all
    it takes.
    """
    if login.purpose is Purpose.NEW_PASSWORD or standing.held:
        return False
    return bool(standing.kinds) and Assurance(Level.SUBSTANTIEEL).covers(_enough(login, standing))


def _second_step(login: LoginTransaction, standing: Standing) -> Step:
    """One's own methods to choose from; no choice page when there is exactly one."""
    kinds = offered(login, standing)
    if not kinds:
        return Step.NUMBER_TOO_NEW
    if login.chosen in kinds or len(kinds) == 1:
        return Step.SECOND_FACTOR
    return Step.CHOOSE_METHOD

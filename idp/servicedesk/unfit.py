"""What a colleague or a program asked and cannot be done: which field, and in which words."""

from __future__ import annotations

from idp.errors import WrongInput


class Unfit(WrongInput):
    """`why` is for the operator's line, in English; `told` for the desk, in Dutch; `member` is the field."""

    def __init__(self, member: str, why: str, told: str) -> None:
        super().__init__(why)
        self.member = member
        self.told = told


class Stale(Unfit):
    """A colleague changed it since it was looked at. `now` is what stands there, by what the desk calls it."""

    def __init__(self, now: dict[str, str]) -> None:
        super().__init__(
            "",
            "it was changed since it was read",
            "Een collega heeft dit intussen veranderd. Kijk wat er nu staat, en verander het dan opnieuw.",
        )
        self.now = now


class Unsaid(WrongInput):
    """What is missing of an errand, all of it: by the field that asks for it, in Dutch."""

    def __init__(self, wrong: dict[str, str]) -> None:
        super().__init__("; ".join(wrong.values()))
        self.wrong = wrong


def told(wrong: WrongInput) -> dict[str, str]:
    """The fields of a form that are wrong, each with its sentence."""
    if isinstance(wrong, Unfit):
        return {wrong.member: wrong.told}
    named = wrong.wrong if isinstance(wrong, Unsaid) else {"ticket": wrong.why}
    return {field: f"{says[:1].upper()}{says[1:]}." for field, says in named.items()}

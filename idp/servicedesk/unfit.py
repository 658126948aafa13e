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


def told(wrong: WrongInput) -> dict[str, str]:
    """The fields of a form that are wrong, each with its sentence; an errand's words have no field of their own."""
    if isinstance(wrong, Unfit):
        return {wrong.member: wrong.told}
    says = f"{wrong.why[:1].upper()}{wrong.why[1:]}."
    field = {"kies een reden": "reden", "kies hoe u de beller hebt gecontroleerd": "controle"}
    return {field.get(wrong.why, "ticket"): says}

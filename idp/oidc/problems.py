"""One thing that is wrong with a registration: whose member, and in which words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: How a sentence ends that names what was said after what could be.
_CONTRAST: Final = re.compile(r", not (with )?\{\}$")


@dataclass(frozen=True, slots=True)
class Problem:
    """`words` are a sentence in which `{}` stands for what was said; only an operator reads that."""

    member: str
    """The member of `Registration`."""
    words: str
    shown: str = ""

    @property
    def says(self) -> str:
        """For the operator's terminal."""
        plain = self.shown.isascii() and self.shown.replace("_", "").isalnum()
        return self.words.replace("{}", self.shown if plain else ascii(self.shown[:120]))

    @property
    def told(self) -> str:
        """For whoever registers over the network: the rule, and nothing of what was sent."""
        return _CONTRAST.sub("", self.words).replace("{} ", "").replace(" {}", "")

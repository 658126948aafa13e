"""The table that a run prints, and the file that it leaves."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from bench.measure import Figures
from bench.processes import Memory

FOLDER: Final = Path(__file__).resolve().parent.parent / "var" / "bench"


def _at_most(milliseconds: float) -> dict[str, float]:
    """On SQLite; PostgreSQL may take 1.6 times that."""
    return {"SQLite": milliseconds, "PostgreSQL": round(milliseconds * 1.6, 2)}


#: Line by line: what it is called, its name among the figures, and the most it may be (milliseconds) on each database.
LINES: Final[tuple[tuple[str, str, dict[str, float]], ...]] = (
    ("Argon2 hash alone", "argon2", {}),
    ("complete sign-in", "sign-in", {}),
    ("  beside the hash", "sign-in beside the hash", {"SQLite": 12.0, "PostgreSQL": 12.0}),
    ("token exchange, RS256", "exchange RS256", {"SQLite": 1.5, "PostgreSQL": 2.5}),
    ("token exchange, ES256", "exchange ES256", _at_most(0.95)),
    ("refresh, ES256", "refresh", _at_most(0.95)),
    ("authorize with a session", "authorize with a session", _at_most(0.8)),
    ("userinfo", "userinfo", _at_most(0.4)),
    ("introspection", "introspection", _at_most(0.4)),
    ("client credentials", "client credentials", _at_most(0.4)),
)
MOST_MB: Final = (120.0, 160.0)
MOST_APART_MS: Final = 5.0


@dataclass(slots=True)
class Report:
    """Everything one run found; parts that were not measured stay empty."""

    started_at: datetime
    cpu: dict[str, Figures] = field(default_factory=dict)
    """By database."""
    failures: dict[str, float] = field(default_factory=dict)
    memory: tuple[Memory, Memory] | None = None
    sign_ins_before_memory: int = 0

    def table(self) -> str:
        """For people: figures, and beside each what it has to stay below; `!` marks one that does not."""
        return "\n".join(
            line.rstrip() for line in (*self._cpu(), *self._failures(), *self._memory())
        )

    def _cpu(self) -> list[str]:
        if not self.cpu:
            return []
        medians = {database: figures.medians() for database, figures in self.cpu.items()}
        head = "Server CPU per operation, ms".ljust(30)
        lines = [head + "".join(f"{database:>12}{'at most':>9}  " for database in medians)]
        for says, name, most in LINES:
            cells = (_cell(found[name], most.get(database)) for database, found in medians.items())
            lines.append(says.ljust(30) + "".join(cells))
        return lines

    def _failures(self) -> list[str]:
        if not self.failures:
            return []
        told = ", ".join(
            f"{reason} {median:.1f}" for reason, median in sorted(self.failures.items())
        )
        mark = "!" if self.apart > MOST_APART_MS else ""
        return [
            "",
            "Failing sign-ins, median ms",
            f"  {told}",
            f"  apart {self.apart:.2f}{mark} (at most {MOST_APART_MS:.0f})",
        ]

    @property
    def apart(self) -> float:
        """Between the quickest and the slowest reason to fail, in milliseconds."""
        return max(self.failures.values()) - min(self.failures.values())

    def _memory(self) -> list[str]:
        if self.memory is None:
            return []
        lines = ["", "Memory of the demo's provider, MB"]
        moments = ("after its start", f"after {self.sign_ins_before_memory} sign-ins")
        for says, held, most in zip(moments, self.memory, MOST_MB, strict=True):
            mark = "!" if held.rss > most else ""
            lines.append(
                f"  {says.ljust(28)}{held.rss:>7.0f}{mark} (at most {most:.0f}; {held.pss:.0f} without shared pages)"
            )
        return lines

    def save(self) -> Path:
        """Leave the figures, batch by batch, as JSON; returns where."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        file = FOLDER / f"{self.started_at:%Y-%m-%dT%H%M%S}.json"
        file.write_text(json.dumps(self._as_json(), indent=2) + "\n", encoding="utf-8")
        return file

    def _as_json(self) -> dict[str, Any]:
        return {
            "started_at": self.started_at.isoformat(timespec="seconds"),
            "machine": {
                "python": platform.python_version(),
                "system": f"{platform.system()} {platform.machine()}",
                "cores": os.cpu_count(),
            },
            "cpu_milliseconds": {
                database: {"median": figures.medians(), "batches": figures.batches}
                for database, figures in self.cpu.items()
            },
            "at_most_milliseconds": {name: most for _, name, most in LINES if most},
            "failing_sign_ins_milliseconds": self.failures,
            "memory_mb": [asdict(each) for each in self.memory or ()],
            "sign_ins_before_memory": self.sign_ins_before_memory,
        }


def _cell(value: float, most: float | None) -> str:
    mark = "!" if most is not None and value > most else " "
    return f"{value:>11.2f}{mark}{f'{most:g}' if most is not None else '':>9}  "

"""The list of leaked passwords: what is on it is found, what is cut short refused, nothing half-made has its name."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from idp.breach_list import BreachList, Unsorted, UnusableList, make


def digest(password: str) -> bytes:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()


def lines(*passwords: str, count: int | None = None) -> list[bytes]:
    behind = b"" if count is None else b":%d" % count
    return sorted(digest(each) + behind + b"\r\n" for each in passwords)


MANY = tuple(f"wachtwoord nummer {number}" for number in range(3_000))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A list of three thousand."""
    assert make(lines(*MANY), tmp_path / "list") == 3_000
    return tmp_path / "list"


def test_what_is_on_it_is_found_and_nothing_else(file: Path) -> None:
    known = BreachList(file)
    assert known.entries == 3_000
    assert all(each in known for each in MANY)
    assert not any(f"{each}!" in known for each in MANY)
    assert file.stat().st_size < 3_000 * 4 + 600_000


def test_the_first_and_the_last_entry_of_all_are_found(tmp_path: Path) -> None:
    class Fixed(BreachList):
        """Looks at digests of our choosing."""

    low, high = b"0" * 40, b"F" * 40
    assert make([low, high], tmp_path / "list") == 2
    known = Fixed(tmp_path / "list")
    assert known._bucket(0) == (0, 1)
    assert known._bucket(0xFFFF) == (1, 2)
    assert known._bucket(1) == (1, 1)


def test_a_list_may_be_empty(tmp_path: Path) -> None:
    assert make([], tmp_path / "list") == 0
    assert "iets" not in BreachList(tmp_path / "list")


def test_what_was_seen_seldom_can_be_left_out(tmp_path: Path) -> None:
    mixed = sorted(lines("vaak", count=10) + lines("zelden", count=9) + lines("onbekend"))
    assert make(mixed, tmp_path / "list", at_least=10) == 2
    known = BreachList(tmp_path / "list")
    assert ("vaak" in known, "zelden" in known, "onbekend" in known) == (True, False, True)


@pytest.mark.parametrize("left", [0, 10, 24, 500_000, -1])
def test_a_list_that_is_cut_short_is_refused(file: Path, left: int) -> None:
    os.truncate(file, file.stat().st_size - 1 if left < 0 else left)
    with pytest.raises(UnusableList, match=r"cut short|should be"):
        BreachList(file)


def test_a_list_that_is_cut_short_while_it_is_open_gives_no_answer(file: Path) -> None:
    known = BreachList(file)
    os.truncate(file, 600)
    with pytest.raises(UnusableList, match="cut short"):
        [each in known for each in MANY]


@pytest.mark.parametrize("content", [b"geen lijst" * 100_000, b"idp breaches 2\n\0" * 40_000])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list").write_bytes(content)
    with pytest.raises(UnusableList, match="not a list"):
        BreachList(tmp_path / "list")


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableList, match="No such file"):
        BreachList(tmp_path / "list")


@pytest.mark.parametrize(
    "bad",
    [
        [*lines("een", "twee")[::-1]],
        [b"een\n"],
        [b"\n"],
        [digest("een")[:-1]],
        [digest("een") + b":veel"],
        [digest("een") + b"," + digest("twee")],
        [b"\xff" * 40],
    ],
)
def test_what_cannot_be_used_leaves_nothing_behind(tmp_path: Path, bad: list[bytes]) -> None:
    with pytest.raises(Unsorted, match=r"line \d"):
        make(bad, tmp_path / "list")
    assert not list(tmp_path.iterdir())


def test_a_list_that_fails_leaves_the_one_before(file: Path) -> None:
    with pytest.raises(Unsorted):
        make([b"geen"], file)
    assert BreachList(file).entries == 3_000
    assert [each.name for each in file.parent.iterdir()] == ["list"]

"""Passwords: any characters, never cut, peppered, and every failure as dear as every other."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import argon2
import bcrypt
import pytest

from idp.accounts import directory, imported_hashes, new_passwords, passwords
from idp.accounts.imported_hashes import ImportedHash
from idp.database import db
from idp.errors import WrongInput
from idp.models import Account, AuditEvent
from tests.support.house import TRUE_HASHER
from tests.support.journeys import PASSWORD, account_of, add_person, house_of_this_worker
from tests.support.run import Run

LONG = (
    "eén wachtwoord mag best lang zijn, want een zin onthoudt u makkelijker "
    "dan losse tekens en cijfers; tot hier, en verder: xxxxxxx"
)


@pytest.fixture(autouse=True)
def _true_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Here a hash costs what it costs people."""
    monkeypatch.setattr(passwords, "_hasher", TRUE_HASHER)
    passwords._dummy.cache_clear()
    yield
    passwords._dummy.cache_clear()


@pytest.fixture
def account(database_url: str, run: Run) -> Iterator[Account]:
    """An account, inside a house over each database."""
    house = house_of_this_worker(database_url, run)
    with house.app.app_context():
        yield account_of(add_person(house))


def opens(account: Account, attempt: str) -> bool:
    return passwords.verify(account.password_hash, account.password_scheme, attempt)


@pytest.mark.parametrize(
    ("password", "attempt", "right"),
    [
        (PASSWORD, PASSWORD, True),
        (PASSWORD, PASSWORD.upper(), False),
        (PASSWORD, PASSWORD + " ", False),
        (PASSWORD, "", False),
        ("caf\u00e9 met een terras", "cafe\u0301 met een terras", True),
        ("cafe\u0301 met een terras", "caf\u00e9 met een terras", True),
        ("ﬁets en Ｋaas", "fiets en Kaas", True),  # NFKC: look-alikes of keyboards are one
        ("wachtwoord\x00een", "wachtwoord\x00twee", False),
        ("🔑" * 12, "🔑" * 12, True),
        ("🔑" * 12, "🔒" * 12, False),
        (LONG, LONG, True),
        (LONG, LONG[:-1], False),
        (LONG, LONG[:72], False),
        (LONG[:99] + "a" + LONG[100:], LONG[:99] + "b" + LONG[100:], False),
    ],
)
def test_what_opens_an_account(account: Account, password: str, attempt: str, right: bool) -> None:
    passwords.set_password(account, password, temporary=False)
    assert opens(account, attempt) is right


def test_no_account_has_a_password(account: Account) -> None:
    assert passwords.verify(None, None, PASSWORD) is False
    assert passwords.verify(None, passwords.OURS, "") is False


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("korter dan 1", None),  # exactly twelve
        ("elf tekens!", "short"),
        ("🔑🔒🗝🚪🪟🏠🏢🏫🏥🏦🏨", "short"),  # eleven, though many bytes
        (LONG, None),
        (LONG + "x", "long"),
        ("correct horse battery staple", None),
        ("alleen kleine letters", None),
        ("            ", "context"),
        ("aaaaaaaaaaaa", "simple"),
        ("abababababab", "simple"),
        ("j.devries123", "context"),
        ("10023456-10023456", "context"),
        ("gemeente voorbeeld", "context"),
        ("GemeenteVoorbeeld!", "context"),
        ("Mijn CAK Zakelijk", "context"),
        ("Welkom123456", "context"),
        ("wachtwoord12", "context"),
        ("QWERTY123456789", "context"),
        ("gemeente voorbeeld paarse olifant", None),
        (
            "fietsenmaker2024",
            "simple",
        ),  # the guesser alone, which knows no Dutch, finds this one strong
        ("Amsterdam2026!", "simple"),
        ("Zomer2026Zomer", "simple"),
        ("4@8({[</3&1!|6+7$0%2" * 6, None),
    ],
)
def test_what_may_be_a_new_password(account: Account, password: str, why: str | None) -> None:
    assert len(LONG) == new_passwords.LONGEST == 128
    assert new_passwords.weakness(password, account) == why


def test_a_hash_is_argon2id_of_at_least_the_owasp_cost_with_a_salt_of_its_own(
    account: Account,
) -> None:
    hashes = set()
    for _ in range(2):
        passwords.set_password(account, PASSWORD, temporary=False)
        hashes.add(account.password_hash)
    assert len(hashes) == 2
    cost = argon2.extract_parameters(account.password_hash)
    assert cost.type is argon2.Type.ID
    assert (cost.memory_cost, cost.time_cost, cost.parallelism) >= (19_456, 2, 1)
    assert cost.salt_len >= 16


def test_a_database_alone_cannot_check_a_password(account: Account) -> None:
    passwords.set_password(account, PASSWORD, temporary=False)
    for guess in (PASSWORD, PASSWORD.encode(), base64.b64encode(PASSWORD.encode())):
        with pytest.raises(argon2.exceptions.VerifyMismatchError):
            argon2.PasswordHasher().verify(account.password_hash, guess)


def test_a_start_password_is_long_readable_and_temporary(account: Account) -> None:
    start = directory.reset_password(account, actor="test").reveal()
    groups = start.split("-")
    assert [len(group) for group in groups] == [4, 4, 4, 4]
    assert not set("ILOU") & set(start)
    assert account.password_is_temporary
    assert opens(account, start)
    assert start not in repr(directory.reset_password(account, actor="test"))


# --- hashes of another system ---------------------------------------------------------------------------------------


def passlib(kind: str, rounds: int, password: str = PASSWORD) -> str:
    def ab64(data: bytes) -> str:
        return base64.b64encode(data).decode().rstrip("=").replace("+", ".")

    salt = b"\xfb\xff\xbf0123456789abc"
    made = hashlib.pbkdf2_hmac(kind, password.encode(), salt, rounds)
    return f"$pbkdf2-{kind}${rounds}${ab64(salt)}${ab64(made)}"


def django(kind: str, rounds: int, password: str = PASSWORD) -> str:
    made = hashlib.pbkdf2_hmac(kind, password.encode(), b"zoutzoutzout", rounds)
    return f"pbkdf2_{kind}${rounds}$zoutzoutzout${base64.b64encode(made).decode()}"


def argon(variant: argon2.Type, password: str = PASSWORD) -> str:
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=2, type=variant)
    return hasher.hash(password)


BCRYPT = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
IMPORTED = {
    "bcrypt-4": BCRYPT,
    "bcrypt-4 of PHP": BCRYPT.replace("$2b$", "$2y$"),
    "bcrypt-4 of old": BCRYPT.replace("$2b$", "$2a$"),
    "pbkdf2-sha256-1000": passlib("sha256", 1_000),
    "pbkdf2-sha512-1000": passlib("sha512", 1_000),
    "pbkdf2-sha256-1200": django("sha256", 1_200),
    "pbkdf2-sha512-1200": django("sha512", 1_200),
    "argon2-64-1-2": argon(argon2.Type.ID),
    "argon2-64-1-2 (i)": argon(argon2.Type.I),
    "argon2-64-1-2 (d)": argon(argon2.Type.D),
}


@pytest.mark.parametrize(("scheme", "hashed"), IMPORTED.items(), ids=list(IMPORTED))
def test_an_imported_hash_opens_with_its_password_only(scheme: str, hashed: str) -> None:
    known = imported_hashes.recognise(hashed)
    assert known.scheme == scheme.partition(" ")[0]
    assert known.matches(PASSWORD)
    for wrong in (PASSWORD + "x", PASSWORD[:-1], "", "x" * 4_000, "\x00", "é" * 200):
        assert not known.matches(wrong)


@pytest.mark.parametrize("scheme", sorted({name.partition(" ")[0] for name in IMPORTED}))
def test_a_dummy_is_of_the_same_scheme_and_cost_and_matches_nothing(scheme: str) -> None:
    dummy = ImportedHash.like(scheme)
    assert dummy.scheme == scheme
    assert dummy.text != ImportedHash.like(scheme).text
    assert not dummy.matches(PASSWORD)
    assert not dummy.matches("")


@pytest.mark.parametrize("hashed", IMPORTED.values(), ids=list(IMPORTED))
def test_an_imported_hash_is_replaced_by_ours_at_the_next_sign_in(
    account: Account, hashed: str
) -> None:
    passwords.take_over(account, hashed)
    db.session.commit()
    assert not opens(account, "fout")
    assert opens(account, PASSWORD)
    passwords.improve(account, PASSWORD)
    assert account.password_scheme == passwords.OURS
    assert account.password_hash.startswith("$argon2id$")
    assert opens(account, PASSWORD)
    ours = account.password_hash
    passwords.improve(account, PASSWORD)
    assert account.password_hash == ours
    db.session.commit()
    (event,) = db.session.query(AuditEvent).filter_by(event="password-rehashed").all()
    assert event.details["before"] == imported_hashes.recognise(hashed).scheme


def test_a_hash_of_ours_with_an_older_cost_is_replaced_too(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaker = argon2.PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", weaker)
    passwords.set_password(account, PASSWORD, temporary=False)
    monkeypatch.setattr(passwords, "_hasher", TRUE_HASHER)
    assert opens(account, PASSWORD)
    passwords.improve(account, PASSWORD)
    assert argon2.extract_parameters(account.password_hash).memory_cost == 19_456
    assert opens(account, PASSWORD)


GOOD_ARGON = argon(argon2.Type.ID)


@pytest.mark.parametrize(
    "hashed",
    [
        "",
        PASSWORD,
        "5f4dcc3b5aa765d61d8327deb882cf99",  # MD5
        "{SSHA}W0e1Zk0XkqkXkqkXkqkXkqkXkqk=",
        "$1$salt$hash",
        "$6$salt$hash",
        BCRYPT[:-1],
        BCRYPT.replace("$04$", "$03$"),
        BCRYPT.replace("$04$", "$15$"),
        BCRYPT + "\n",
        "$pbkdf2-sha1$1000$c2FsdA$aGFzaA",
        passlib("sha256", 1_000).replace("$1000$", "$0$"),
        passlib("sha256", 1_000).replace("$1000$", "$2000001$"),
        "$pbkdf2-sha256$1000$c2FsdA$aGFzaA",  # four bytes of digest
        "$pbkdf2-sha256$1000$c2FsdA$a",
        "pbkdf2_sha256$1000$zout$====",
        "pbkdf2_sha256$1000$zout$geen base64!",
        GOOD_ARGON.replace("m=64", "m=4"),
        GOOD_ARGON.replace("m=64", "m=262145"),
        GOOD_ARGON.replace("t=1", "t=0"),
        GOOD_ARGON.replace("t=1", "t=11"),
        GOOD_ARGON.replace("p=2", "p=0"),
        GOOD_ARGON.replace("p=2", "p=99"),
        GOOD_ARGON.replace("v=19", "v=16"),
    ],
    ids=lambda hashed: "like " + hashed[:7].strip(),  # the hashes are made anew in every process
)
def test_a_hash_that_could_not_be_checked_is_refused_before_it_slows_anybody_down(
    hashed: str,
) -> None:
    with pytest.raises(WrongInput, match="hash"):
        imported_hashes.recognise(hashed)

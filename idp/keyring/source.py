"""Where signing keys lie: one encrypted JSON file per key, shared by every worker of this deployment.

A file is written beside its place and then linked or renamed into it, so that nobody ever reads half a key.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc import jwe, jwt
from joserfc.errors import UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from idp.secret_values import RootSecret
from idp.settings import SettingsError

#: What we sign with. RSA is 3072 bits, which is worth as much as P-256 (SP 800-57 part 1, table 2). EdDSA is with
#: Ed25519 too: its name of before RFC 9864, for applications that know no other.
SIGNING: Final = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
#: How others wrap the key of what they encrypt to us (RFC 7518 section 4.3), and with what they encrypt it.
ENCRYPTION: Final = ("RSA-OAEP-256", "RSA-OAEP")
CONTENT_ENCRYPTION: Final = ("A256GCM",)
#: The algorithms we have keys for; each key has one (RFC 8725 section 3.5).
ALGORITHMS: Final = (*SIGNING, *ENCRYPTION)
#: Those without which no deployment can do: RS256 by OpenID Connect Core section 15.1, the rest because the metadata
#: states them. The others are stated, and used, where there is a key.
ALWAYS_NEEDED: Final = ("RS256", "ES256", *ENCRYPTION)
_ED25519: Final = frozenset({"Ed25519", "EdDSA"})
_RSA_BITS: Final = 3072
_NONCE_BYTES: Final = 12


PrivateKey = RSAKey | ECKey | OKPKey
_Native = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class OneAlgorithm(JWSRegistry):
    """joserfc's rules with one algorithm, ours; it would warn about the name EdDSA."""

    def __init__(self, alg: str) -> None:
        super().__init__(algorithms=[alg])

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError("not the algorithm of this key")
        return self.algorithms[name]


class Signer(Protocol):
    """One private key at work. A key in a file is one; a key in a PKCS#11 token will be another."""

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """The claims as a signed JWT in compact form (RFC 7515 section 7.1), with exactly this header."""


class Opener(Protocol):
    """One private key that opens what was encrypted to it."""

    def open(self, token: str) -> bytes:
        """What a JWE in compact form holds (RFC 7516 section 7.1); `JoseError` or `ValueError` if it does not open."""


class Source(Protocol):
    """A place where keys lie."""

    def stamp(self) -> int:
        """A number that is another one as soon as a key was added or changed."""

    def load(self) -> tuple[StoredKey, ...]:
        """Every key, in no particular order."""

    def is_as_loaded(self, key: StoredKey) -> bool:
        """Whether nobody changed this key since, nor took it away; cheap enough to ask before every signature."""

    def signer(self, key: StoredKey) -> Signer:
        """The private side of a key that signs."""

    def opener(self, key: StoredKey) -> Opener:
        """The private side of a key that others encrypt to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """What a key's file says; `public` is the JWK as we publish it (RFC 7517)."""

    kid: str
    alg: str
    created_at: datetime
    active_from: datetime
    retired_at: datetime | None
    """When an operator withdrew it; a key that was merely followed by a next one has none."""
    public: Mapping[str, str] = field(repr=False)
    sealed: str = field(repr=False)
    file: tuple[Path, int, int] | None = field(default=None, repr=False, compare=False)
    """Where it was read, with the number and the moment of the file then."""

    def to_json(self) -> bytes:
        """The file's text."""
        return orjson.dumps(
            {
                "kid": self.kid,
                "alg": self.alg,
                "created_at": self.created_at,
                "active_from": self.active_from,
                "retired_at": self.retired_at,
                "public": dict(self.public),
                "sealed": self.sealed,
            },
            option=orjson.OPT_INDENT_2,
        )

    @classmethod
    def from_json(cls, text: bytes) -> StoredKey:
        """Back from the file."""
        stored = orjson.loads(text)
        retired_at = stored["retired_at"]
        return cls(
            kid=stored["kid"],
            alg=stored["alg"],
            created_at=datetime.fromisoformat(stored["created_at"]),
            active_from=datetime.fromisoformat(stored["active_from"]),
            retired_at=None if retired_at is None else datetime.fromisoformat(retired_at),
            public=stored["public"],
            sealed=stored["sealed"],
        )


@dataclass(frozen=True, slots=True)
class FileSigner:
    """A private key from a file, in memory."""

    _key: PrivateKey
    _alg: str

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Sign with joserfc, which allows this key's algorithm and no other."""
        rules = OneAlgorithm(self._alg)
        return jwt.encode(dict(header), dict(claims), self._key, registry=rules, default_type=None)


@dataclass(frozen=True, slots=True)
class FileOpener:
    """A private key from a file, in memory."""

    _key: PrivateKey
    _alg: str

    def open(self, token: str) -> bytes:
        """Open with joserfc, which allows this key's algorithm, our content encryption, and no compression."""
        opened = jwe.decrypt_compact(token, self._key, algorithms=[self._alg, *CONTENT_ENCRYPTION])
        return opened.plaintext or b""


class FileSource:
    """A folder of key files, sealed with a key that derives from the root secret."""

    def __init__(self, folder: Path, secret: RootSecret) -> None:
        self._folder = folder
        self._cipher = AESGCM(secret.derive("signing keys"))

    def stamp(self) -> int:
        """From every file's name, number and moment; 0 while there is no folder.

        The folder's own moment would not do: two changes within one tick of the machine's clock look like one.
        """
        try:
            with os.scandir(self._folder) as files:
                found = [(file.name, file.stat()) for file in files if file.name.endswith(".json")]
        except FileNotFoundError:
            return 0
        return hash(tuple(sorted((name, at.st_ino, at.st_mtime_ns) for name, at in found)))

    def load(self) -> tuple[StoredKey, ...]:
        """Every key file; `SettingsError` for a file that is none."""
        return tuple(map(self._read, self._folder.glob("*.json")))

    def is_as_loaded(self, key: StoredKey) -> bool:
        """By the number and the moment of its file; a change puts another file in its place."""
        if key.file is None:
            return False
        path, number, moment = key.file
        try:
            at = path.stat()
        except FileNotFoundError:
            return False
        return (at.st_ino, at.st_mtime_ns) == (number, moment)

    def _read(self, file: Path) -> StoredKey:
        try:
            with file.open("rb") as opened:
                at = os.fstat(opened.fileno())
                key = StoredKey.from_json(opened.read())
            return replace(key, file=(file, at.st_ino, at.st_mtime_ns))
        except (ValueError, KeyError, TypeError) as wrong:
            raise SettingsError(
                f"IDP_KEYS: {file} is no key file; take it out of the folder"
            ) from wrong

    def signer(self, key: StoredKey) -> FileSigner:
        """Unseal one key; `SettingsError` when the root secret is not the one that sealed it."""
        return FileSigner(self._unsealed(key), key.alg)

    def opener(self, key: StoredKey) -> FileOpener:
        """The same, for a key that others encrypt to."""
        return FileOpener(self._unsealed(key), key.alg)

    def _unsealed(self, key: StoredKey) -> PrivateKey:
        sealed = base64.b64decode(key.sealed)
        try:
            der = self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _place(key.kid, key.alg)
            )
        except InvalidTag as wrong:
            raise SettingsError(
                f"IDP_KEYS: {self._folder / key.kid}.json was not sealed with this root secret (IDP_SECRET_FILE)"
            ) from wrong
        # we made this key and nobody else can seal one: checking its primes again would cost 30 ms at every start
        native = serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
        return _as_jwk(native)

    def create(self, alg: str, *, now: datetime, active_from: datetime) -> StoredKey:
        """Make a key and put its file in the folder; the private side exists nowhere else."""
        native = _generate(alg)
        jwk = _as_jwk(native)
        kid = jwk.thumbprint()  # RFC 7638: never the same for two keys
        use = "enc" if alg in ENCRYPTION else "sig"
        public = {"kid": kid, "use": use, "alg": alg, **jwk.as_dict(private=False)}
        der = native.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, der, _place(kid, alg))
        key = StoredKey(
            kid=kid,
            alg=alg,
            created_at=now,
            active_from=active_from,
            retired_at=None,
            public={name: str(value) for name, value in public.items()},
            sealed=base64.b64encode(sealed).decode(),
        )
        self._write(key)
        return key

    def advance(self, key: StoredKey, *, now: datetime) -> StoredKey:
        """Write down that a next key's turn comes now."""
        advanced = replace(key, active_from=now)
        self._write(advanced)
        return advanced

    def withdraw(self, key: StoredKey, *, now: datetime) -> StoredKey:
        """Write down that a key may never be used or published again."""
        withdrawn = replace(key, retired_at=now)
        self._write(withdrawn)
        return withdrawn

    def _write(self, key: StoredKey) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._folder / f".{key.kid}.{secrets.token_hex(8)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(key.to_json())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._folder / f"{key.kid}.json")
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _generate(alg: str) -> _Native:
    if alg == "ES256":
        return ec.generate_private_key(ec.SECP256R1())
    if alg in _ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)


def _as_jwk(native: Any) -> PrivateKey:
    if isinstance(native, rsa.RSAPrivateKey):
        return RSAKey.import_key(native)
    if isinstance(native, ed25519.Ed25519PrivateKey):
        return OKPKey.import_key(native)
    return ECKey.import_key(native)


def _place(kid: str, alg: str) -> bytes:
    return f"signing key {kid} {alg}".encode()

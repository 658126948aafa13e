"""JWTs in every form that is none: what a form is called, and how it is made of one that is right.

`Genuine` is a JWT as its client signs it, with the key at hand; a form takes it and gives the text that is sent.
"""

from __future__ import annotations

import base64
import hmac
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from tests.protocol.relying_party import client_key, unverified

JSON = dict[str, Any]


def encoded(part: JSON | bytes | str) -> str:
    """A part of a compact JWS."""
    if isinstance(part, dict):
        part = json.dumps(part)
    raw = part.encode() if isinstance(part, str) else part
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass(frozen=True)
class Genuine:
    """A JWT that is right, and the key that made it."""

    text: str
    key: RSAKey
    published: JSON
    """A key of ours that others encrypt to."""

    @property
    def header(self) -> JSON:
        """What stands above it."""
        return unverified(self.text)[0]

    @property
    def claims(self) -> JSON:
        """What it says."""
        return unverified(self.text)[1]

    @property
    def parts(self) -> list[str]:
        """Header, claims, signature."""
        return self.text.split(".")

    def signed(
        self,
        claims: JSON | bytes | str | None = None,
        *,
        key: RSAKey | None = None,
        whole: JSON | bytes | str | None = None,
        by: str = "RS256",
        **header: Any,
    ) -> str:
        """Truly signed, whatever stands in it; `whole` is the header's text, else `header` changes the right one."""
        kept = {n: v for n, v in (self.header | header).items() if v is not None}
        top = encoded(kept if whole is None else whole)
        start = f"{top}.{encoded(self.claims if claims is None else claims)}"
        made = JWSRegistry.algorithms[by].sign(start.encode(), key or self.key)
        return f"{start}.{encoded(made)}"

    def unsigned(self, **header: Any) -> str:
        """Another header over the same claims, without a signature."""
        return f"{encoded(self.header | header)}.{self.parts[1]}."

    def with_old_signature(self, **header: Any) -> str:
        """Another header over the same claims and the signature as it was."""
        return f"{encoded(self.header | header)}.{self.parts[1]}.{self.parts[2]}"

    def plain(self, **header: Any) -> str:
        """Truly signed over the bare text of the claims (RFC 7797), which a JWT may not be (section 7)."""
        start = f"{encoded(self.header | header)}.{json.dumps(self.claims)}"
        made = JWSRegistry.algorithms["RS256"].sign(start.encode(), self.key)
        return f"{start}.{encoded(made)}"

    def hmac(self, alg: str, secret: bytes) -> str:
        """Signed with a text that everybody knows."""
        start = f"{encoded(self.header | {'alg': alg})}.{self.parts[1]}"
        digest = hmac.digest(secret, start.encode(), f"sha{alg[2:]}")
        return f"{start}.{encoded(digest)}"

    def text_with(self, member: str) -> str:
        """The claims with one more member, whether that name is there already or not."""
        return f"{json.dumps(self.claims)[:-1]}, {member}}}"


Form = Callable[[Genuine], str]

_DEEP: Final = "[" * 5_000 + "]" * 5_000
_STRANGER: Final = client_key("RSA", name="stranger")


def _stranger() -> RSAKey:
    assert isinstance(_STRANGER, RSAKey)
    return _STRANGER


def _public(key: RSAKey) -> JSON:
    return dict(key.as_dict(private=False))


def _jwe(header: JSON, *, wrapped: str = "AAAA", text: bytes = b"x" * 16) -> str:
    """Five parts; nothing in them opens."""
    return ".".join([encoded(header), wrapped, "A" * 16, encoded(text), "A" * 22])


#: What a member of a header can be in JSON, where it should be something else.
ODD: Final[tuple[Any, ...]] = (None, True, 0, 1.5, 10**400, "", "x", [], [[]], ["x"], {}, {"a": 1})
#: Members that a library reads before it has looked at the signature, or opened anything.
_OF_JWS: Final = ("typ", "cty", "crit", "b64", "zip", "jwk", "jku", "x5c", "x5t", "x5t#S256")
_OF_JWE: Final = ("alg", "enc", "kid", "crit", "zip", "epk", "apu", "p2c", "p2s", "iv", "tag")

#: Signed by nobody, or by nobody who may: no place believes one of these.
UNSIGNED: Final[dict[str, Form]] = {
    **{
        f"alg {alg}, {how}": (
            lambda it, alg=alg, how=how: (
                it.unsigned(alg=alg) if how == "no signature" else it.with_old_signature(alg=alg)
            )
        )
        for alg in ("none", "None", "NONE", "nOnE", " none", "none\x00", "")
        for how in ("no signature", "the old signature")
    },
    "alg left out": lambda it: f"{encoded({'kid': it.header['kid']})}.{it.parts[1]}.{it.parts[2]}",
    **{
        f"alg {alg!r}": lambda it, alg=alg: it.with_old_signature(alg=alg)
        for alg in (None, 7, True, ["RS256"], {"RS256": 1}, "RS256 ", "rs256", "R" * 9_000)
    },
    **{
        f"{alg} over the signature of RS256": lambda it, alg=alg: it.with_old_signature(alg=alg)
        for alg in ("PS256", "ES256", "EdDSA", "Ed25519", "RS384", "RS512", "HS256", "ES256K")
    },
    **{
        f"{alg} with {name} as its secret": lambda it, alg=alg, secret=secret: it.hmac(
            alg, secret(it.key)
        )
        for alg in ("HS256", "HS384", "HS512")
        for name, secret in {
            "the public key in PEM": lambda key: key.as_pem(private=False),
            "the public key in DER": lambda key: key.as_der(private=False),
            "the public JWK": lambda key: json.dumps(_public(key)).encode(),
            "the modulus": lambda key: _public(key)["n"].encode(),
            "nothing": lambda _key: b"",
        }.items()
    },
    "signature left out": lambda it: f"{it.parts[0]}.{it.parts[1]}.",
    "signature and its dot left out": lambda it: f"{it.parts[0]}.{it.parts[1]}",
    "signature cut short": lambda it: it.text[:-8],
    "signature of zeroes": lambda it: f"{it.parts[0]}.{it.parts[1]}.{encoded(bytes(256))}",
    "signature that is too long": lambda it: it.text + "A" * 4,
    "signature with another last byte": lambda it: it.text[:-3] + "AAA",
    "signature that is no base64": lambda it: f"{it.parts[0]}.{it.parts[1]}.~~~~",
    "claims that were changed": lambda it: (
        f"{it.parts[0]}.{encoded(it.claims | {'exp': it.claims['exp'] + 1})}.{it.parts[2]}"
    ),
    "four parts": lambda it: it.text + ".AAAA",
    "five parts": lambda it: it.text + ".AAAA.AAAA",
    "a dot before": lambda it: "." + it.text,
    "ten thousand dots": lambda it: "." * 10_000,
    "nothing but text": lambda it: "x" * 100,
    "text that is no ASCII": lambda it: "é.é.é",
    "JSON in place of three parts": lambda it: json.dumps(
        {"protected": it.parts[0], "payload": it.parts[1], "signature": it.parts[2]}
    ),
    **{
        f"signed by a stranger, {name}": lambda it, header=header: it.signed(
            key=_stranger(), **header
        )
        for name, header in {
            "the name of the right key": {},
            "no name of a key": {"kid": None},
            "a name that nobody has": {"kid": "onbekend"},
            "its own name": {"kid": "RSA-stranger"},
            "its key brought along": {"jwk": _public(_stranger())},
            "its key brought along, without a name": {"kid": None, "jwk": _public(_stranger())},
            "its key at an address": {"jku": "http://127.0.0.1:9/jwks", "kid": "RSA-stranger"},
            "its certificate at an address": {"x5u": "http://127.0.0.1:9/cert", "kid": None},
            "its certificate brought along": {"x5c": ["AAAA"], "kid": None},
        }.items()
    },
    **{
        f"a header of {name}": lambda it, text=text: f"{encoded(text)}.{it.parts[1]}.{it.parts[2]}"
        for name, text in {
            "brackets without end": "[" * 9_000,
            "objects in objects": '{"a":' * 1_000 + "1" + "}" * 1_000,
            "a list": "[]",
            "a number": "7",
            "null": "null",
            "half an object": "{",
            "bytes that are no text": b"\xff\xfe",
            "NaN": '{"alg": NaN}',
        }.items()
    },
    "encrypted, not signed": lambda it: _jwe({"alg": "RSA-OAEP-256", "enc": "A256GCM"}),
    **{
        f"encrypted with {name}": lambda it, top=top: _jwe({"kid": it.published["kid"], **top})
        for name, top in {
            "a password and two thousand million rounds": {
                "alg": "PBES2-HS256+A128KW",
                "enc": "A256GCM",
                "p2s": "AAAAAAAAAAA",
                "p2c": 2_147_483_647,
            },
            "a password and as many rounds as fit": {
                "alg": "PBES2-HS512+A256KW",
                "enc": "A256GCM",
                "p2s": "AAAAAAAAAAA",
                "p2c": 10**300,
            },
            "the right algorithm, and rounds all the same": {
                "alg": "RSA-OAEP-256",
                "enc": "A256GCM",
                "p2c": 2_147_483_647,
            },
            "an unknown content algorithm": {"alg": "RSA-OAEP-256", "enc": "A999GCM"},
            "no content algorithm": {"alg": "RSA-OAEP-256"},
            "a key of its own choice": {"alg": "dir", "enc": "A256GCM"},
            "a padding of 1993": {"alg": "RSA1_5", "enc": "A256GCM"},
            "a shared key": {"alg": "A256KW", "enc": "A256GCM"},
            "a point that is on no curve": {
                "alg": "ECDH-ES",
                "enc": "A256GCM",
                "epk": {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
            },
            "a critical header that nobody knows": {
                "alg": "RSA-OAEP-256",
                "enc": "A256GCM",
                "crit": ["x"],
                "x": 1,
            },
        }.items()
    },
    **{
        f"{member} {odd!r:.40}": lambda it, member=member, odd=odd: it.with_old_signature(
            **{member: odd}
        )
        for member in _OF_JWS
        for odd in ODD
    },
    **{
        f"encrypted with {member} {odd!r:.40}": lambda it, member=member, odd=odd: _jwe(
            {"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": it.published["kid"]} | {member: odd}
        )
        for member in _OF_JWE
        for odd in ODD
    },
    "a compressed bomb that nobody can open": lambda it: _jwe(
        {"alg": "RSA-OAEP-256", "enc": "A256GCM", "zip": "DEF", "kid": it.published["kid"]},
        wrapped="A" * 342,
        text=zlib.compress(bytes(8_000_000), 9)[2:-4],
    ),
    "longer than anything that we take": lambda it: f"{it.text}{'A' * 20_000}",
}

#: Kid games, with the signature as it was: the name of a key is looked up, never opened, fetched or run.
NAMED: Final[dict[str, Form]] = {
    f"kid {name}": lambda it, kid=kid: it.with_old_signature(kid=kid)
    for name, kid in {
        "of nobody": "onbekend",
        "of another client": "RSA-two",
        "empty": "",
        "a path": "../../../../../../etc/passwd",
        "a device": "/dev/null",
        "SQL": "x' UNION SELECT 'AAAA' --",
        "a command": "x|id;`id`$(id)",
        "an address": "http://127.0.0.1:9/key",
        "a NUL": "RSA-one\x00",
        "eleven thousand characters": "k" * 11_000,
        "half a pair": "\ud800",
        "a number": 1,
        "a list": ["RSA-one"],
        "an object": {"kid": "RSA-one"},
        "a truth": True,
    }.items()
}

#: Truly signed by the client's own key, and still no JWT that counts.
SIGNED: Final[dict[str, Form]] = {
    **{
        f"{alg}, truly signed": lambda it, alg=alg: it.signed(by=alg, alg=alg)
        for alg in ("RS384", "RS512", "PS384", "PS512")
    },
    "a critical header that nobody knows": lambda it: it.signed(crit=["x"], x=1),
    "a critical header that is not there": lambda it: it.signed(crit=["x"]),
    "nothing that is critical": lambda it: it.signed(crit=[]),
    "critical, as text": lambda it: it.signed(crit="exp"),
    "claims that are not encoded, and say so": lambda it: it.plain(b64=False, crit=["b64"]),
    "claims that are not encoded, and nobody has to know": lambda it: it.plain(b64=False),
    "claims that are encoded, and say otherwise": lambda it: it.signed(b64=False, crit=["b64"]),
    "claims that say that they are encoded": lambda it: it.signed(b64=True, crit=["b64"]),
    **{
        f"typ {typ}": lambda it, typ=typ: it.signed(typ=typ)
        for typ in ("at+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "application/at+jwt")
    },
    **{
        f"typ {typ!r}": lambda it, typ=typ: it.signed(typ=typ)
        for typ in (["JWT"], {"JWT": 1}, 7, True, "x" * 100)
    },
    "a header with two members of one name": lambda it: it.signed(
        whole=f'{json.dumps(it.header)[:-1]}, "alg": "RS256"}}'
    ),
    "a header with two names of a key": lambda it: it.signed(
        whole=f'{{"kid": "RSA-two", {json.dumps(it.header)[1:]}'
    ),
    "a header in UTF-16": lambda it: it.signed(whole=json.dumps(it.header).encode("utf-16")),
    **{
        f"claims with two members {name}": lambda it, name=name: it.signed(
            it.text_with(f'"{name}": {json.dumps(it.claims.get(name, 1))}')
        )
        for name in ("iss", "aud", "exp")
    },
    "claims with two members deep inside": lambda it: it.signed(
        it.text_with('"x": {"a": [{"b": 1, "b": 2}]}')
    ),
    **{
        f"exp {value}": lambda it, value=value: it.signed(
            it.text_with(f'"exp": {value}').replace(f'"exp": {it.claims["exp"]}, ', "")
        )
        for value in (
            *("NaN", "Infinity", "-Infinity", "1e999", "-1", "0", "true", "null", "[]", "{}"),
            *('"morgen"', '"9999999999"', "9" * 400, "9" * 5_000, "1e308", "99999999999999"),
        )
    },
    **{
        f"claims of {name}": lambda it, text=text: it.signed(text)
        for name, text in {
            "a list": "[]",
            "null": "null",
            "text": '"x"',
            "nothing": "",
            "half an object": "{",
            "brackets without end": _DEEP,
            "bytes that are no text": b"\xff\xfe\x00",
        }.items()
    },
    "claims in UTF-16": lambda it: it.signed(json.dumps(it.claims).encode("utf-16")),
    "claims in UTF-32": lambda it: it.signed(json.dumps(it.claims).encode("utf-32-le")),
    "claims with text behind them": lambda it: it.signed(json.dumps(it.claims) + " x"),
    "claims with another object behind them": lambda it: it.signed(json.dumps(it.claims) * 2),
    "iss with a NUL": lambda it: it.signed(it.claims | {"iss": f"{it.claims['iss']}\x00"}),
    "iss in a list": lambda it: it.signed(it.claims | {"iss": [it.claims["iss"]]}),
    "aud of half a pair": lambda it: it.signed(it.claims | {"aud": "\ud800"}),
}

#: Headers that would choose a key if anybody listened: with the right signature they change nothing.
IGNORED: Final[dict[str, Form]] = {
    "a key brought along": lambda it: it.signed(jwk=_public(_stranger())),
    "a key at an address": lambda it: it.signed(jku="http://127.0.0.1:9/jwks"),
    "a certificate at an address": lambda it: it.signed(x5u="http://127.0.0.1:9/cert"),
    "a certificate brought along": lambda it: it.signed(x5c=["AAAA"]),
    "a thumbprint": lambda it: it.signed(x5t="AAAA"),
    "something unknown": lambda it: it.signed(onbekend={"a": [1]}),
    "no name of a key": lambda it: it.signed(kid=None),
}

"""Whether a message is from whom it says: signatures over raw bytes, for HR systems and for Slack.

A recipe is data, so that the next sender is a line and not a program.
A hostile message gets `Forged` or `Stale` and nothing else, as nothing is decoded that could fail otherwise:
the signature that should be there is computed and compared, as bytes and in constant time, with what is there.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

LONGEST_HEADER: Final = 8192
MOST_SIGNATURES: Final = 32
SECRET_BYTES: Final = range(24, 65)
SHORTEST_TEXT_SECRET: Final = 8

_UNIX: Final = re.compile(rb"[1-9][0-9]{8,10}")
# No white space, quote or bracket: nobody can move the border in `{body}{ts}` and still have JSON before it.
_OPAQUE: Final = re.compile(rb"[0-9A-Za-z:+.-]{1,64}")
_ID: Final = re.compile(
    rb"[!-\-/-~]{1,200}"
)  # visible ASCII but the dot, which is the border to what follows
_PLACEHOLDER: Final = re.compile(r"\{([a-z]*)\}")


class NotAuthentic(Exception):  # noqa: N818  # the word is the error
    """The message is not taken. Its sender is told no more than that."""


class Forged(NotAuthentic):
    """No secret of this sender made this signature, or there is none that could be read."""


class Stale(NotAuthentic):
    """Signed by this sender, but too long ago, or too far in the future."""


class BadRecipe(ValueError):  # noqa: N818  # the word is the error
    """A recipe or a secret that cannot protect anything. Never holds the secret."""


class Algorithm(StrEnum):
    """The hash beneath the HMAC."""

    SHA256 = "sha256"
    SHA512 = "sha512"


class Encoding(StrEnum):
    """How the signature is written."""

    HEX = "hex"
    BASE64 = "base64"
    BASE64URL = "base64url"


class Timestamps(StrEnum):
    """What the timestamp header holds: seconds whose age is checked, or text that is only signed."""

    UNIX = "unix"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one sender signs.

    `signed` is what the HMAC goes over: text with `{body}`, and `{ts}` and `{id}` where headers carry them.
    `listed` means that the signature header may hold several signatures with blanks between them, of which
    those without our prefix are of other versions and skipped.

    Raises:
        BadRecipe: The body would not be signed, or a header that we rely on would not be.
    """

    signature_header: str
    signed: str = "{body}"
    algorithm: Algorithm = Algorithm.SHA256
    encoding: Encoding = Encoding.HEX
    prefix: str = ""
    listed: bool = False
    timestamp_header: str = ""
    timestamps: Timestamps = Timestamps.UNIX
    id_header: str = ""
    tolerance_s: int = 300

    def __post_init__(self) -> None:
        """Refuse what could not be relied on."""
        names = _PLACEHOLDER.findall(self.signed)
        if names.count("body") != 1 or not set(names) <= {"body", "ts", "id"}:
            raise BadRecipe("what is signed must hold {body} once, and beside it only {ts} and {id}")
        if not self.signature_header:
            raise BadRecipe("a recipe names the header of the signature")
        if bool(self.timestamp_header) != ("ts" in names):
            raise BadRecipe(
                "a timestamp must be both in a header and signed, as {ts}: else it proves nothing"
            )
        if "id" in names and not self.id_header:
            raise BadRecipe("{id} is signed, so a recipe names the header of the id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentic:
    """What an authentic message says of itself. `id` only where the signature covers it."""

    id: str | None
    timestamp: str | None


STANDARD_WEBHOOKS: Final = Recipe(
    signature_header="webhook-signature",
    signed="{id}.{ts}.{body}",
    encoding=Encoding.BASE64,
    prefix="v1,",
    listed=True,
    timestamp_header="webhook-timestamp",
    id_header="webhook-id",
)
SLACK: Final = Recipe(
    signature_header="X-Slack-Signature",
    signed="v0:{ts}:{body}",
    prefix="v0=",
    timestamp_header="X-Slack-Request-Timestamp",
)


def text_key(secret: str) -> bytes:
    """The key of a sender that uses its secret as it stands. Raises `BadRecipe`."""
    key = secret.encode("utf-8", "surrogatepass")
    if len(key) < SHORTEST_TEXT_SECRET:
        raise BadRecipe(f"the signing secret is shorter than {SHORTEST_TEXT_SECRET} characters")
    return key


def webhook_key(secret: str) -> bytes:
    """The key in a Standard Webhooks secret; `whsec_` and padding may be missing. Raises `BadRecipe`."""
    text = secret.removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise BadRecipe("the signing secret is not whsec_ and base64") from None
    if len(key) not in SECRET_BYTES:
        raise BadRecipe("the signing secret must hold 24 to 64 bytes")
    return key


def verify(
    recipe: Recipe, keys: Sequence[bytes], *, headers: Mapping[str, str], body: bytes, now: datetime
) -> Authentic:
    """Say that the message is authentic, or raise `Forged` or `Stale`.

    Args:
        recipe: How this sender signs.
        keys: Every secret that is valid now; two while they are being rotated.
        headers: As the web server hands them over, one character a byte.
        body: As received, before anybody parsed it.
        now: The real time, whatever the demonstration's clock says.
    """
    found = _Headers(headers)
    stamp = found.one(recipe.timestamp_header, _shape(recipe)) if recipe.timestamp_header else b""
    name = found.one(recipe.id_header, _ID) if "{id}" in recipe.signed else b""
    signed = _content(recipe.signed, {"body": body, "ts": stamp, "id": name})
    if not _any_matches(recipe, keys, signed, found.one(recipe.signature_header)):
        raise Forged
    if recipe.timestamp_header and recipe.timestamps is Timestamps.UNIX:
        age = int(now.timestamp()) - int(stamp)
        if abs(age) > recipe.tolerance_s:
            raise Stale
    return Authentic(id=name.decode("ascii") or None, timestamp=stamp.decode("ascii") or None)


def sign(recipe: Recipe, key: bytes, *, body: bytes, timestamp: str = "", message_id: str = "") -> str:
    """The signature this sender would send: for the demonstration's HR system, and for tests."""
    parts = {"body": body, "ts": timestamp.encode(), "id": message_id.encode()}
    return recipe.prefix + _signature(recipe, key, _content(recipe.signed, parts)).decode("ascii")


class _Headers:
    """Headers by lower-case name; one that comes twice in different spellings is not believed."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in headers.items():
            self._values.setdefault(name.lower(), []).append(value)

    def one(self, name: str, shape: re.Pattern[bytes] | None = None) -> bytes:
        values = self._values.get(name.lower(), [])
        if len(values) != 1 or len(values[0]) > LONGEST_HEADER or not values[0].isascii():
            raise Forged
        value = values[0].encode("ascii")
        if shape is not None and not shape.fullmatch(value):
            raise Forged
        return value


def _shape(recipe: Recipe) -> re.Pattern[bytes]:
    return _UNIX if recipe.timestamps is Timestamps.UNIX else _OPAQUE


def _content(template: str, parts: Mapping[str, bytes]) -> bytes:
    pieces = _PLACEHOLDER.split(template)  # text, name, text, name, … text
    return b"".join(parts[piece] if n % 2 else piece.encode() for n, piece in enumerate(pieces))


def _any_matches(recipe: Recipe, keys: Sequence[bytes], signed: bytes, header: bytes) -> bool:
    """Compare everything with everything: the time it takes does not tell which secret was nearly right."""
    given = [_comparable(recipe, one) for one in _candidates(recipe, header)]
    made = [_comparable(recipe, _signature(recipe, key, signed)) for key in keys]
    return sum(hmac.compare_digest(one, other) for one in made for other in given) > 0


def _candidates(recipe: Recipe, header: bytes) -> Iterable[bytes]:
    listed = header.split(b" ")[:MOST_SIGNATURES] if recipe.listed else [header]
    prefix = recipe.prefix.encode()
    return [one[len(prefix) :] for one in listed if one.startswith(prefix)]


def _signature(recipe: Recipe, key: bytes, signed: bytes) -> bytes:
    return _ENCODERS[recipe.encoding](hmac.digest(key, signed, recipe.algorithm.value))


def _comparable(recipe: Recipe, signature: bytes) -> bytes:
    """Without what carries no meaning: the case of hex, the padding of base64."""
    return signature.lower() if recipe.encoding is Encoding.HEX else signature.rstrip(b"=")


_ENCODERS: Final[Mapping[Encoding, Callable[[bytes], bytes]]] = {
    Encoding.HEX: binascii.hexlify,
    Encoding.BASE64: base64.b64encode,
    Encoding.BASE64URL: base64.urlsafe_b64encode,
}

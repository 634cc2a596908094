"""Text as Slack wants it: escaped, bounded, and unable to call anybody by accident."""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

Block = dict[str, Any]
Message = dict[str, Any]

HEADER_MOST, SECTION_MOST, CONTEXT_MOST = 150, 3_000, 3_000
BUTTON_MOST, LABEL_MOST, FALLBACK_MOST, ALERT_MOST = 75, 75, 4_000, 200
#: Marks that turn the direction of a line around, so that a name could rewrite what stands beside it.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
#: Slack may find these in plain words; a word joiner behind the @ keeps them words.
_CALLS_ALL = re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)
#: A name that draws a tick beside itself, or a time whose minutes look like the name of a picture.
_IS_EMOJI = re.compile(r":(?=[\w+'-]+:)")
#: A time of day as the service's own sentences write it.
_CLOCK = re.compile(r"\b((?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] UTC)\b")
_BREAKS = frozenset({"Cc", "Zl", "Zp"})


def one_line(text: str) -> str:
    """Without line breaks, control characters, halves of characters and what turns a line around."""
    kept = (
        " " if unicodedata.category(char) in _BREAKS else char
        for char in text
        if char not in _TURNING and unicodedata.category(char) != "Cs"
    )
    return " ".join("".join(kept).split())


def cut(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def escape(text: str, most: int = 1_000) -> str:
    """A name or sentence inside mrkdwn: `<!channel>` and `:x:` in it are only text. Never cut inside an escape."""
    return _inert(cut(one_line(text), most))


def escape_with_times(text: str, most: int = 1_000, *, since: datetime) -> str:
    """The same for sentences of the service: `17:00:00 UTC` in them becomes each reader's own time.

    Args:
        since: The first moment that such a time of day can mean.
    """
    parts = _CLOCK.split(cut(one_line(text), most))
    return "".join(_clock(part, since) if n % 2 else _inert(part) for n, part in enumerate(parts))


def _inert(line: str) -> str:
    line = _IS_EMOJI.sub(":\u2060", _CALLS_ALL.sub("@\u2060", line))
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(words: str, since: datetime) -> str:
    """The next moment at which clocks in UTC show this time of day."""
    since = since.astimezone(UTC).replace(microsecond=0)
    at = datetime.combine(since.date(), time.fromisoformat(words.removesuffix(" UTC")), UTC)
    return moment(at if at >= since else at + timedelta(days=1), "{time_secs}", now=since)


def plain(text: str, most: int = HEADER_MOST) -> Block:
    """Text without markup."""
    return {"type": "plain_text", "text": cut(one_line(text), most) or "-", "emoji": True}


def mrkdwn(text: str, most: int = SECTION_MOST) -> Block:
    """Text with markup."""
    return {"type": "mrkdwn", "text": cut(text, most)}


def section(text: str, *, accessory: Block | None = None, block_id: str = "") -> Block:
    """A paragraph, with at most one thing to press."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    if block_id:
        block["block_id"] = block_id
    if accessory:
        block["accessory"] = accessory
    return block


def context(text: str) -> Block:
    """A line in small print."""
    return {"type": "context", "elements": [mrkdwn(text, CONTEXT_MOST)]}


def button(
    text: str,
    action_id: str,
    *,
    value: Mapping[str, Any] | None = None,
    url: str = "",
    label: str = "",
    primary: bool = False,
) -> Block:
    """A button. `label` is what a screen reader says."""
    made: Block = {"type": "button", "action_id": action_id, "text": plain(text, BUTTON_MOST)}
    if value is not None:
        made["value"] = json.dumps(value, separators=(",", ":"))
    if url:
        made["url"] = url
    if label:
        made["accessibility_label"] = cut(one_line(label), LABEL_MOST)
    if primary:
        made["style"] = "primary"
    return made


def moment(at: datetime, form: str = "{date_short_pretty} {time}", *, now: datetime) -> str:
    """A time that each reader sees in their own zone, with the year when it is not this one.

    The words after the bar are for what cannot show it.
    """
    utc, year = at.astimezone(UTC), ""
    if utc.year != now.astimezone(UTC).year:
        form, year = form.replace("{date_short_pretty}", "{date_short}"), f" {utc.year}"
    seconds = f":{utc:%S}" if "secs" in form else ""
    return f"<!date^{int(at.timestamp())}^{form}|{utc:%d %b}{year} {utc:%H:%M}{seconds} UTC>"


def link(url: str, text: str) -> str:
    """A link in mrkdwn."""
    return f"<{url}|{escape(text)}>"

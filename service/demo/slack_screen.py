"""Block Kit as HTML, as the made-up workspace shows it: everything is escaped, and only our own marks become tags."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any, Final
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

_TOKEN: Final = re.compile(r"<([^<>]{1,3000})>")
_KEPT: Final = re.compile("\ue000(\\d+)\ue001")
_EMOJI: Final = {
    "rotating_light": ("🚨", "alarm"),
    "x": ("❌", "failed"),
    "large_yellow_circle": ("🟡", "open"),
    "hourglass_flowing_sand": ("⏳", "waiting"),
    "white_check_mark": ("✅", "done"),
    "heavy_minus_sign": ("➖", "not done"),
    "clock3": ("🕒", "later"),
    "arrows_counterclockwise": ("🔄", "under way"),
    "mag": ("🔎", "looked at"),
    "raised_hand": ("✋", "taken"),
    "double_vertical_bar": ("⏸️", "paused"),
    "arrow_forward": ("▶️", "goes on"),
    "leftwards_arrow_with_hook": ("↩️", "handed on"),
    "no_entry": ("⛔", "refused"),
    "no_entry_sign": ("🚫", "cancelled"),
    "question": ("❓", "question"),
    "warning": ("⚠️", "warning"),
    "checkered_flag": ("🏁", "closed"),
}
_MARKS: Final = (
    (re.compile(r"(?<![\w*])\*([^*\n]+)\*(?![\w*])"), "strong"),
    (re.compile(r"(?<![\w_])_([^_\n]+)_(?![\w_])"), "em"),
    (re.compile(r"`([^`\n]+)`"), "code"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Draws texts for one reader.

    Args:
        users: Names by user id.
        groups: Names by user group id.
        zone: Each reader sees times in their own zone.
    """

    users: Mapping[str, str]
    groups: Mapping[str, str]
    zone: str

    def text(self, text: Mapping[str, Any] | str) -> Markup:
        """A text object, or mrkdwn as it stands."""
        if isinstance(text, str):
            return self._mrkdwn(text)
        return self._mrkdwn(text["text"]) if text["type"] == "mrkdwn" else _emoji(escape(text["text"]))

    def clock(self, ts: str) -> str:
        """When a message was posted."""
        return f"{self._local(float(ts)):%a %d %b %H:%M}"

    def _mrkdwn(self, text: str) -> Markup:
        kept: list[Markup] = []

        def keep(made: Markup) -> str:
            kept.append(made)
            return f"\ue000{len(kept) - 1}\ue001"

        bare = _TOKEN.sub(lambda found: keep(self._token(found[1])), re.sub("[\ue000\ue001]", "", text))
        lines = [_formatted(line) for line in bare.split("\n")]
        html = Markup("<br>").join(lines)
        return Markup(_KEPT.sub(lambda found: str(kept[int(found[1])]), str(html)))  # noqa: S704  escaped above

    def _token(self, inside: str) -> Markup:
        address, _, words = inside.partition("|")
        if address.startswith("!date^"):
            return Markup("<time>{}</time>").format(self._date(address, unescape(words)))
        if address.startswith("@"):
            return Markup('<span class="mention">@{}</span>').format(self.users.get(address[1:], address[1:]))
        if address.startswith("!subteam^"):
            name = address.removeprefix("!subteam^")
            return Markup('<span class="mention">@{}</span>').format(self.groups.get(name, name))
        if address.startswith("!"):
            return Markup('<span class="mention all">@{}</span>').format(address[1:])
        if address.startswith(("http://", "https://")):
            return Markup('<a href="{}">{}</a>').format(unescape(address), unescape(words or address))
        return escape(unescape(inside))

    def _date(self, address: str, words: str) -> str:
        _, seconds, form = (*address.split("^"), "", "")[:3]
        if not re.fullmatch(r"[0-9]{1,11}", seconds):
            return words
        at = self._local(float(seconds))
        forms = {
            "{date_short_pretty}": f"{at:%d %b}",
            "{date_short}": f"{at:%d %b %Y}",
            "{time}": f"{at:%H:%M}",
            "{time_secs}": f"{at:%H:%M:%S}",
        }
        for name, value in forms.items():
            form = form.replace(name, value)
        return form

    def _local(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, UTC).astimezone(ZoneInfo(self.zone))


def _formatted(line: str) -> Markup:
    """One line without tokens: unescaped as Slack does, escaped as HTML needs, then our few marks."""
    quoted = line.startswith((">", "&gt;"))
    html = str(escape(unescape(line.removeprefix("&gt;").removeprefix(">").lstrip() if quoted else line)))
    for pattern, tag in _MARKS:
        html = pattern.sub(rf"<{tag}>\1</{tag}>", html)
    drawn = _emoji(Markup(html))  # noqa: S704  escaped above
    return Markup("<q>{}</q>").format(drawn) if quoted else drawn


def _emoji(html: Markup) -> Markup:
    def drawn(found: re.Match[str]) -> str:
        known = _EMOJI.get(found[1])
        if known is None:
            return found[0]
        return str(Markup('<span role="img" aria-label="{}">{}</span>').format(known[1], known[0]))

    return Markup(re.sub(r":([a-z0-9_]+):", drawn, str(html)))  # noqa: S704  names of a fixed table

"""What Slack would refuse of a message or a form: its published limits (docs.slack.dev/reference/block-kit)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

Block = Mapping[str, Any]

MESSAGE_BLOCKS, VIEW_BLOCKS, CHILDREN = 50, 100, 10
_TEXTS: Final = ("plain_text", "mrkdwn")
_IN_CONTAINER: Final = (
    "actions",
    "context",
    "divider",
    "header",
    "image",
    "input",
    "rich_text",
    "section",
    "table",
)


def wrong(blocks: Sequence[Block], *, form: bool = False) -> list[str]:
    """Everything that is over a limit, as `place: what`. Empty means that Slack would take it."""
    most = VIEW_BLOCKS if form else MESSAGE_BLOCKS
    found = [f"blocks: {len(blocks)}, at most {most}"] if not 1 <= len(blocks) <= most else []
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(set(ids)) != len(ids):
        found.append("block_id: used twice")
    for n, block in enumerate(blocks):
        found.extend(f"blocks/{n}: {what}" for what in _block(block, form=form))
    return found


def _block(block: Block, *, form: bool) -> Iterator[str]:
    check = _KINDS.get(str(block.get("type")))
    if check is None or (block["type"] == "alert" and not form) or (block["type"] == "input" and not form):
        yield f"{block.get('type')} is no block of this place"
        return
    if len(str(block.get("block_id", ""))) > 255:  # noqa: PLR2004  Slack's own figure, as all in this file
        yield "block_id is too long"
    yield from check(block)


def _text(text: Any, most: int, *, kinds: tuple[str, ...] = _TEXTS) -> Iterator[str]:
    if not isinstance(text, dict) or text.get("type") not in kinds:
        yield "is no text of the right kind"
    elif not 1 <= len(str(text.get("text", ""))) <= most:
        yield f"text has {len(str(text.get('text', '')))} characters, at most {most}"


def _section(block: Block) -> Iterator[str]:
    yield from _text(block.get("text"), 3_000)
    if "accessory" in block:
        yield from _element(block["accessory"])


def _context(block: Block) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:  # noqa: PLR2004
        yield f"{len(elements)} elements in a context"
    for element in elements:
        yield from _text(element, 3_000)


def _actions(block: Block) -> Iterator[str]:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:  # noqa: PLR2004
        yield f"{len(elements)} elements in actions"
    for element in elements:
        yield from _element(element)


def _container(block: Block) -> Iterator[str]:
    yield from _text(block.get("title"), 150, kinds=("plain_text",))
    if "subtitle" in block:
        yield from _text(block["subtitle"], 150)
    children = block.get("child_blocks", [])
    if not 1 <= len(children) <= CHILDREN:
        yield f"{len(children)} children in a container"
    for child in children:
        if child.get("type") not in _IN_CONTAINER:
            yield f"{child.get('type')} inside a container"
        else:
            yield from _block(child, form=False)


def _input(block: Block) -> Iterator[str]:
    yield from _text(block.get("label"), 2_000, kinds=("plain_text",))
    if "hint" in block:
        yield from _text(block["hint"], 2_000, kinds=("plain_text",))
    yield from _element(block.get("element", {}))


_MOST_OPTIONS: Final = {"overflow": 5, "radio_buttons": 10, "static_select": 100}


def _element(element: Mapping[str, Any]) -> Iterator[str]:
    kind = element.get("type")
    if kind == "button":
        yield from _button(element)
    elif kind in _MOST_OPTIONS:
        yield from _options(element.get("options", []), _MOST_OPTIONS[kind])
    elif kind != "plain_text_input":
        yield f"{kind} is no element"
    elif int(element.get("max_length", 3_000)) > 3_000:  # noqa: PLR2004
        yield "max_length of an input is too large"


def _button(element: Mapping[str, Any]) -> Iterator[str]:
    yield from _text(element.get("text"), 75, kinds=("plain_text",))
    for name, most in (("value", 2_000), ("url", 3_000), ("accessibility_label", 75), ("action_id", 255)):
        if len(str(element.get(name, ""))) > most:
            yield f"{name} of a button is too long"
    if element.get("style", "primary") not in ("primary", "danger"):
        yield "a button has no such style"


def _options(options: Sequence[Mapping[str, Any]], most: int) -> Iterator[str]:
    if not 1 <= len(options) <= most:
        yield f"{len(options)} options"
    for option in options:
        yield from _text(option.get("text"), 75)
        if len(str(option.get("value", ""))) > 150:  # noqa: PLR2004
            yield "value of an option is too long"


def _only_text(most: int, *, kinds: tuple[str, ...] = _TEXTS) -> Callable[[Block], Iterator[str]]:
    return lambda block: _text(block.get("text"), most, kinds=kinds)


_KINDS: Final[Mapping[str, Callable[[Block], Iterator[str]]]] = {
    "header": _only_text(150, kinds=("plain_text",)),
    "alert": _only_text(200),
    "section": _section,
    "context": _context,
    "actions": _actions,
    "container": _container,
    "input": _input,
    "divider": lambda _: iter(()),
}

"""The reference page says what the code does."""

import re
from pathlib import Path

from service.ledger.entry import LedgerEntry
from service.ledger.event import Event
from tests.unit.ledger.story import fill, fixed_keys

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "ledger.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_the_page_lists_every_event():
    assert set(re.findall(r"`([a-z]+\.[a-z_]+)`", section("Events"))) == {event.value for event in Event}


def test_the_page_lists_every_member_of_an_entry(store, keys):
    fill(store, 1)
    with store.read() as session:
        members = set(session.get_one(LedgerEntry, 0).content)

    rows = "\n".join(re.findall(r"^\| (`.*?) \|", section("An entry"), re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", rows)) == members


def test_the_checkpoint_on_the_page_verifies():
    from service.ledger.checkpoint import checkpoints_in, open_checkpoint

    shown = checkpoints_in(PAGE)

    assert [open_checkpoint(note, fixed_keys().vkey).size for note in shown] == [7]

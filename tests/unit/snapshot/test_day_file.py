"""A day's activities lie sealed apart by account: of a leaver's day nobody else's is opened."""

import gzip
import json
from pathlib import Path

import pytest

from service.ledger.errors import KeyTrouble
from service.ledger.keys import Keys
from service.snapshot.day_file import DayFile
from tests.unit.snapshot.leaver import MIKE, act

OTHERS = [f"005A{number:011d}" for number in range(300)]
HEAD = {"read_from": ["a", "b"], "unreadable": ""}


@pytest.fixture
def file(tmp_path: Path, keys: Keys) -> DayFile:
    """A day on which everybody exported something twice, and Mike three times."""
    file = DayFile(tmp_path / "day.enc", keys, "a day")
    everybody = [act(3, rows=rows)._replace(account_id=who) for rows in (1, 2) for who in (*OTHERS, MIKE)]
    file.path.write_bytes(file.packed(HEAD, [*everybody, act(3, rows=3)]))
    return file


@pytest.fixture
def earlier(tmp_path: Path, keys: Keys) -> DayFile:
    """The same day as versions wrote it that sealed everybody in one piece."""
    file = DayFile(tmp_path / "earlier.enc", keys, "a day")
    acts = [act(3, rows=rows)._replace(account_id=who) for rows in (1, 2) for who in (*OTHERS, MIKE)]
    rows = [HEAD, *(activity.as_json() for activity in acts)]
    lines = "\n".join(json.dumps(row, sort_keys=True) for row in rows)
    file.path.write_bytes(keys.seal(gzip.compress(lines.encode(), mtime=0), "a day"))
    return file


@pytest.fixture
def opened(file: DayFile, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """What was opened, by what it was sealed for."""
    plain: dict[str, bytes] = {}
    opens = Keys.open

    def noted(keys: Keys, blob: bytes, purpose: str) -> bytes:
        plain[purpose] = opens(keys, blob, purpose)
        return plain[purpose]

    monkeypatch.setattr(Keys, "open", noted)
    return plain


def rows(file: DayFile, *accounts: str) -> list[int | None]:
    return [activity.rows for activity in file.of(accounts) or ()]


def test_an_account_finds_its_own_activities_as_they_were_told(file: DayFile) -> None:
    assert rows(file, MIKE) == [1, 2, 3]
    assert rows(file, OTHERS[17]) == [1, 2]
    assert rows(file, OTHERS[0], MIKE, OTHERS[-1]) == [1, 2, 1, 2, 3, 1, 2]
    assert {activity.account_id for activity in file.of([MIKE]) or ()} == {MIKE}


def test_whoever_did_nothing_that_day_finds_nothing(file: DayFile) -> None:
    assert rows(file, "somebody else", "") == []


def test_a_day_of_which_nothing_is_kept_is_none_on_which_nothing_happened(file: DayFile) -> None:
    assert DayFile(file.path.with_name("another day"), file.keys, "another day").of([MIKE]) is None


def test_of_a_leavers_day_nobody_elses_activities_are_opened(file: DayFile, opened: dict[str, bytes]) -> None:
    file.of([MIKE])

    index, part = opened
    assert index == "a day/index"
    said = gzip.decompress(opened[part]).decode()
    assert MIKE in said
    assert not any(other in said for other in OTHERS)


def test_what_a_day_was_read_from_is_told_without_opening_anybodys_activities(
    file: DayFile, opened: dict[str, bytes]
) -> None:
    assert file.head() == HEAD
    assert list(opened) == ["a day/head"]


def test_a_day_without_anybody_can_be_kept(tmp_path: Path, keys: Keys) -> None:
    file = DayFile(tmp_path / "day.enc", keys, "a day")
    file.path.write_bytes(file.packed(HEAD, []))

    assert file.head() == HEAD
    assert file.of([MIKE]) == []


def test_a_day_that_lies_in_another_ones_place_does_not_open(file: DayFile) -> None:
    moved = DayFile(file.path, file.keys, "another day")

    for read in (moved.head, lambda: moved.of([MIKE])):
        with pytest.raises(KeyTrouble):
            read()


def test_a_day_that_an_earlier_version_sealed_in_one_piece_is_read_as_it_is(earlier: DayFile) -> None:
    assert earlier.head() == HEAD
    assert rows(earlier, MIKE) == [1, 2]
    assert rows(earlier, OTHERS[0], MIKE) == [1, 1, 2, 2]
    assert rows(earlier, "somebody else") == []
    assert earlier.of([MIKE])[0] == act(3, rows=1)


def test_an_earlier_day_that_was_changed_or_moved_does_not_open(earlier: DayFile) -> None:
    moved = DayFile(earlier.path, earlier.keys, "another day")
    whole = earlier.path.read_bytes()

    with pytest.raises(KeyTrouble):
        moved.of([MIKE])
    for changed in (whole[:-1], whole[:20], bytes([whole[0] ^ 1]) + whole[1:]):
        earlier.path.write_bytes(changed)
        assert _trouble(earlier)


@pytest.mark.parametrize("left", [0, 7, 12, 100, -1])
def test_half_a_file_is_an_error_and_not_a_day_without_activities(file: DayFile, left: int) -> None:
    whole = file.path.read_bytes()
    file.path.write_bytes(whole[:left])

    with pytest.raises(KeyTrouble):
        file.of([MIKE, *OTHERS])


def test_every_changed_byte_that_is_read_is_noticed(file: DayFile) -> None:
    whole, changed = file.path.read_bytes(), []
    for at in range(0, len(whole), 97):
        file.path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        changed.append(_trouble(file))

    assert all(changed)


def _trouble(file: DayFile) -> bool:
    try:
        file.head()
        file.of([MIKE, *OTHERS])
    except KeyTrouble:
        return True
    return False

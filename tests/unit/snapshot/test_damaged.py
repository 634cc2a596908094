"""Held logs of which a byte is wrong: that one is set aside, all else goes on, and what it held is not known."""

import struct
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.snapshot.collect import LOG_DAMAGED
from service.snapshot.retention import destroy_logs
from tests.unit.snapshot.test_collect import PLACE, THEFT, raw_file


def day_file(crm: Any) -> Path:
    return Path(crm.shelf.folder / "days" / PLACE / f"{THEFT}.enc")


def kept_log(crm: Any) -> Path:
    digest = raw_file(crm).sha256
    return Path(crm.shelf.folder / "raw" / digest[:2] / f"{digest}.enc")


def turned(path: Path, at: int) -> None:
    """A disk turned one byte around."""
    sealed = bytearray(path.read_bytes())
    sealed[at] ^= 1
    path.write_bytes(bytes(sealed))


def all_parts_turned(path: Path) -> None:
    """Head and index open, and no account's part does."""
    sealed = bytearray(path.read_bytes())
    head, index = struct.unpack_from(">II", sealed, 4)
    for at in range(12 + head + index, len(sealed)):
        sealed[at] ^= 1
    path.write_bytes(bytes(sealed))


def halved(path: Path) -> None:
    """Half of it is gone."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def judged(crm: Any) -> dict[str, Any]:
    judged: dict[str, Any] = crm.body()["judged"]
    return judged


def unknown(crm: Any) -> list[str]:
    """The days of which the snapshot says that they were not seen."""
    return [day for day, _, _, why in judged(crm)["days"] if why]


@pytest.mark.parametrize("at", [16, -1], ids=["its head", "an account's part"])
def test_a_damaged_day_stops_no_collection(crm: Any, at: int) -> None:
    crm.collect()
    turned(day_file(crm), at)

    again = crm.collect()

    assert again.stopped == ""
    assert crm.covered("Login", THEFT + timedelta(days=1)) == "complete"


def test_a_damaged_day_is_set_aside_and_read_anew_from_its_logs(crm: Any) -> None:
    crm.collect()
    halved(day_file(crm))

    mended = crm.collector.mend("salesforce")

    read = crm.shelf.day_read(PLACE, THEFT)
    assert mended == 1
    assert read is not None
    assert raw_file(crm).sha256 in read.read_from
    assert day_file(crm).with_suffix(".damaged").exists()
    assert crm.covered("Report", THEFT) == "complete"
    assert crm.collector.mend("salesforce") == 0


def test_a_leaver_is_judged_by_the_days_that_are_whole(crm: Any) -> None:
    crm.collect()
    halved(day_file(crm))

    crm.seal()

    assert str(THEFT) in unknown(crm)
    assert judged(crm)["verdict"] not in {"no sign", "probable", "incident"}


def test_a_day_that_is_gone_is_not_a_day_on_which_nothing_happened(crm: Any) -> None:
    crm.collect()
    day_file(crm).unlink()

    crm.seal()

    assert str(THEFT) in unknown(crm)


def test_what_was_found_damaged_while_judging_is_mended_at_night_and_judged_anew(crm: Any) -> None:
    crm.collect()
    all_parts_turned(day_file(crm))
    crm.seal()
    blind = unknown(crm)

    crm.collector.mend("salesforce")
    crm.sealer.look_again("d-1", ["salesforce"])

    assert str(THEFT) in blind
    assert str(THEFT) not in unknown(crm)
    assert judged(crm)["verdict"] == "probable"


def test_a_day_whose_log_is_damaged_as_well_is_a_gap_until_it_is_fetched_anew(crm: Any) -> None:
    crm.collect()
    halved(day_file(crm))
    turned(kept_log(crm), 20)
    crm.collector.mend("salesforce")
    lost, why = crm.covered("Report", THEFT), crm.shelf.day_read(PLACE, THEFT).unreadable
    crm.seal()
    blind = unknown(crm)

    crm.collect()

    assert (lost, why) == ("gap", LOG_DAMAGED)
    assert str(THEFT) in blind
    assert crm.covered("Report", THEFT) == "complete"
    assert crm.collector.mend("salesforce") == 0


def test_a_log_that_is_gone_for_good_ends_no_night(crm: Any) -> None:
    crm.collect()
    day_file(crm).unlink()
    kept_log(crm).unlink()

    assert crm.collector.mend("salesforce") == 1

    assert crm.covered("Report", THEFT) == "gap"


def test_a_count_of_records_that_is_damaged_keeps_no_snapshot_from_being_sealed(crm: Any) -> None:
    crm.collect()
    for path in (crm.shelf.folder / "raw").rglob("*.enc"):
        turned(path, 20)

    crm.seal()

    assert crm.body()["total_records"] is None


def test_what_was_set_aside_is_destroyed_with_its_day(crm: Any) -> None:
    crm.collect()
    halved(day_file(crm))
    turned(kept_log(crm), 20)
    crm.collector.mend("salesforce")

    destroy_logs(crm.store, crm.shelf, before=date(2026, 12, 31))

    assert [path for path in crm.shelf.folder.rglob("*") if path.is_file()] == []

"""How many customer records there were to take, as the target system counted them."""

import json
from collections.abc import Iterable

from service.snapshot.custody import DAMAGED, Shelf
from service.snapshot.reading import File

RECORD_COUNT = "salesforce.record_count"


def total(files: Iterable[File], shelf: Shelf) -> int | None:
    """The newest count, over all protected objects; nothing where none was taken."""
    counts = [file for file in files if file.format == RECORD_COUNT]
    if not counts:
        return None
    newest = max(counts, key=lambda file: file.received_at)
    try:
        said = json.loads(shelf.raw(newest.sha256))
        return sum(int(row["count"]) for row in said["sObjects"]) or None
    except (LookupError, TypeError, FileNotFoundError, *DAMAGED):
        return None  # an answer that is no count must not keep a snapshot from being sealed

"""The ledger pack of one run as a zip: entries, proofs, the signed checkpoint, and the auditor's scripts."""

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from service.ledger.errors import LedgerError
from service.ledger.export import write_pack
from service.web.access import requires
from service.web.masking import run_for_viewer
from service.web.problems import Problem
from service.web.rooms import rooms
from service.web.runs import MAY_TAKE_PACKS, NUMBER

pages = Blueprint("pack", __name__)

#: Zip knows no year before 1980; a fixed time keeps the same pack the same bytes.
ALWAYS_THE_SAME: Final = (1980, 1, 1, 0, 0, 0)


@pages.get(f"/runs/{NUMBER}/ledger-pack.zip")
@requires(*MAY_TAKE_PACKS)
def ledger_pack(number: int) -> ResponseReturnValue:
    """What an auditor takes home and verifies without us."""
    facts, desk = run_for_viewer(number), rooms().desk
    name = f"{facts.number}-ledger-pack"
    with tempfile.TemporaryDirectory(prefix="exeunt-pack-") as folder:
        try:
            with desk.store.read() as session:
                write_pack(session, Path(folder) / name, run=facts.run_id, keys=desk.keys)
        except LedgerError as error:
            raise Problem(409, "no-pack-yet", str(error)) from error
        body = _zipped(Path(folder), name)
    answer = Response(body, content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return answer


def _zipped(folder: Path, name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((folder / name).rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), ALWAYS_THE_SAME)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    return made.getvalue()

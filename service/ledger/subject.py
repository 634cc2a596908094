"""The key of each leaver: entries hold commitments under it, and destroying it erases what they commit to."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

from sqlalchemy import LargeBinary, String, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.ledger import seatbelt
from service.ledger.bound import bound
from service.ledger.errors import EntryRefused, Erased, KeyTrouble
from service.ledger.keys import Keys
from service.store import Base, Prepared, table_of

KEY_BYTES = 32


class SubjectKey(Base):
    """One leaver's key, wrapped under the key-encryption key."""

    __tablename__ = "subject_keys"

    subject: Mapped[str] = mapped_column(String(200), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


seatbelt.fasten(SubjectKey.__table__)

_KEYS: Final = table_of(SubjectKey)
_WRAPPED: Final = Prepared(select(_KEYS.c.wrapped).where(_KEYS.c.subject == bindparam("subject")))
_NEW: Final = Prepared(insert(_KEYS))


def commitment(key: bytes, field: str, value: str) -> str:
    """What an entry holds instead of the value: HMAC-SHA256(key, field ‖ 00 ‖ value)."""
    if "\x00" in field:
        raise EntryRefused("The name of a field cannot hold NUL.")
    return hmac.new(key, f"{field}\x00{value}".encode(), hashlib.sha256).hexdigest()


def commitments(session: Session, subject: str, values: Mapping[str, str]) -> dict[str, str]:
    """Commit to each value under the subject's key, which is made on first use.

    Call it under the ledger's lock only: two first uses at once would make two keys.
    """
    if not subject:
        raise EntryRefused("Personal data belongs to a subject; this entry names none.")
    key = _find(session, subject) or _make(session, subject)
    try:
        return {field: commitment(key, field, value) for field, value in values.items()}
    except (UnicodeEncodeError, AttributeError, TypeError) as error:
        raise EntryRefused("Personal data in an entry is text, by field.") from error


def reveal(session: Session, subject: str) -> bytes:
    """The subject's key, to open commitments with (`auditor.py --reveal`). Raises `Erased` when it is gone.

    Whoever holds it can test a guess against any commitment of that subject: hand it out with a reason, on record.
    """
    key = _find(session, subject)
    if key is None:
        raise Erased("The key of this subject was destroyed or never made. Nothing can be opened.")
    return key


def destroy_key(session: Session, subject: str) -> bool:
    """Delete the subject's key; true when there was one. `erase` also records it."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")  # else the bytes stay in a free page
    return bool(connection.execute(delete(SubjectKey).where(SubjectKey.subject == subject)).rowcount)


def refuse_other_keys(session: Session, keys: Keys) -> None:
    """Raises `KeyTrouble` where these keys do not open what this database holds."""
    one = session.execute(select(SubjectKey.subject, SubjectKey.wrapped).limit(1)).first()
    if one is None:
        return
    try:
        keys.open(one.wrapped, _purpose(one.subject))
    except KeyTrouble as error:
        raise KeyTrouble(
            "The key-encryption key is another than the one this database was used with, so nothing of anybody known "
            "could be recorded. Nothing was started. Put the keys back that belong to it."
        ) from error


def _find(session: Session, subject: str) -> bytes | None:
    wrapped = _WRAPPED.scalar(session, subject=subject)
    return None if wrapped is None else bound().open(wrapped, _purpose(subject))


def _make(session: Session, subject: str) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    wrapped = bound().seal(key, _purpose(subject))
    _NEW.run(session, subject=subject, wrapped=wrapped)
    return key


def _purpose(subject: str) -> str:
    return f"subject-key:{subject}"

"""Everything the ledger may raise.

LedgerError
├── NotBound       no keys were bound          nothing may be done: no ledger, no effect
├── ReadingOnly    the session will not commit  append in a writing session
├── EntryRefused   the entry cannot be written  fix the caller
├── KeyTrouble     a key file cannot be used    the message says what to do
├── NoteRefused    a signed note does not hold  do not trust what it says
├── Erased         the subject's key is gone    what was committed cannot be opened any more
└── LedgerBroken   the stored ledger contradicts itself   stop, and verify
"""

# ruff: noqa: N818  these names are the vocabulary, as in connectors/sdk/errors.py


class LedgerError(Exception):
    """Base of every error the ledger raises."""


class NotBound(LedgerError):
    """No keys are bound to this process."""


class ReadingOnly(LedgerError):
    """The session was opened for reading and will be rolled back."""


class EntryRefused(LedgerError):
    """What was handed in cannot become an entry."""


class KeyTrouble(LedgerError):
    """A key file is missing, misshapen, or readable by others."""


class NoteRefused(LedgerError):
    """A signed note is malformed, or not signed by the key it should be."""


class Erased(LedgerError):
    """The subject's key was destroyed, so its commitments cannot be opened."""


class LedgerBroken(LedgerError):
    """What is stored contradicts itself or what was signed."""

"""Writes that arrive together are committed together, and each meets its own error alone."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from service.ledger.readers import Cursor
from service.store import Store
from service.store.combined import Combined, Work


def adding(name: str) -> Work:
    return lambda session: session.add(Cursor(name=name, seq=1))


def failing(error: Exception) -> Work:
    def work(session: Session) -> None:
        session.add(Cursor(name="of the one that failed", seq=1))
        raise error

    return work


def together(store: Store, works: list[Work]) -> tuple[list[Exception | None], int]:
    """Have threads write at once, behind one that holds the turn; their errors, and how many transactions it took."""
    entered, free, begun = threading.Event(), threading.Event(), []
    combined = Combined(partial(store.write, "before-image"))
    commit = combined._commit
    combined._commit = lambda jobs: (begun.append(len(jobs)), commit(jobs))  # type: ignore[method-assign]

    def first(session: Session) -> None:
        entered.set()
        free.wait(10)

    with ThreadPoolExecutor(len(works) + 1) as pool:
        pool.submit(combined.write, first)
        entered.wait(10)
        written = [pool.submit(combined.write, work) for work in works]
        while len(combined._waiting) < len(works):
            pass
        free.set()
        errors = [each.exception(timeout=20) for each in written]
    return [each if isinstance(each, Exception) else None for each in errors], len(begun) - 1


def names(store: Store) -> list[str]:
    with store.read() as session:
        return sorted(session.scalars(select(Cursor.name)))


def test_writes_that_arrive_together_take_one_transaction(any_store: Store) -> None:
    errors, transactions = together(any_store, [adding(str(n)) for n in range(5)])

    assert errors == [None] * 5
    assert transactions == 1
    assert names(any_store) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("error", [ValueError("of its own"), NoResultFound()])
def test_one_that_fails_takes_no_other_with_it(any_store: Store, error: Exception) -> None:
    errors, _ = together(any_store, [adding("a"), failing(error), adding("b")])

    assert errors == [None, error, None]
    assert names(any_store) == ["a", "b"]


def test_a_write_is_committed_when_it_returns(any_store: Store) -> None:
    combined = Combined(any_store.write)
    combined.write(adding("here"))

    assert names(any_store) == ["here"]


def test_an_error_reaches_whoever_wrote(any_store: Store) -> None:
    combined = Combined(any_store.write)

    with pytest.raises(ZeroDivisionError):
        combined.write(failing(ZeroDivisionError()))

    assert names(any_store) == []

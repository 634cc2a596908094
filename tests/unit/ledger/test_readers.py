"""A reader sees every entry once, in order, and never goes back."""

import pytest

from service.ledger.readers import advance, position, unread
from tests.unit.ledger.story import fill

pytestmark = pytest.mark.usefixtures("keys")


def test_a_new_reader_begins_at_the_first_entry(any_store):
    fill(any_store, 3)

    with any_store.read() as session:
        assert [entry.seq for entry in unread(session, "slack")] == [0, 1, 2]


def test_a_reader_goes_on_where_it_stopped(any_store):
    fill(any_store, 5)
    with any_store.write() as session:
        advance(session, "slack", unread(session, "slack", limit=2)[-1].seq)

    with any_store.read() as session:
        assert [entry.seq for entry in unread(session, "slack")] == [2, 3, 4]


def test_readers_do_not_know_each_other(any_store):
    fill(any_store, 2)
    with any_store.write() as session:
        advance(session, "slack", 1)

    with any_store.read() as session:
        assert len(unread(session, "metrics")) == 2


def test_a_cursor_never_goes_back(any_store):
    with any_store.write() as session:
        advance(session, "slack", 7)
        advance(session, "slack", 3)

    with any_store.read() as session:
        assert position(session, "slack") == 7


def test_a_reader_that_has_seen_nothing_may_say_so(any_store):
    with any_store.write() as session:
        advance(session, "slack", -1)

    with any_store.read() as session:
        assert position(session, "slack") == -1

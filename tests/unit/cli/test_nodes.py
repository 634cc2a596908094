"""Who carries steps out, as `exeunt nodes` says it."""

from service.engine.alone import OnlyEngine
from service.store import Store
from tests.unit.cli.test_commands import Shell, empty, exeunt

__all__ = ["empty", "exeunt"]


def test_one_process_that_works_alone_is_named_and_nothing_else_is(exeunt: Shell) -> None:
    store = Store(f"sqlite:///{exeunt.folder}/var/exeunt.db")
    only = OnlyEngine(store)

    before = exeunt("nodes")
    only.take()
    during, here = exeunt("nodes"), exeunt("nodes", "--here")
    only.release()
    after = exeunt("nodes")
    store.close()

    assert (before.code, after.code) == (1, 1)
    assert "No node carries steps out" in before.err
    assert (during.code, here.code) == (0, 0)
    assert during.out.startswith("One process carries steps out, alone: exeunt serve")


def test_who_works_alone_is_seen_on_both_databases(any_store: Store) -> None:
    only, other = OnlyEngine(any_store), Store(any_store.url.render_as_string(hide_password=False))
    seen = [OnlyEngine(other).is_taken()]

    only.take()
    seen.append(OnlyEngine(other).is_taken())
    only.release()
    seen.append(OnlyEngine(other).is_taken())

    other.close()
    assert seen == [False, True, False]


def test_nodes_that_share_the_work_are_not_taken_for_one_alone(postgres_store: Store) -> None:
    node = OnlyEngine(postgres_store)

    node.share()

    assert not OnlyEngine(postgres_store).is_taken()
    node.release()

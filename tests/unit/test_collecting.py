"""What the threads of a process that acts share, and what it gives back."""

import subprocess
import sys
from pathlib import Path

import pytest

#: Many threads allocate at the same time; prints how many heaps of their own the C library has set aside for them.
PROGRAM = """
import sys, threading
from service.collecting import keep_what_is_loaded
if sys.argv[1] == "acting":
    keep_what_is_loaded()
together, kept = threading.Barrier(8), []
def work():
    together.wait()
    for _ in range(20):
        kept.append([bytearray(4_000) for _ in range(50)])
        together.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
reserved = 0
for line in open("/proc/self/maps"):
    place, rights, *_ = line.split()
    first, last = (int(end, 16) for end in place.split("-"))
    reserved += rights == "---p" and 32 << 20 < last - first < 64 << 20
print(reserved)
"""

#: Frees much beneath something that stays; prints how many MB go back to the machine.
HOLES = """
from service.collecting import give_back
def held():
    return int(open("/proc/self/statm").read().split()[1]) / 256
many = [bytearray(20_000) for _ in range(2_000)]
stays = bytearray(20_000)
del many
before = held()
give_back()
print(before - held())
"""
#: A node that acts upon nothing and is told to end at once; prints what was done to its memory, and when.
NODE = """
import os, signal, types
from service.cli._node import acting
import service.app, service.collecting, service.engine.one_time, service.settings
from service.engine.deliverer import Role
done = []
service.settings.load = lambda: None
service.app.create_service = lambda *_, **__: types.SimpleNamespace(store=None)
service.engine.one_time.agree = lambda _: None
for name in ("keep_what_is_loaded", "give_back"):
    setattr(service.collecting, name, lambda name=name: done.append(name))
def begin(_):
    done.append("begin")
    return types.SimpleNamespace(end=lambda: None)
with acting(Role.SERVE, begin):
    os.kill(os.getpid(), signal.SIGTERM)
print(*done)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc is asked")
def test_what_is_free_goes_back_to_the_machine() -> None:
    assert float(said(HOLES)) > 20


def test_a_node_gives_back_what_is_free_when_everything_is_loaded() -> None:
    assert said(NODE) == "keep_what_is_loaded begin give_back"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc keeps a heap for each thread")
def test_threads_take_memory_from_one_heap() -> None:
    apart, acting = (int(said(PROGRAM, word)) for word in ("apart", "acting"))

    assert apart > 1
    assert acting == 0


def said(program: str, *words: str) -> str:
    """What a process of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout.strip()

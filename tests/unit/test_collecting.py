"""What the threads of a process that acts share."""

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


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc keeps a heap for each thread")
def test_threads_take_memory_from_one_heap() -> None:
    apart, acting = (heaps(word) for word in ("apart", "acting"))

    assert apart > 1
    assert acting == 0


def heaps(word: str) -> int:
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, word],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=True,
        text=True,
    )
    return int(said.stdout)

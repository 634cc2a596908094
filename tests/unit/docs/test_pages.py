"""The pages point to what there is, show what works, and use our words."""

import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest

from connectors.sdk.registry import discover
from service.intake.source import open_sources
from service.people.signature import STANDARD_WEBHOOKS, verify, webhook_key
from service.playbook import report
from service.playbook.catalogue import Manifests
from service.settings import Settings, load
from tests.unit.docs import reading
from tests.unit.docs.cli import commands

#: What we do not say, and what we say instead. Only words that can mean nothing else here.
NOT_OUR_WORDS = {
    r"offboardee": "leaver",
    r"terminated employee": "leaver",
    r"deprovision\w*": "disable, revoke or remove",
    r"runbook": "playbook",
    r"workflow": "playbook",
    r"audit (?:trail|log)": "ledger",
    r"re-?enable\w*": "restore",
    r"reactivate\w*": "restore",
    r"risk score": "verdict",
    r"confidence score": "evidence grade",
    r"sign-?off": "confirmation",
    r"legal hold": "hold",
    r"dry[- ]run": "plan",
    r"adapter": "connector",
    r"plug-?in": "connector",
}
every_page = pytest.mark.parametrize("page", reading.pages(), ids=reading.name)


@every_page
def test_links_lead_somewhere(page: Path):
    lost = [to for to in reading.links(page) if not leads(page, to)]

    assert lost == []


def leads(page: Path, to: str) -> bool:
    path, _, anchor = to.partition("#")
    there = (page.parent / path).resolve() if path else page
    return there.exists() and (not anchor or anchor in reading.anchors(there))


def test_every_page_can_be_reached_from_the_index():
    index = reading.DOCS / "README.md"
    seen, ahead = set(), [index]
    while ahead:
        page = ahead.pop()
        if page not in seen and page.suffix == ".md":
            seen.add(page)
            ahead += [
                (page.parent / to.partition("#")[0]).resolve() for to in reading.links(page) if to[0] != "#"
            ]

    records = set((reading.DOCS / "adr").glob("*.md"))
    assert {reading.name(page) for page in set(reading.DOCS.rglob("*.md")) - seen - records} == set()


@pytest.mark.parametrize("page", reading.own_pages(), ids=reading.name)
def test_pages_use_our_words(page: Path):
    found = [
        f"{word[0]} (we say {ours})"
        for pattern, ours in NOT_OUR_WORDS.items()
        for word in re.finditer(rf"\b{pattern}s?\b", reading.prose(page), re.IGNORECASE)
    ]

    assert found == []


@pytest.mark.parametrize("page", sorted(reading.DOCS.rglob("*.md")), ids=reading.name)
def test_a_line_of_prose_holds_one_sentence(page: Path):
    """Items of lists and rows of tables may hold more."""
    plain = [line for line in reading.prose(page).splitlines() if re.match(r"[A-Z*_(]", line)]

    assert [line for line in plain if re.search(r"\w[.!?]\**_? [A-Z]", line)] == []


def given_commands() -> Iterator[Any]:
    for example in reading.examples("console"):
        for n, line in enumerate(example.text.splitlines(), example.line):
            if line.startswith("$ ") and (words := exeunt_words(line[2:])):
                yield pytest.param(words, id=f"{example.page}:{n} {' '.join(words[:2])}")


def exeunt_words(line: str) -> list[str]:
    """The words after `exeunt`, or after what stands for it; nothing where a line calls something else."""
    words = shlex.split(re.split(r" (?:>|>>|&&|\|) ", line)[0], comments=True)
    if words[:3] == ["python3", "-m", "service"]:
        return [] if words[3:4] == ["test"] else words[3:]
    return words[1:] if words and words[0] in ("exeunt", ".venv/bin/exeunt") else []


@pytest.mark.parametrize("words", list(given_commands()))
def test_a_command_that_a_page_gives_exists(words: list[str]):
    known = dict(commands())
    path = max(
        (path for n in range(1, len(words) + 1) if (path := " ".join(["exeunt", *words[:n]])) in known),
        default="",
        key=len,
    )
    assert path, f"there is no command {words[0]}"

    rest = words[len(path.split()) - 1 :]

    assert not isinstance(known[path], click.Group) or not [word for word in rest if word[0] != "-"]
    assert misused(known[path], rest) == []


def misused(command: click.Command, rest: list[str]) -> list[str]:
    """Options it does not have, values it does not take, and more or fewer words than it wants."""
    options = {
        word: option
        for option in command.params
        if isinstance(option, click.Option)
        for word in (*option.opts, *option.secondary_opts)
    } | {"-h": None, "--help": None}
    wrong, plain, ahead = [], 0, iter(rest)
    for word in ahead:
        if not word.startswith("-"):
            plain += 1
        elif word not in options:
            wrong.append(f"{word} is no option")
        elif (option := options[word]) is not None and not option.is_flag:
            value = next(ahead, "")
            if isinstance(option.type, click.Choice) and value not in option.type.choices:
                wrong.append(f"{word} takes no {value}")
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    least = sum(each.required for each in arguments)
    most = 1000 if any(each.nargs < 0 for each in arguments) else len(arguments)
    helped = "-h" in rest or "--help" in rest
    return wrong if helped or least <= plain <= most else [*wrong, f"{plain} words where {least} belong"]


def toml_examples() -> Iterator[Any]:
    return (pytest.param(each.text, id=str(each)) for each in reading.examples("toml"))


@pytest.mark.parametrize("shown", list(toml_examples()))
def test_a_configuration_that_a_page_shows_is_taken(
    shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    given = tomllib.loads(shown)

    settings = load(**given)

    assert settings.model_fields_set == set(given)
    assert unknown_to_connectors(settings) == []


def unknown_to_connectors(settings: Settings) -> list[str]:
    known = discover()
    return [
        f"{name}.{key}"
        for name, keys in settings.connectors.items()
        for key in keys
        if name not in known or key not in known[name].settings
    ]


@pytest.mark.parametrize("shown", list(toml_examples()))
def test_a_source_that_a_page_shows_can_be_opened(
    shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    secret = "whsec_" + "c2VjcmV0IG9mIHRoZSBkb2N1bWVudGF0aW9uIQ=="
    monkeypatch.chdir(tmp_path)
    for scheme, place in re.findall(r'"(env|file):([^"]+)"', shown):
        if scheme == "env":
            monkeypatch.setenv(place, secret)
        else:
            (tmp_path / place).parent.mkdir(exist_ok=True)
            (tmp_path / place).touch(mode=0o600)
            (tmp_path / place).write_text(secret, encoding="utf-8")

    settings = load(**tomllib.loads(shown))

    assert set(open_sources(settings.sources)) == set(settings.sources)


def playbook_examples() -> Iterator[Any]:
    shown = (each for each in reading.examples("yaml") if re.search(r"^playbook:", each.text, re.MULTILINE))
    return (pytest.param(each.text, id=each.page) for each in shown)


@pytest.mark.parametrize("shown", list(playbook_examples()))
def test_a_whole_playbook_that_a_page_shows_is_fine_and_its_examples_hold(shown: str, tmp_path: Path):
    called = re.search(r"^playbook: (\S+)$", shown, re.MULTILINE)
    assert called
    file = tmp_path / f"{called[1]}.yaml"
    file.write_text(shown, encoding="utf-8")
    actions = Manifests(discover())

    assert report.lint_text((file,), actions) == (f"{file}: fine", 0)
    assert report.test_text((file,), actions)[1] == 0


def test_the_sender_in_the_guide_signs_as_we_verify():
    (shown,) = (each for each in reading.examples("python") if each.page == "docs/how-to/connect-hr.md")
    taught: dict[str, Any] = {}
    exec(shown.text, taught)  # noqa: S102  the page's own example
    secret, body = "whsec_" + "c2VjcmV0IG9mIHRoZSBkb2N1bWVudGF0aW9uIQ==", b'{"type": "x"}'

    headers: Mapping[str, str] = taught["signed"](secret, "evt-1", body)

    keys = [webhook_key(secret)]
    assert verify(STANDARD_WEBHOOKS, keys, headers=headers, body=body, now=datetime.now(UTC)).id == "evt-1"


def test_the_unit_in_the_guide_hands_every_secret_over_that_it_points_to():
    (shown,) = reading.examples("ini")
    handed = set(re.findall(r"^LoadCredential=(\w+):", shown.text, re.MULTILINE))

    assert set(re.findall(r"file:%d/(\w+)", shown.text)) == handed

"""`exeunt demo`: a made-up company in which Mike from sales has resigned."""

import errno
import json
import math
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from click import get_current_context
from click.core import ParameterSource

if TYPE_CHECKING:
    from service.demo.stage import Stage

#: The longest silence while something happens, in seconds.
SILENCE_S = 2.5
FOLDER = Path("var/demo")
STORY = "story.json"
#: As the README gives it: the command `exeunt` need not be on the PATH.
AGAIN = "python3 -m service demo"


@click.command()
@click.option("--reset", is_flag=True, help="Begin anew: forget the company and its story.")
@click.option("--step", is_flag=True, help="Stop before each scene.")
@click.option(
    "--exit", "to_the_end", is_flag=True, help="Play it to the end, print the result as JSON, and leave."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another company, other numbers.")
@click.option("--guilty", "leaning", flag_value="guilty", default=True, help="The leaver takes what he can.")
@click.option("--quiet", "leaning", flag_value="quiet", help="The leaver takes nothing.")
@click.option("--blind", "leaning", flag_value="blind", help="The CRM keeps no logs of exports.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Where to listen; 0 takes a spare one.",
)
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True)
def command(
    *, reset: bool, step: bool, to_the_end: bool, seed: int, leaning: str, port: int, folder: Path
) -> None:
    """Play a whole departure on this machine: no account, no key, nothing real is touched."""
    voice = _Voice()
    voice.say("Exeunt, the demonstration: a whole departure on this machine.")
    from service.cli._logs import log_quietly
    from service.cli._open import FAILED, stop
    from service.demo.play import AlreadyPlaying, Wishes, opened
    from service.demo.stage import StoryBroken
    from service.demo.world import Leaning
    from service.playbook.problem import PlaybookError
    from service.store.migrate import SchemaTrouble

    log_quietly()
    signal.signal(signal.SIGTERM, _stop_as_if_interrupted)
    os.umask(0o077)  # what the demonstration writes is nobody else's business
    if reset:
        _forget(folder)
    _keep_to_the_story(folder, seed=seed, leaning=leaning)
    wishes = Wishes(folder=folder, port=port, seed=seed, leaning=Leaning(leaning))
    began = time.monotonic()
    try:
        with opened(wishes, voice.say) as stage:
            _play(stage, voice, step=step, to_the_end=to_the_end)
            if to_the_end:
                click.echo(json.dumps(result := _result(stage, seconds=time.monotonic() - began), indent=1))
                raise SystemExit(0 if result["holds"] else FAILED)
            _invite(stage)
            voice.hush()
            _until_interrupted()
    except KeyboardInterrupt:
        click.echo("Stopped. The same command goes on where this one ended.", err=True)
    except StoryBroken as broken:
        stop(f"The story broke: {broken} Begin anew with: {AGAIN} --reset")
    except (AlreadyPlaying, PlaybookError, SchemaTrouble) as error:
        stop(str(error))
    except OSError as error:
        stop(_cannot_start(error))


def _cannot_start(error: OSError) -> str:
    port_taken = f"Take another port: {AGAIN} --port 8001"
    fix = port_taken if error.errno == errno.EADDRINUSE else "Take another folder: --folder"
    return f"The demonstration cannot start: {error.strerror or error}. {fix}"


def _forget(folder: Path) -> None:
    """Delete a demonstration's folder, and never any other."""
    from service.cli._open import WRONG_USE, stop

    if folder.is_dir() and any(folder.iterdir()) and not (folder / STORY).is_file():
        stop(f"{folder} is not a demonstration's folder, so nothing in it was deleted.", WRONG_USE)
    if folder.is_dir():
        shutil.rmtree(folder)


def _keep_to_the_story(folder: Path, *, seed: int, leaning: str) -> None:
    """A folder keeps its story: another one is asked for in words, not silently left out."""
    from service.cli._open import WRONG_USE, stop

    file = folder / STORY
    if not file.is_file():
        return
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        told = {"seed": int(known["seed"]), "leaning": str(known["leaning"])}
    except (OSError, ValueError, KeyError, TypeError):
        stop(f"{file} cannot be read. Begin anew with: {AGAIN} --reset --folder {folder}", WRONG_USE)
    context = get_current_context()
    for name, wished in (("seed", seed), ("leaning", leaning)):
        asked = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if asked and told[name] != wished:
            stop(
                f"{folder} tells the story of {name} {told[name]}. For {wished} begin anew: add --reset, "
                "or take another --folder.",
                WRONG_USE,
            )


def _stop_as_if_interrupted(*_: object) -> None:
    raise KeyboardInterrupt


class _Voice:
    """Says what happens, and that something still happens where it takes a while."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._ended = threading.Event()
        threading.Thread(target=self._beat, name="voice", daemon=True).start()

    def say(self, line: str) -> None:
        """One line, now."""
        self._last = time.monotonic()
        click.echo(line, err=True)

    def wait_for_key(self, line: str) -> None:
        """Stop until a person presses a key; nothing is said meanwhile."""
        self._last = math.inf
        click.pause(line, err=True)
        self._last = time.monotonic()

    def hush(self) -> None:
        """Nothing more happens until a person wants it."""
        self._ended.set()

    def _beat(self) -> None:
        while not self._ended.wait(0.5):
            if time.monotonic() - self._last > SILENCE_S:
                self.say("  …")


def _play(stage: "Stage", voice: _Voice, *, step: bool, to_the_end: bool) -> None:
    from service.demo.play import scenes

    for scene in scenes(to_the_end=to_the_end):
        if step and sys.stdin.isatty():
            voice.wait_for_key(f"\n{scene.name}: press a key")
        if scene.name in stage.progress.done:
            continue
        voice.say(click.style(f"\n{scene.name}", bold=True))
        for line in scene.play(stage):
            voice.say(f"  {line}")
        stage.progress.finish(scene.name)


def _result(stage: "Stage", *, seconds: float) -> dict[str, Any]:
    from service.demo.audit import audit
    from service.demo.story import CLAIMS

    audit(stage)
    told = {claim: stage.progress.told.get(claim, False) for claim in CLAIMS}
    facts = stage.begun()
    return {
        "version": 1,
        "holds": all(told.values()),
        "claims": told,
        "run": facts.number,
        "colour": facts.colour,
        "headline": facts.headline,
        "seconds_to_last_cut": facts.seconds_to_last_cut,
        "directory": stage.company.directory_is,
        "seed": stage.world.seed,
        "leaning": stage.world.leaning,
        "took_s": round(seconds, 1),
        **stage.progress.numbers,
    }


def _invite(stage: "Stage") -> None:
    from service.demo.audit import audit
    from service.engine.wording import counts

    folder = audit(stage)
    facts = stage.begun()
    closed = counts(facts.steps, now=stage.clock.now(), held=facts.is_held).partition(" · ")[0]
    stage.wait_for("Slack shows the same", lambda: closed in json.dumps(stage.slack.messages()))
    waits = len(facts.waiting) + len(facts.failed)
    lines = (
        "",
        facts.headline,
        f"{waits} items wait for you." if waits else "",
        f"  the run   {stage.url}/runs/{facts.number}    (sign in as auditor, it or hr)",
        f"  Slack     {stage.url}/demo/slack",
        f"  evidence  {folder}    (python3 {folder}/auditor.py {folder})",
        f"Try: press Confirm in Slack; {AGAIN} --reset --quiet; Ctrl-C stops.",
    )
    for line in lines:
        click.echo(line)


def _until_interrupted() -> None:
    while True:
        time.sleep(3600)

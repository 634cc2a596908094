"""A person at the screen always knows what is going on."""

import os
import subprocess
import sys
import time

import pytest

from service.bootstrap import console as console_module
from service.bootstrap.console import Console, Lines


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Console:
    monkeypatch.setattr(console_module, "SILENCE_S", 0.3)
    return Console()


def run(console: Console, code: str) -> int:
    return console.run([sys.executable, "-c", code], doing=lambda: "thinking")


def test_a_silent_program_is_spoken_for(impatient, capsys):
    status = run(impatient, "import time; time.sleep(1.2)")

    assert status == 0
    assert capsys.readouterr().out.count("  … thinking, ") >= 2


def test_a_talking_program_speaks_for_itself(capsys):
    run(Console(), "print('one'); print('two')")

    assert capsys.readouterr().out == "one\ntwo\n"


def test_words_of_ours_never_end_up_in_the_middle_of_a_line(capsys):
    console = Console()
    console.write("...F..")

    console.say("still running")

    assert capsys.readouterr().out == "...F..\nstill running\n"


def test_a_service_that_holds_the_pipe_open_is_not_waited_for():
    begun = time.monotonic()
    leave_something_running = (
        f"import subprocess; subprocess.Popen([{sys.executable!r}, '-c', 'import time; time.sleep(8)'])"
    )

    assert run(Console(), leave_something_running) == 0
    assert time.monotonic() - begun < 6


def test_a_failing_program_keeps_its_exit_status_and_its_last_words():
    lines = Lines(keep=2)
    status = Console().run(
        [sys.executable, "-c", "import sys; print('a\\nb\\nc'); sys.exit(7)"], doing=lambda: "", listen=lines
    )

    assert (status, lines.last) == (7, ["b", "c"])


def test_a_program_does_not_outlive_the_start_that_was_told_to_stop(tmp_path):
    pid_file = tmp_path / "pid"
    child = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    code = (
        "import signal, sys\nfrom service.bootstrap import start\nfrom service.bootstrap.console import Console\n"
        "signal.signal(signal.SIGTERM, start._leave)\n"
        f"Console().run([sys.executable, '-c', {child!r}], doing=lambda: 'sleeping')\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    while not (pid_file.exists() and pid_file.read_text()):
        time.sleep(0.05)

    parent.terminate()
    parent.wait(20)

    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)

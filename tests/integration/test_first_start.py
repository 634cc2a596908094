"""The first start, with a package of our own making and no network: pip installs it from a folder."""

import base64
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GREETING = "hello from inside"
FAKE_CLI = f"""
import sys, tiny
print("{GREETING}", tiny.VERSION, sys.prefix != sys.base_prefix, *sys.argv[1:])
"""


def make_wheel(folder: Path, *, name: str = "tiny", version: str = "1.0") -> str:
    """Write a wheel with one module; the answer is its line in a lock."""
    info = f"{name}-{version}.dist-info"
    content = {
        f"{name}.py": f"VERSION = '{version}'\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: us\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},sha256={digest(text)},{len(text)}\n" for file, text in content.items())
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in {**content, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            wheel.writestr(file, text)
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


class Checkout:
    """A small checkout: our bootstrap, a command line that says hello, and a lock of one package."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        self.wheels = folder / "wheels"
        self.wheels.mkdir(parents=True)
        (self.root / "service" / "cli").mkdir(parents=True)
        (self.root / "requirements").mkdir()
        (self.root / "pyproject.toml").write_text("")
        for part in ("__init__.py", "__main__.py"):
            shutil.copy(ROOT / "service" / part, self.root / "service" / part)
        shutil.copytree(ROOT / "service" / "bootstrap", self.root / "service" / "bootstrap")
        (self.root / "service" / "cli" / "__init__.py").write_text("")
        (self.root / "service" / "cli" / "__main__.py").write_text(FAKE_CLI)
        self.write_lock(make_wheel(self.wheels))

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    def write_lock(self, text: str) -> None:
        (self.root / "requirements" / "base.txt").write_text(text)

    def begin(self, *words: str, path: str = "", **more: str) -> subprocess.Popen[str]:
        ours = ("PIP_", "UV_", "COV_", "PYTHON")  # a stranger's machine has none of what this run was told
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        env = {
            **kept,
            "HOME": str(self.root.parent),
            "PATH": path or "/usr/bin:/bin",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_CONFIG_FILE": os.devnull,
            **more,
        }
        return subprocess.Popen(
            [sys._base_executable, "-m", "service", *words],
            cwd=self.root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self, *words: str, path: str = "", **more: str) -> tuple[int, str]:
        process = self.begin(*words, path=path, **more)
        said, _ = process.communicate(timeout=100)
        return process.returncode, said


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkout, str]:
    """A checkout that was started once, and what that start said."""
    checkout = Checkout(tmp_path_factory.mktemp("filled"))
    status, said = checkout.start("plan", "E-1")
    assert status == 0, said
    return checkout, said


def test_the_first_start_says_what_it_installs_and_goes_on_inside(filled):
    _, said = filled

    assert "tiny 1.0, 1 of 1" in said
    assert f"{GREETING} 1.0 True plan E-1" in said


def test_the_second_start_installs_nothing(filled):
    checkout, _ = filled

    assert checkout.start("plan") == (0, f"{GREETING} 1.0 True plan\n")


def test_the_project_is_found_from_any_folder_afterwards(filled):
    checkout, _ = filled
    said = subprocess.run(
        [checkout.venv / "bin" / "python", "-c", "import service; print(service.__file__)"],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.strip() == str(checkout.root / "service" / "__init__.py")


def test_the_packages_for_postgresql_are_asked_for_once_and_kept(checkout):
    more = make_wheel(checkout.wheels, name="elephant")
    (checkout.root / "requirements" / "postgres.txt").write_text(make_wheel(checkout.wheels) + more)
    checkout.start("plan")

    status, said = checkout.start("postgres")
    (checkout.venv / "exeunt-unfinished").touch()  # the next start makes all anew
    checkout.start("plan")

    assert status == 0
    assert "PostgreSQL can be used from here.\n" in said
    assert list(checkout.venv.glob("lib/*/site-packages/elephant.py"))


@pytest.mark.parametrize("words", [("plan",), ("postgres",)])
def test_a_place_that_cannot_be_written_is_told_in_a_sentence(checkout, words):
    checkout.venv.write_text("no folder")

    status, said = checkout.start(*words)

    assert status == 1
    assert "cannot be written" in said
    assert "Traceback" not in said


def test_whoever_wants_no_bytecode_beside_their_sources_still_starts_fast(filled):
    checkout, _ = filled
    shutil.rmtree(checkout.root / "service" / "cli" / "__pycache__", ignore_errors=True)

    checkout.start("plan", PYTHONDONTWRITEBYTECODE="1")

    assert list((checkout.venv / "bytecode").rglob("tiny.*.pyc"))
    assert not (checkout.root / "service" / "cli" / "__pycache__").exists()


def test_a_package_that_is_not_the_one_in_the_lock_is_refused(checkout):
    line = make_wheel(checkout.wheels)
    checkout.write_lock(re.sub("sha256:.*", f"sha256:{'0' * 64}", line))

    status, said = checkout.start("plan")

    assert status == 1
    assert "DO NOT MATCH" in said
    assert GREETING not in said


def test_a_package_without_a_hash_is_refused(checkout):
    checkout.write_lock("tiny==1.0\n")

    status, said = checkout.start("plan")

    assert (status, GREETING in said) == (1, False)


def test_an_installation_that_failed_is_repaired_by_the_next_start(checkout):
    good = (checkout.root / "requirements" / "base.txt").read_text()
    checkout.write_lock("tiny==9.9 --hash=sha256:" + "0" * 64)
    assert checkout.start("plan")[0] == 1
    checkout.write_lock(good)

    status, said = checkout.start("plan")

    assert status == 0
    assert "The last installation was cut short" in said
    assert f"{GREETING} 1.0" in said


def test_an_installation_that_was_killed_is_repaired_by_the_next_start(checkout):
    killed = checkout.begin("plan")
    while not (checkout.venv / "exeunt-unfinished").exists():
        time.sleep(0.01)
    time.sleep(0.3)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()

    status, said = checkout.start("plan")

    assert status == 0
    assert f"{GREETING} 1.0" in said


def test_two_starts_at_once_wait_for_each_other(checkout):
    both = [checkout.begin("plan"), checkout.begin("plan")]
    said = [process.communicate(timeout=100)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert sorted("1 of 1" in text for text in said) == [False, True]
    assert all(f"{GREETING} 1.0" in text for text in said)


def test_a_changed_lock_is_installed_at_the_next_start(checkout):
    checkout.start("plan")
    checkout.write_lock(make_wheel(checkout.wheels, version="2.0"))

    status, said = checkout.start("plan")

    assert status == 0
    assert f"{GREETING} 2.0" in said


def test_where_uv_fails_pip_does_it(checkout, tmp_path):
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text("#!/bin/sh\necho unknown certificate authority\nexit 2\n")
    uv.chmod(0o755)

    status, said = checkout.start("plan", path=f"{uv.parent}:/usr/bin:/bin")

    assert status == 0
    assert "unknown certificate authority" in said
    assert f"{GREETING} 1.0" in said


def test_an_environment_made_by_another_python_is_made_anew(checkout):
    checkout.start("plan")
    settings = checkout.venv / "pyvenv.cfg"
    settings.write_text(re.sub(r"version = .*", "version = 3.9.1", settings.read_text()))
    stamp = checkout.venv / "exeunt-installed.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "python": "3.9.1"}))

    status, said = checkout.start("plan")

    assert status == 0
    assert ".venv was made with Python 3.9.1" in said
    assert f"{GREETING} 1.0" in said


def test_an_image_has_no_checkout_and_installs_nothing(checkout):
    (checkout.root / "pyproject.toml").unlink()
    (checkout.root / "tiny.py").write_text("VERSION = 'of the image'\n")

    status, said = checkout.start("serve")

    assert (status, said) == (0, f"{GREETING} of the image False serve\n")
    assert not checkout.venv.exists()


@pytest.mark.parametrize(
    "version", [(2, 7, 18), (3, 10, 14), (3, 14, 0)], ids=lambda version: ".".join(map(str, version))
)
def test_another_python_gets_one_sentence(version):
    begin = f"import runpy, sys; sys.version_info = {version}; sys.argv[1:] = ['demo']; "
    run = "runpy.run_path('service/__main__.py', run_name='__main__')"
    said = subprocess.run(
        [sys.executable, "-c", begin + run], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert said.returncode == 1
    assert said.stderr.startswith("Exeunt needs Python 3.11, 3.12 or 3.13;")
    assert said.stderr.count("\n") == 1

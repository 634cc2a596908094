"""The configuration: a slip is an error and says where, and a secret is never written out."""

from pathlib import Path

import pytest

from service.settings import Settings, SettingsError, load, reveal


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def wrote(text: str | bytes) -> None:
    Path("exeunt.toml").write_bytes(text.encode() if isinstance(text, str) else text)


def refusal() -> str:
    with pytest.raises(SettingsError) as refused:
        load()
    return str(refused.value)


def test_without_a_file_the_defaults_hold() -> None:
    assert load().service.port == 8000


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[servce]\nport = 1\n", "servce"),
        ("[service]\nprot = 1\n", "service.prot"),
        ('[sources.hr]\nformat = "native"\nsecret = "x"\n', "sources.hr.secret"),
        ("[snapshot]\nlookback_days = 91\n", "snapshot.lookback_days"),
        ('[service]\nport = "many"\n', "service.port"),
    ],
    ids=["section", "key", "nested key", "too far back", "no number"],
)
def test_a_slip_is_told_with_its_place(text: str, place: str) -> None:
    wrote(text)

    assert place in refusal()


def test_every_slip_is_told_at_once() -> None:
    wrote("[service]\nprot = 1\n[engine]\nthreds = 2\n")

    said = refusal()

    assert "service.prot" in said
    assert "engine.threds" in said


@pytest.mark.parametrize("text", ["[service\n", b"\xff\xfe[", "x = = 1"], ids=["bracket", "utf16", "twice"])
def test_a_file_that_is_no_toml_is_refused_in_a_sentence(text: str | bytes) -> None:
    wrote(text)

    said = refusal()

    assert "exeunt.toml" in said
    assert "\n" not in said.strip()


@pytest.mark.parametrize(
    "text",
    ['[slack]\nbot_token = "xoxb-1234-secret"\n', '[sources.hr]\nsecrets = ["xoxb-1234-secret"]\n'],
    ids=["one", "in a list"],
)
def test_a_secret_written_out_is_refused_and_not_repeated(text: str) -> None:
    wrote(text)

    said = refusal()

    assert "never as itself" in said
    assert "xoxb" not in said


def test_the_environment_outweighs_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    wrote("[service]\nport = 9000\n")
    monkeypatch.setenv("EXEUNT_SERVICE__PORT", "9001")

    assert load().service.port == 9001


@pytest.mark.parametrize(
    ("name", "value"),
    [("EXEUNT_SERVICE__PROT", "1"), ("EXEUNT_SERVCE__PORT", "1"), ("EXEUNT_CLI__USERS", "nobody")],
)
def test_a_slip_in_the_environment_is_one_too(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)

    assert refusal()


def test_a_secret_is_followed_and_cannot_be_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "hush")

    secret = reveal("env:TOKEN")

    assert secret.reveal() == "hush"
    assert "hush" not in f"{secret} {secret!r}"


def kept(text: str | bytes, mode: int) -> str:
    path = Path("secret")
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return "file:secret"


def test_a_secret_file_is_read_without_its_line_end() -> None:
    assert reveal(kept("hush\n", 0o600)).reveal() == "hush"


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o666, 0o660], ids=oct)
def test_a_secret_file_others_can_read_or_write_is_refused(mode: int) -> None:
    with pytest.raises(SettingsError, match="chmod 600"):
        reveal(kept("hush", mode))


@pytest.mark.parametrize("text", ["", "\n", b"\xff\xfe"], ids=["empty", "a line end", "no text"])
def test_a_file_without_a_secret_is_refused(text: str | bytes) -> None:
    with pytest.raises(SettingsError):
        reveal(kept(text, 0o600))


@pytest.mark.parametrize("reference", ["file:none", "file:.", "env:NOT_THERE"])
def test_a_secret_that_is_not_there_is_told_in_a_sentence(reference: str) -> None:
    with pytest.raises(SettingsError):
        reveal(reference)


def test_an_empty_variable_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "")

    with pytest.raises(SettingsError, match="empty"):
        reveal("env:TOKEN")


def test_the_database_lies_beneath_the_data_folder_unless_told_otherwise() -> None:
    assert Settings(service={"data_dir": "/data"}).database_url == "sqlite:////data/exeunt.db"


@pytest.mark.parametrize("made", ["folder", "link to nothing"])
def test_a_configuration_that_is_no_file_is_refused_and_not_passed_over(
    made: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if made == "folder":
        Path("exeunt.toml").mkdir()
    else:
        Path("exeunt.toml").symlink_to("gone.toml")

    with pytest.raises(SettingsError, match="no file"):
        load()

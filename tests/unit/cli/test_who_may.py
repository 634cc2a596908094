"""Who may do what here changes from the command line only, and never off the record."""

import pytest

from tests.unit.cli.test_announcing import entries
from tests.unit.cli.test_commands import Shell, empty, exeunt

__all__ = ["empty", "exeunt"]

SLACK = ("slack", "T1/U1")


def facts(exeunt: Shell, about: str) -> list[tuple[str, dict[str, object]]]:
    """What the record holds of roles, of identities or of rosters."""
    return [
        (entry["type"], entry["body"])
        for entry in entries(exeunt)
        if entry["type"].partition(".")[0] == about
    ]


def test_a_role_given_and_taken_away_is_on_record_with_who_did_it(exeunt: Shell) -> None:
    exeunt.maps("E-1")

    exeunt("people", "grant", "E-2", "approver")
    exeunt("people", "grant", "E-2", "approver")
    taken = exeunt("people", "revoke", "E-2", "approver")

    body = {"role": "approver", "door": "cli"}
    assert taken.code == 0
    assert facts(exeunt, "role") == [("role.granted", body), ("role.taken", body)]
    made = [entry for entry in entries(exeunt) if entry["type"] == "role.granted"]
    assert [(entry["actor"].partition(":")[0], bool(entry["subject"])) for entry in made] == [
        ("person", True)
    ]
    assert exeunt("people", "revoke", "E-2", "approver").err.endswith(
        "has not the role approver. Nothing was changed.\n"
    )


def test_somebody_whom_nobody_here_knows_is_no_person_in_the_record(exeunt: Shell) -> None:
    exeunt("people", "grant", "E-2", "approver")

    assert [entry["actor"] for entry in entries(exeunt) if entry["type"] == "role.granted"] == ["system:cli"]


def test_how_somebody_shows_who_they_are_is_on_record_and_not_legible(exeunt: Shell) -> None:
    exeunt("people", "identity", "E-2", *SLACK)
    removed = exeunt("people", "identity", "E-2", *SLACK, "--remove")

    body = {"kind": "slack", "door": "cli"}
    assert removed.code == 0
    assert facts(exeunt, "identity") == [("identity.linked", body), ("identity.taken", body)]
    assert "T1/U1" not in (exeunt.folder / "record" / "entries.jsonl").read_text()


@pytest.mark.parametrize("owner", ["E-1", None])
def test_an_identity_that_is_not_somebodys_cannot_be_taken_from_them(
    exeunt: Shell, owner: str | None
) -> None:
    if owner:
        exeunt("people", "identity", owner, *SLACK)

    said = exeunt("people", "identity", "E-2", *SLACK, "--remove")

    assert (said.code, said.err.endswith("Nothing was changed.\n")) == (2, True)
    assert "identity.taken" not in [entry["type"] for entry in entries(exeunt)]


def test_a_list_of_people_that_was_imported_is_on_record(exeunt: Shell) -> None:
    imported = [body for event, body in facts(exeunt, "roster") if event == "roster.imported"]

    assert [(body["source"], body["door"]) for body in imported] == [("hr", "cli")]

"""The ledger cannot be rewritten unnoticed, and a snapshot claims no more than was seen."""

from tests.plants.plant import Plant

KEEPING = "tests/unit/snapshot/test_retention.py"
SEAL = "tests/unit/snapshot/test_seal.py"
OLDER = "tests/integration/test_an_older_folder.py"
DAY_FILE = "tests/unit/snapshot/test_day_file.py"
VERDICT = "tests/unit/snapshot/test_verdict.py"
ENTRY = "tests/unit/ledger/test_entry.py"

PLANTS = (
    Plant(
        protects="The service cannot rewrite its own record by accident.",
        file="service/ledger/seatbelt.py",
        text='        "sqlite": (_sqlite("ledger", "UPDATE"), _sqlite("ledger", "DELETE")),',
        becomes='        "sqlite": (),',
        tests=(f"{ENTRY}::test_the_application_cannot_rewrite_the_record_by_accident",),
    ),
    Plant(
        protects="Nothing is appended without keys.",
        file="service/ledger/entry.py",
        text="    bound()\n",
        becomes="",
        tests=(f"{ENTRY}::test_nothing_is_appended_without_keys",),
    ),
    Plant(
        protects="Of personal data the ledger keeps commitments only.",
        file="service/ledger/entry.py",
        text='"pii": subject.commitments(session, draft.subject, draft.pii) if draft.pii else {},',
        becomes='"pii": dict(draft.pii),',
        tests=("tests/unit/ledger/test_subject.py::test_no_personal_data_reaches_the_database",),
    ),
    Plant(
        protects="A snapshot other than the ledger was told of is refused.",
        file="service/snapshot/seal.py",
        text='        if _digest(body["manifest"]) != json.loads(sealed.leaf)["body"]["manifest"]:',
        becomes="        if False:",
        tests=(f"{SEAL}::test_a_snapshot_other_than_the_ledger_was_told_of_is_refused",),
    ),
    Plant(
        protects="Without a notice of monitoring nobody is looked at.",
        file="service/snapshot/seal.py",
        text="        if not self.policy.notice_on_file:",
        becomes="        if False:",
        tests=(f"{SEAL}::test_without_a_notice_nobody_is_looked_at",),
    ),
    Plant(
        protects="A leaver whose account is not known is not called quiet.",
        file="service/snapshot/seal.py",
        text="        if not gathered.view.accounts_known:",
        becomes="        if False:",
        tests=(f"{SEAL}::test_a_leaver_whose_account_is_not_known_is_not_called_quiet",),
    ),
    Plant(
        protects="No sign is never said while one of the last days is unknown.",
        file="service/snapshot/verdict.py",
        text=" and all(not view.unseen(day) for day in last)",
        becomes=" and bool(last)",
        tests=(f"{VERDICT}::test_no_sign_is_never_said_while_one_of_the_last_days_is_unknown",),
    ),
    Plant(
        protects="Destroying a snapshot destroys its key.",
        file="service/snapshot/seal.py",
        text="        snapshot.wrapped_key = snapshot.sealed = None",
        becomes="        snapshot.sealed = None",
        tests=(f"{SEAL}::test_a_destroyed_key_does_not_lie_on_in_the_file",),
    ),
    Plant(
        protects="Where only reading is allowed no write leaves us.",
        file="connectors/sdk/http.py",
        text="        if writes and self._context.read_only:",
        becomes="        if False:",
        tests=("tests/unit/sdk/test_http.py::test_a_read_only_context_lets_no_write_out",),
    ),
    Plant(
        protects="What the command line refuses to announce is on record.",
        file="service/cli/run.py",
        text="        except SystemExit:\n",
        becomes="        except GeneratorExit:\n",
        tests=(
            "tests/unit/cli/test_announcing.py::test_what_cannot_be_announced_is_one_sentence_and_on_record",
        ),
    ),
    Plant(
        protects="A changed entry is found by whoever verifies.",
        file="service/ledger/walk.py",
        text="        if roots != {self.edge.root()}:",
        becomes="        if False:",
        tests=(
            (
                "tests/unit/ledger/test_verify.py::"
                "test_a_changed_entry_is_found_between_the_checkpoints_around_it"
            ),
        ),
    ),
    Plant(
        protects="An entry beyond the head is found.",
        file="service/ledger/verify.py",
        text="    if now[0] != (0 if now[1] is None else now[1] + 1):",
        becomes="    if False:",
        tests=("tests/unit/ledger/test_verify.py::test_an_entry_beyond_the_head_is_found",),
    ),
    Plant(
        protects="The columns beside an entry say what the entry says.",
        file="service/ledger/verify.py",
        text="        if members.get(member) != value:",
        becomes="        if False:",
        tests=("tests/unit/ledger/test_verify.py::test_what_an_owner_of_the_database_changed_is_named",),
    ),
    Plant(
        protects="Entries changed since the last checkpoint are not signed.",
        file="service/ledger/checkpoint.py",
        text="    if (grown.size, grown.hashes) != (edge.size, edge.hashes):",
        becomes="    if False:",
        tests=(
            (
                "tests/unit/ledger/test_checkpoint.py::"
                "test_entries_changed_since_the_last_checkpoint_are_not_signed"
            ),
        ),
    ),
    Plant(
        protects="A checkpoint that was changed is not continued.",
        file="service/ledger/checkpoint.py",
        text="    if (signed.size, signed.root) != (last.size, grown.root()):",
        becomes="    if False:",
        tests=("tests/unit/ledger/test_checkpoint.py::test_a_changed_checkpoint_is_not_continued",),
    ),
    Plant(
        protects="A roll-back of the ledger shows against a kept checkpoint.",
        file="service/ledger/walk.py",
        text="        if most > count:",
        becomes="        if False:",
        tests=(
            (
                "tests/unit/ledger/test_verify.py::"
                "test_a_roll_back_shows_against_a_kept_checkpoint_and_only_then"
            ),
        ),
    ),
    Plant(
        protects="Writers at once leave no gap in the ledger.",
        file="service/ledger/entry.py",
        text='"" if connection.dialect.name == "sqlite" else " FOR UPDATE"',
        becomes='""',
        tests=("tests/unit/ledger/test_entry.py::test_eight_writers_at_once_leave_no_gap",),
    ),
    Plant(
        protects="What a newer version left is refused in a sentence, and left alone.",
        file="service/store/migrate.py",
        text="    if before is not None and before not in KNOWN:",
        becomes="    if False:",
        tests=(f"{OLDER}::test_a_schema_of_a_newer_version_is_refused_in_one_sentence_and_left_alone",),
    ),
    Plant(
        protects="A migration that does not fit is told as that, and not as an address that is wrong.",
        file="service/store/migrate.py",
        text="        if before is None:\n            raise  #",
        becomes="        if before != newest():\n            raise  #",
        tests=(f"{OLDER}::test_a_schema_that_no_migration_fits_is_refused_in_one_sentence_and_left_alone",),
    ),
    Plant(
        protects="Beside a signing key that did not sign the record nothing starts.",
        file="service/engine/installation.py",
        text="            refuse_other_signer(session, keys)\n",
        becomes="            pass\n",
        tests=(
            "tests/unit/cli/test_other_keys.py::test_beside_a_signing_key_that_did_not_sign_the_record_nothing_starts",
        ),
    ),
    Plant(
        protects="A day of activities that an earlier version sealed is read, and not taken for damaged.",
        file="service/snapshot/day_file.py",
        text="        return mark != _MARK\n",
        becomes="        return False\n",
        tests=(f"{DAY_FILE}::test_a_day_that_an_earlier_version_sealed_in_one_piece_is_read_as_it_is",),
    ),
    Plant(
        protects="Of a leaver's day nobody else's activities are opened.",
        file="service/snapshot/day_file.py",
        text="    return hashlib.sha256(account_id.encode()).digest()[:16]",
        becomes="    return hashlib.sha256(account_id[:3].encode()).digest()[:16]",
        tests=(f"{DAY_FILE}::test_of_a_leavers_day_nobody_elses_activities_are_opened",),
    ),
    Plant(
        protects="A day's activities open only as that day's.",
        file="service/snapshot/day_file.py",
        text='        return f"{self.purpose}/{place}"',
        becomes="        return place",
        tests=(f"{DAY_FILE}::test_a_day_that_lies_in_another_ones_place_does_not_open",),
    ),
    Plant(
        protects="Nobody is given a role off the record.",
        file="service/cli/people.py",
        text='                _record(service, session, Event.ROLE_GRANTED, found, body={"role": wanted.value})\n',
        becomes="",
        tests=(
            "tests/unit/cli/test_who_may.py::test_a_role_given_and_taken_away_is_on_record_with_who_did_it",
        ),
    ),
    Plant(
        protects="Nobody's way of showing who they are changes off the record.",
        file="service/cli/people.py",
        text='    _record(service, session, event, whose, body={"kind": kind.value}, pii={"value": value})\n',
        becomes="",
        tests=(
            "tests/unit/cli/test_who_may.py::test_how_somebody_shows_who_they_are_is_on_record_and_not_legible",
        ),
    ),
    Plant(
        protects="A row never speaks of a log that was destroyed with an old one of the same bytes.",
        file="service/snapshot/collect.py",
        text="                self.shelf.require_raw(row.sha256)\n",
        becomes="                pass\n",
        tests=(f"{KEEPING}::test_no_row_speaks_of_a_log_that_went_with_an_old_one_of_the_same_bytes",),
    ),
    Plant(
        protects="Logs are destroyed by a transaction that no collector's overlaps.",
        file="service/snapshot/retention.py",
        text="        wait_to(session, Only.KEEPS_LOGS)\n",
        becomes="",
        tests=(f"{KEEPING}::test_logs_are_kept_and_destroyed_by_one_transaction_after_the_other",),
    ),
)

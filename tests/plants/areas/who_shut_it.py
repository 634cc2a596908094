"""What nobody knows to be ours is not opened, and what was cut short half way is finished."""

from tests.plants.plant import Plant

UNDO = "tests/unit/engine/test_undo.py"
LOST = "tests/unit/engine/test_undo_of_lost_answers.py"
RESTORING = "service/engine/restoring.py"
DIFFERENCE = "service/engine/difference.py"
WHO = "tests/unit/engine/test_who_shut_it.py"
FINISHING = "tests/unit/engine/test_finishing.py"
SALESFORCE_TESTS = "connectors/salesforce/tests/test_salesforce.py"

PLANTS = (
    Plant(
        protects="A second try that finds nothing to change does not hide what a first one changed.",
        file=DIFFERENCE,
        text="    if not one.touched or one.image is None:",
        becomes="    if True:",
        tests=(
            f"{LOST}::test_a_second_try_that_finds_nothing_to_change_does_not_hide_the_first",
            f"{LOST}::test_a_try_that_a_person_asked_for_does_not_hide_the_first_either",
        ),
    ),
    Plant(
        protects="What somebody else shut between our look and our only call stays shut.",
        file=DIFFERENCE,
        text="    if not one.touched or one.image is None:",
        becomes="    if one.image is None:",
        tests=(
            f"{LOST}::test_what_somebody_else_shut_while_we_looked_stays_shut",
            f"{WHO}::test_what_was_refused_for_certain_and_then_shut_by_somebody_else_stays_shut",
        ),
    ),
    Plant(
        protects="Where an answer was lost, the before-image says what to put back.",
        file=DIFFERENCE,
        text="    made = reader.receipt_of(action, one.image)",
        becomes="    made = Receipt()",
        tests=(
            f"{LOST}::test_a_change_whose_answer_was_lost_is_undone_from_the_before_image",
            f"{UNDO}::test_a_step_whose_process_died_is_not_repeated_but_looked_at_and_undone",
        ),
    ),
    Plant(
        protects="Where nobody can say who shut an account, it stays shut and a person is told.",
        file=DIFFERENCE,
        text="    return isinstance(reader, TellsWhoChanged) and reader.changed_by_us(account, made)",
        becomes="    return True",
        tests=(
            f"{WHO}::test_what_nobody_can_say_who_shut_stays_shut_and_is_named_to_a_person",
            f"{WHO}::test_after_a_process_died_what_bears_no_mark_of_ours_stays_shut",
            f"{FINISHING}::test_a_login_that_security_locked_after_an_answer_was_lost_stays_locked",
        ),
    ),
    Plant(
        protects="What is not known to be ours is not put back by the way back itself.",
        file=RESTORING,
        text="        if not self._order.checking and any(each.since is Since.UNKNOWN for each in found):",
        becomes="        if False:",
        tests=(f"{WHO}::test_what_nobody_can_say_who_shut_stays_shut_and_is_named_to_a_person",),
    ),
    Plant(
        protects="A call that was refused for certain is no attempt that may have taken effect.",
        file="connectors/sdk/http.py",
        text="            may = ask.writes and connection.sent and not is_refused(status)",
        becomes="            may = ask.writes and connection.sent",
        tests=(f"{WHO}::test_what_was_refused_for_certain_and_then_shut_by_somebody_else_stays_shut",),
    ),
    Plant(
        protects="A directory that was busy has shut nobody.",
        file="connectors/sdk/ldap.py",
        text="            changes = kind not in {wire.BIND, wire.SEARCH} and code in _MAY_HAVE_CHANGED",
        becomes="            changes = kind not in {wire.BIND, wire.SEARCH}",
        tests=(f"{FINISHING}::test_a_login_that_security_shut_after_the_directory_was_busy_stays_shut",),
    ),
    Plant(
        protects="What was shut and could not be read back is known to be ours.",
        file="service/engine/notes.py",
        text="        self._keep(target, outcome)\n        if",
        becomes="        if",
        tests=(f"{WHO}::test_what_we_shut_and_could_not_read_back_is_put_back",),
    ),
    Plant(
        protects="A process that died may have changed what it was about to.",
        file="service/engine/undo_kept.py",
        text="                touched=tries.lost > 0 or _may_be_touched(touched.get(id_), tries),",
        becomes="                touched=_may_be_touched(touched.get(id_), tries),",
        tests=(f"{UNDO}::test_a_step_whose_process_died_is_not_repeated_but_looked_at_and_undone",),
    ),
    Plant(
        protects="A change that was cut short half way is finished though it reads back as shut.",
        file="service/engine/job.py",
        text="                if not self._finishes():",
        becomes="                if True:",
        tests=(
            f"{FINISHING}::test_one_shut_door_does_not_hide_that_the_others_are_open",
            f"{FINISHING}::test_who_takes_over_resets_the_password_too",
        ),
    ),
    Plant(
        protects="A password reset that failed is made up for by the next try.",
        file="connectors/ldap/active_directory.py",
        text="        if shut and not self._again:",
        becomes="        if shut:",
        tests=(
            f"{FINISHING}::test_a_reset_that_failed_for_now_is_made_up_for_and_what_stays_open_is_said",
            f"{FINISHING}::test_a_reset_that_is_refused_for_good_is_said_and_tried_again_when_somebody_says_so",
        ),
    ),
    Plant(
        protects="A reading does not hide that a password was not reset.",
        file="service/engine/machine.py",
        text="        if result.residual or step.state is not StepState.FAILED:",
        becomes="        if True:",
        tests=(f"{FINISHING}::test_a_reading_does_not_hide_that_the_password_is_what_it_was",),
    ),
    Plant(
        protects="Groups that an earlier try left are joined again too.",
        file="connectors/ldap/groups.py",
        text="            raise error.after(what, Outcome(changed=True, receipt=_receipt(gone))) from None",
        becomes="            raise",
        tests=(f"{FINISHING}::test_groups_that_an_earlier_try_left_are_joined_again_too",),
    ),
    Plant(
        protects="The receipts of two tries that each did a part are both kept.",
        file="service/engine/sealed.py",
        text="            told.append(receipt)",
        becomes="            pass",
        tests=(
            "tests/unit/engine/test_sealed.py::test_of_two_attempts_that_each_did_a_part_both_receipts_stay",
        ),
    ),
    Plant(
        protects="A freeze that may be ours is not written once more, which would hide who froze.",
        file="connectors/salesforce/changes.py",
        text="    looks = api.context.again or user_id",
        becomes="    looks = user_id",
        tests=(
            (
                "connectors/salesforce/tests/test_one_call.py::"
                "test_where_an_earlier_attempt_may_have_frozen_nothing_is_written_once_more"
            ),
        ),
    ),
    Plant(
        protects="Who modified a Salesforce login last says whether we froze it.",
        file="connectors/salesforce/changes.py",
        text="    return all(_last_changed_by(api, account, field) == api.own_id for field in receipt.before)",
        becomes="    return True",
        tests=(f"{SALESFORCE_TESTS}::test_who_modified_the_record_last_says_who_froze",),
    ),
    Plant(
        protects="A login that somebody shut again after a lost answer of the way back stays shut.",
        file=RESTORING,
        text="        return doubted(reader, action, kept.account, found) if self._order.look_first else found",
        becomes="        return found",
        tests=(f"{WHO}::test_what_somebody_shut_again_after_a_lost_answer_of_the_way_back_stays_shut",),
    ),
    Plant(
        protects="A login that is known to be shut by us still is opened, though an answer of the way back was lost.",
        file=DIFFERENCE,
        text="all(_is_ours(reader, account, receipt) for receipt in known.receipts)",
        becomes="False",
        tests=(f"{WHO}::test_what_is_still_shut_by_us_after_a_lost_answer_of_the_way_back_is_opened",),
    ),
)

"""What passes by itself is waited for; what does not is said at once."""

from tests.plants.plant import Plant

HTTP = "tests/unit/sdk/test_http_answers.py"
INTUNE = "connectors/microsoft_intune/tests/test_access.py"
SALESFORCE = "connectors/salesforce/tests/test_signing_in.py"
LDAP = "connectors/ldap/tests/test_errors.py"

PLANTS = (
    Plant(
        protects="A sign-in that Microsoft says will pass refuses no credentials.",
        file="connectors/microsoft_intune/signin.py",
        text="    if word in REFUSALS and not codes & PASSING:",
        becomes="    if word:",
        tests=(f"{INTUNE}::test_a_sign_in_that_fails_by_itself_is_tried_again_and_refuses_no_credentials",),
    ),
    Plant(
        protects="A code that passes counts whichever word stands above it.",
        file="connectors/microsoft_intune/signin.py",
        text="    if word in REFUSALS and not codes & PASSING:",
        becomes="    if word in REFUSALS:",
        tests=(f"{INTUNE}::test_a_sign_in_that_fails_by_itself_is_tried_again_and_refuses_no_credentials",),
    ),
    Plant(
        protects="What Microsoft refuses is not tried again and again.",
        file="connectors/microsoft_intune/signin.py",
        text="    if word in REFUSALS and not codes & PASSING:",
        becomes="    if False:",
        tests=(f"{INTUNE}::test_what_entra_really_refuses_is_our_credentials",),
    ),
    Plant(
        protects="A code that Salesforce does not list refuses no credentials.",
        file="connectors/salesforce/errors.py",
        text="    if code in _NOT_THIS_WAY:",
        becomes="    if code:",
        tests=(f"{SALESFORCE}::test_only_what_salesforce_refuses_is_a_refusal",),
    ),
    Plant(
        protects="A sign-in waits as long as the system asked.",
        file="connectors/salesforce/errors.py",
        text="        retry_after_s=response.retry_after_s,\n",
        becomes="",
        tests=(f"{SALESFORCE}::test_a_sign_in_waits_as_long_as_salesforce_says",),
    ),
    Plant(
        protects="A system that is away until a moment is left alone until then.",
        file="connectors/sdk/http.py",
        text="            pacing.close(self._target, self._url, seconds=seconds)\n",
        becomes="            pass\n",
        tests=(f"{HTTP}::test_a_system_that_is_away_until_a_moment_is_left_alone_until_then",),
    ),
    Plant(
        protects="A call that timed out on its way (408) is made once more.",
        file="connectors/sdk/http.py",
        text=" or response.status in _ONCE_MORE:",
        becomes=":",
        tests=(f"{HTTP}::test_a_failing_system_may_have_applied_a_write_and_never_a_read",),
    ),
    Plant(
        protects="A system that is away until a moment is left alone by all nodes.",
        file="service/engine/gates.py",
        text="(result.after_s is not None or _asks_to_wait(result))",
        becomes="_asks_to_wait(result)",
        tests=(
            "tests/unit/engine/test_pace.py::test_a_system_that_asks_for_patience_is_left_alone_by_every_step",
        ),
    ),
    Plant(
        protects="A step waits as long as a system that is away says.",
        file="service/engine/translating.py",
        text=(
            "                hint=error.hint,\n                after_s=error.retry_after_s,\n"
            "                look_first=error.maybe_applied,\n"
        ),
        becomes="                hint=error.hint,\n                look_first=error.maybe_applied,\n",
        tests=("tests/unit/engine/test_runs.py::test_a_system_that_is_away_is_asked_again_when_it_said",),
    ),
    Plant(
        protects="A directory that is not willing is told to a person at once.",
        file="connectors/ldap/answers.py",
        text="    results.RESULT_UNWILLING_TO_PERFORM: _NOT_WILLING,\n",
        becomes="",
        tests=(
            (
                "connectors/ldap/tests/test_errors.py::"
                "test_a_directory_that_is_busy_or_away_is_asked_again_and_one_that_will_not_is_not"
            ),
        ),
    ),
    Plant(
        protects="A part of a batch that Salesforce could not carry out just now is tried again.",
        file="connectors/salesforce/errors.py",
        text="    if code in _PASSING or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:",
        becomes="    if code in _PASSING:",
        tests=(
            "connectors/salesforce/tests/test_refusals.py::test_an_error_code_means_one_thing_to_the_engine",
            (
                "connectors/salesforce/tests/test_one_call.py::"
                "test_a_failure_inside_a_batch_of_readings_changed_nothing"
            ),
        ),
    ),
    Plant(
        protects="A freeze that was carried out and cannot be read back is looked for before it is repeated.",
        file="connectors/salesforce/api.py",
        text="        raise self._refused_in(result, record, changed=True)",
        becomes="        raise self._refused_in(result, record)",
        tests=(
            (
                "connectors/salesforce/tests/test_one_call.py::"
                "test_a_freeze_that_was_carried_out_and_cannot_be_read_back_is_looked_for_before_it_is_repeated"
            ),
        ),
    ),
    Plant(
        protects="A lock that was ordered is not ordered again because the device cannot be read just now.",
        file="connectors/microsoft_intune/connector.py",
        text="        except (RateLimited, Unavailable):\n            return before",
        becomes="        except RateLimited:\n            raise",
        tests=(
            (
                "connectors/microsoft_intune/tests/test_lock.py::"
                "test_an_order_that_was_taken_is_not_given_again_because_it_cannot_be_read_just_now"
            ),
        ),
    ),
    Plant(
        protects="An object that is locked for a moment is asked again.",
        file="connectors/microsoft_intune/graph.py",
        text="        case 423:\n            raise _not_now(answer, template)\n",
        becomes="",
        tests=(
            "connectors/microsoft_intune/tests/test_lock.py::test_an_order_that_met_another_is_given_again",
        ),
    ),
    Plant(
        protects="Whoever grants a permission does not wait for an old token to end.",
        file="connectors/microsoft_intune/graph.py",
        text="            self._forbidden()\n",
        becomes="            pass\n",
        tests=(
            (
                "connectors/microsoft_intune/tests/test_access.py::"
                "test_a_permission_that_was_granted_counts_without_waiting_for_the_token_to_end"
            ),
        ),
    ),
    Plant(
        protects="A change that a directory's schema forbids is told to a person at once.",
        file="connectors/ldap/answers.py",
        text="    meaning = _MEANINGS.get(code, _NOT_NOW)\n",
        becomes="    meaning = _MEANINGS.get(code if code in {10, 49, 50, 53} else 0, _NOT_NOW)\n",
        tests=(f"{LDAP}::test_what_never_passes_is_told_at_once_with_what_to_do",),
    ),
    Plant(
        protects="A directory that ran out of time is asked again.",
        file="connectors/ldap/answers.py",
        text="    results.RESULT_TIME_LIMIT_EXCEEDED: _TOO_MUCH_NOW,\n",
        becomes="    results.RESULT_TIME_LIMIT_EXCEEDED: _CUT_SHORT,\n",
        tests=(f"{LDAP}::test_what_may_pass_is_tried_again",),
    ),
    Plant(
        protects="Nobody is taken for gone because the base that was searched is not there.",
        file="connectors/ldap/directory.py",
        text="        if answer.code == NO_SUCH_OBJECT and below:",
        becomes="        if False:",
        tests=(f"{LDAP}::test_below_a_base_that_is_not_there_nobody_is_taken_for_gone",),
    ),
    Plant(
        protects="What a directory says to a leaver's bind says nothing of our own credentials.",
        file="connectors/ldap/directory.py",
        text="        if answer.code != RESULT_SUCCESS and isinstance(passes, Unavailable):",
        becomes="        if answer.code not in {0, 49}:",
        tests=(f"{LDAP}::test_a_leavers_bind_that_is_refused_otherwise_says_nothing_of_us",),
    ),
    Plant(
        protects="An application that Entra turned away does not go on asking.",
        file="connectors/microsoft_intune/signin.py",
        text="        if away is not None and time.monotonic() < away.until:",
        becomes="        if away is not None and time.monotonic() < 0:",
        tests=(f"{INTUNE}::test_an_application_that_was_turned_away_asks_no_more_until_the_pause_is_over",),
    ),
    Plant(
        protects="An application that stays turned away is told to a person.",
        file="connectors/microsoft_intune/signin.py",
        text="        if now - self.since >= GIVEN_UP_S:",
        becomes="        if now < 0:",
        tests=(f"{INTUNE}::test_an_application_that_stays_turned_away_is_told_to_a_person",),
    ),
)

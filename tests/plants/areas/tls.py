"""TLS holds: whom it trusts, what it says where it does not, and where an answer ends."""

from tests.plants.plant import Plant

TLS = "tests/unit/sdk/test_tls.py"
ANSWERS = "tests/unit/sdk/test_tls_answers.py"
HANDSHAKE = "connectors/sdk/handshake.py"
CHECK = "tests/unit/cli/test_check_entrances.py"

PLANTS = (
    Plant(
        protects="An answer that is cut without TLS's goodbye is no answer.",
        file=HANDSHAKE,
        text="suppress_ragged_eofs=False)",
        becomes="suppress_ragged_eofs=True)",
        tests=(f"{ANSWERS}::test_an_answer_that_is_cut_without_tls_s_goodbye_is_none",),
    ),
    Plant(
        protects="No credentials go to whom no authority vouches for.",
        file="connectors/sdk/trust.py",
        text="    context = ssl.create_default_context(cafile=ca_file)\n",
        becomes="    context = ssl._create_unverified_context(cafile=ca_file)\n",
        tests=(f"{TLS}::test_a_certificate_that_does_not_hold_is_named_with_where_and_what_to_do",),
    ),
    Plant(
        protects="A certificate for another name opens nothing.",
        file=HANDSHAKE,
        text="        return trusted.wrap_socket(plain",
        becomes="        trusted.check_hostname = False\n        return trusted.wrap_socket(plain",
        tests=(f"{TLS}::test_of_several_names_the_certificate_of_the_one_that_was_asked_for_is_shown",),
    ),
    Plant(
        protects="The name that is asked for is said in the handshake.",
        file="connectors/sdk/wire.py",
        text="shake_hands(opened, host=place.host,",
        becomes='shake_hands(opened, host="127.0.0.1",',
        tests=(f"{TLS}::test_of_several_names_the_certificate_of_the_one_that_was_asked_for_is_shown",),
    ),
    Plant(
        protects="What the machine trusts is trusted by every call.",
        file="connectors/sdk/trust.py",
        text="create_default_context(cafile=ca_file)",
        becomes="create_default_context(cafile=ca_file or certifi.where())",
        tests=(f"{TLS}::test_what_the_machine_trusts_is_trusted_by_every_door",),
    ),
    Plant(
        protects="A newer Python refuses no authority that an older one took.",
        file="connectors/sdk/trust.py",
        text="verify_flags &= ~ssl.VERIFY_X509_STRICT",
        becomes="verify_flags |= ssl.VERIFY_X509_STRICT",
        tests=(f"{TLS}::test_an_authority_that_writes_as_older_ones_do_is_trusted_whatever_the_python",),
    ),
    Plant(
        protects="A file may name the authority in between alone.",
        file="connectors/sdk/trust.py",
        text="verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN",
        becomes="verify_flags &= ~ssl.VERIFY_X509_PARTIAL_CHAIN",
        tests=(f"{TLS}::test_a_file_may_name_the_authority_in_between_alone",),
    ),
    Plant(
        protects="A file of authorities trusts no others.",
        file="connectors/sdk/trust.py",
        text="    if ca_file is None:\n",
        becomes="    context.load_default_certs()\n    if ca_file is None:\n",
        tests=(f"{TLS}::test_a_file_of_authorities_trusts_no_others",),
    ),
    Plant(
        protects="A file that holds no certificates is a wrong setting.",
        file="connectors/sdk/http.py",
        text='        written = check_authorities(ca_file, whose=f"The ca_file of {target}") if ca_file else 0',
        becomes="        written = 0",
        tests=(f"{TLS}::test_a_file_that_holds_no_certificates_is_a_wrong_setting_and_no_network_trouble",),
    ),
    Plant(
        protects="A connection made under other authorities is not used on.",
        file="connectors/sdk/http.py",
        text="ca_file=ca_file, ca_written=written)",
        becomes="ca_file=ca_file)",
        tests=(f"{ANSWERS}::test_a_kept_connection_made_under_other_authorities_is_not_used_on",),
    ),
    Plant(
        protects="A port that speaks no TLS is named as such.",
        file=HANDSHAKE,
        text="    if reason in _NO_TLS:",
        becomes="    if False:",
        tests=(f"{TLS}::test_a_port_that_speaks_no_tls_hears_no_secret_and_is_asked_once",),
    ),
    Plant(
        protects="The directory's handshake that failed is told as what it was.",
        file="connectors/sdk/ldap_channel.py",
        text="            self.failed = failed  # ldap3 makes another error of it\n",
        becomes="",
        tests=(f"{TLS}::test_a_certificate_that_does_not_hold_is_named_with_where_and_what_to_do",),
    ),
    Plant(
        protects="A kept connection over TLS that ended meanwhile is not written to.",
        file="connectors/sdk/wire.py",
        text="        if self._socket is not None and has_something_to_say(self._socket):",
        becomes="        if False:",
        tests=(f"{ANSWERS}::test_a_kept_connection_that_ended_meanwhile_costs_no_change_and_repeats_none",),
    ),
    Plant(
        protects="A token of another Slack workspace is said before anybody leaves.",
        file="service/slack/checking.py",
        text="    own = team == section.team_id",
        becomes="    own = True",
        tests=(f"{CHECK}::test_another_workspace_and_a_channel_the_bot_cannot_see_are_named",),
    ),
    Plant(
        protects="Slack and HR are asked by the check, under the authorities that were named.",
        file="service/cli/_asked.py",
        text="        check(reader)\n",
        becomes="        pass\n",
        tests=(
            f"{CHECK}::test_a_certificate_that_does_not_hold_is_one_line_each_and_nobody_hears_a_key",
            f"{CHECK}::test_keys_that_are_refused_are_one_line_each_without_the_keys",
        ),
    ),
)

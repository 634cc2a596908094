"""Whom two HR systems know is one human: what they may not see or decide, they do not by another record."""

from tests.plants.plant import Plant

OWN = "tests/attacks/web/test_own_by_another_record.py"
TWO_RECORDS = "tests/attacks/departures/test_two_records.py"

PLANTS = (
    Plant(
        protects="Nobody is shown their own departure, by whichever record of theirs it stands.",
        file="service/departures/sealing.py",
        text="    return open_to(reader) & Departure.person_id.not_in(records_of(reader))",
        becomes="    return open_to(reader) & (Departure.person_id != reader)",
        tests=(f"{OWN}::test_no_page_shows_a_leaver_their_departure_by_another_record",),
    ),
    Plant(
        protects="The page of a run is not there for its leaver, by whichever record they look.",
        file="service/engine/sight.py",
        text="are_same_human(session, leaver, reader)",
        becomes="leaver == reader",
        tests=(f"{OWN}::test_no_page_shows_a_leaver_their_departure_by_another_record",),
    ),
    Plant(
        protects="A leaver who reads the channel by another record of theirs does not read of their departure.",
        file="service/slack/scribe.py",
        text="records_of(facts.leaver_person_id)",
        becomes="(facts.leaver_person_id,)",
        tests=(f"{OWN}::test_a_leaver_who_reads_the_channel_by_another_record_is_not_told_there",),
    ),
    Plant(
        protects="Who leaves with a batch by another record does not steer it.",
        file="service/engine/waves.py",
        text="Departure.person_id.in_(records_of(person_id)), open_to(person_id)",
        becomes="Departure.person_id == person_id, open_to(person_id)",
        tests=(f"{OWN}::test_who_leaves_by_another_record_does_not_steer_the_batch",),
    ),
    Plant(
        protects="Who leaves by another record decides nothing about how leaving is done.",
        file="service/playbook/approval.py",
        text="Departure.person_id.in_(records_of(person_id)),",
        becomes="Departure.person_id == person_id,",
        tests=(
            "tests/unit/playbook/test_who_leaves.py::test_who_leaves_by_another_record_approves_no_playbook",
        ),
    ),
    Plant(
        protects="Nobody announces their own departure by another record.",
        file="service/cli/run.py",
        text="        own = same_human(by, leaver)",
        becomes="        own = by.id == leaver.id",
        tests=("tests/unit/cli/test_announcing.py::test_nobody_announces_their_own_by_another_record",),
    ),
    Plant(
        protects="Who reports to the leaver is below them by whichever record of theirs they come.",
        file="service/people/reporting.py",
        text="Person.id.in_(records_of(person_id))",
        becomes="Person.id == person_id",
        tests=(
            f"{TWO_RECORDS}::test_a_report_by_another_record_of_theirs_approves_nothing",
            f"{TWO_RECORDS}::test_who_works_for_somebody_with_two_records_is_below_whoever_is_above_either",
        ),
    ),
)

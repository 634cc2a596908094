"""What cannot be meant is refused in words for whoever wrote it, and is never taken for something else."""

from tests.plants.plant import Plant

EMPTY = "tests/unit/cli/test_empty_words.py"
ANNOUNCING = "tests/unit/cli/test_announcing.py"
BODIES = "tests/attacks/webhooks/test_hostile_bodies.py"
ROSTER = "tests/unit/people/test_roster_file.py"
ONE_SENTENCE = f"{ANNOUNCING}::test_what_cannot_be_announced_is_one_sentence_and_on_record"

PLANTS = (
    Plant(
        protects="An empty time is none, and does not mean at once.",
        file="service/cli/run.py",
        text="civil(at) if at is not None else None",
        becomes="civil(at) if at else None",
        tests=(ONE_SENTENCE,),
    ),
    Plant(
        protects="An empty zone is none, and not somebody else's.",
        file="service/cli/run.py",
        text="    if asked is not None:",
        becomes="    if asked:",
        tests=(ONE_SENTENCE,),
    ),
    Plant(
        protects="An option that says nothing is not one that was left out.",
        file="service/cli/_commands.py",
        text="            if option not in judged:",
        becomes="            if False:",
        tests=(
            f"{EMPTY}::test_an_empty_step_is_not_the_whole_run",
            f"{EMPTY}::test_an_empty_source_is_not_every_source",
        ),
    ),
    Plant(
        protects="What was typed moves no cursor when it is told back.",
        file="service/cli/_open.py",
        text='c if c.isprintable() or c == "\\n" else "\\ufffd"',
        becomes="c",
        tests=(ONE_SENTENCE,),
    ),
    Plant(
        protects="What could never be compared is nobody's identity.",
        file="service/cli/people.py",
        text="    if not remove and not _IDENTITIES[kind].fullmatch(value):",
        becomes="    if False:",
        tests=(f"{EMPTY}::test_what_is_no_identity_is_nobodys",),
    ),
    Plant(
        protects="People are imported for a source that can announce them, or not at all.",
        file="service/people/roster_file.py",
        text="    if not is_source(source):",
        becomes="    if False:",
        tests=(f"{EMPTY}::test_a_source_of_another_spelling_is_none",),
    ),
    Plant(
        protects="Nobody is imported under an id by which they could never be announced.",
        file="service/people/roster_file.py",
        text='"source_id": (200, _not_an_identifier),',
        becomes='"source_id": (200, None),',
        tests=(f"{ROSTER}::test_a_slip_is_told_with_its_line_and_nothing_is_imported",),
    ),
    Plant(
        protects="A sender is told what is wrong in our words, and none of a library's.",
        file="service/intake/source.py",
        text="what=in_words(slip),",
        becomes='what=slip["msg"],',
        tests=(f"{BODIES}::test_what_is_wrong_is_said_in_our_words_with_its_place",),
    ),
    Plant(
        protects="What the web server refuses by itself is a problem detail too.",
        file="service/web/server.py",
        text="self._server.channel_class = Channel",
        becomes="pass",
        tests=("tests/unit/web/test_server.py::test_what_no_application_could_read_is_refused_in_our_words",),
    ),
)

"""What a way back leaves to a person says how it goes on."""

from tests.plants.plant import Plant

WAITS = "tests/unit/engine/test_what_a_way_back_waits_for.py"

PLANTS = (
    Plant(
        protects="What a way back leaves to a person says which command or page goes on with it.",
        file="service/cli/undo.py",
        text='            click.echo(f"  {asks.goes_on_by}")\n',
        becomes="",
        tests=("tests/unit/cli/test_undo.py::test_what_a_person_must_do_says_the_page_that_goes_on_with_it",),
    ),
    Plant(
        protects="A way back that somebody paused is named with what resumes it.",
        file="service/engine/undo_facts.py",
        text="*_resumed(paused, run)",
        becomes="*_resumed((), run)",
        tests=(f"{WAITS}::test_what_somebody_paused_is_named_with_what_resumes_it",),
    ),
)

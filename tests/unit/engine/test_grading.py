"""The truth algebra: a run is never greener than its weakest step."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from connectors.sdk.types import Evidence, Proof
from service.engine.grading import Standing, contradicted, grade_of, run_colour, step_colour, weakest
from service.engine.states import Colour, StepState
from service.playbook.model import Grade

ORDER = [Colour.RED, Colour.AMBER, Colour.GREEN]
NEVER_GREEN = (Grade.PENDING, Grade.WAIVED, Grade.UNKNOWN)
AT = datetime(2026, 3, 2, tzinfo=UTC)

standings = st.builds(
    Standing,
    state=st.sampled_from(StepState),
    grade=st.sampled_from(Grade),
    minimum=st.sampled_from(Grade),
    contradicted=st.booleans(),
)
facts = st.builds(
    Evidence,
    kind=st.just("x"),
    proof=st.sampled_from(Proof),
    how=st.sampled_from(["a", "b", "c"]),
    observed_at=st.just(AT),
)


@given(st.lists(standings))
def test_a_run_is_never_greener_than_its_weakest_step(steps: list[Standing]) -> None:
    counted = [step for step in steps if step.state is not StepState.SKIPPED]

    colour = run_colour(steps)

    assert all(ORDER.index(colour) <= ORDER.index(step_colour(step)) for step in counted)


@given(standings)
@example(Standing(StepState.DONE, Grade.ACKNOWLEDGED, Grade.OBSERVED, contradicted=False))
@example(Standing(StepState.CANCELLED, Grade.OBSERVED, Grade.OBSERVED, contradicted=False))
def test_green_is_done_read_back_and_well_enough_known(step: Standing) -> None:
    if step_colour(step) is Colour.GREEN:
        assert step.state is StepState.DONE
        assert not step.contradicted
        assert step.grade not in NEVER_GREEN
        assert step.grade.rank >= step.minimum.rank


@given(standings, st.sampled_from(NEVER_GREEN))
def test_pending_and_waived_are_never_green(step: Standing, grade: Grade) -> None:
    assert step_colour(step._replace(grade=grade)) is not Colour.GREEN


@given(standings, st.sampled_from([g for g in Grade if g is not Grade.WAIVED]))
def test_knowing_a_step_better_never_makes_it_worse(step: Standing, grade: Grade) -> None:
    if grade.rank >= step.grade.rank and step.grade is not Grade.WAIVED:
        better = step_colour(step._replace(grade=grade))

        assert grade is Grade.PENDING or ORDER.index(better) >= ORDER.index(step_colour(step))


@given(st.lists(standings), standings)
def test_a_further_step_never_makes_a_run_greener(steps: list[Standing], more: Standing) -> None:
    before, after = run_colour(steps), run_colour([*steps, more])

    assert (
        not steps
        or all(s.state is StepState.SKIPPED for s in steps)
        or ORDER.index(after) <= ORDER.index(before)
    )


@given(st.lists(standings), standings)
def test_a_step_that_was_never_part_of_the_plan_colours_no_run(steps: list[Standing], more: Standing) -> None:
    skipped = more._replace(state=StepState.SKIPPED)

    assert run_colour([*steps, skipped]) is run_colour(steps)


def test_a_run_without_steps_has_proved_nothing() -> None:
    assert run_colour([]) is Colour.AMBER


@given(st.lists(facts))
def test_a_pending_reading_is_pending_whatever_stands_beside_it(evidence: list[Evidence]) -> None:
    if any(fact.proof is Proof.PENDING for fact in evidence):
        assert grade_of(evidence) is Grade.PENDING


@given(st.lists(facts))
def test_only_proof_is_proof_and_two_means_corroborate(evidence: list[Evidence]) -> None:
    means = {fact.how for fact in evidence if fact.proof is Proof.PROVEN}

    grade = grade_of(evidence)

    assert (grade is Grade.CORROBORATED) <= (len(means) > 1)
    assert (grade is Grade.OBSERVED) <= (len(means) == 1)


@given(st.lists(facts), facts)
def test_a_contradiction_is_never_outvoted(evidence: list[Evidence], more: Evidence) -> None:
    if contradicted(evidence):
        assert contradicted([*evidence, more])


@given(st.lists(st.sampled_from(Grade), min_size=1))
def test_the_weakest_grade_is_none_better_than_any(grades: list[Grade]) -> None:
    assert all(weakest(grades).rank <= grade.rank for grade in grades)

"""Plans: what is left out, in which order, and the digest an approval is bound to."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.departures.kind import DepartureKind
from service.playbook.catalogue import Manifests
from service.playbook.graph import ancestors, circles, ordered, without
from service.playbook.model import duration, spelt
from service.playbook.plan import Plan, PlanInput, plan

SALES = PlanInput(kind=DepartureKind.VOLUNTARY, department="Sales", country="NO")

STEPS = """\
applies_to: {kind: [voluntary]}
steps:
  - {id: last, action: manual.confirm, needs: [middle], owner: it, instructions: Look.}
  - id: middle
    action: manual.confirm
    needs: [seal, ask-hr]
    when: {department: [Sales]}
  - {id: ask-hr, action: ask, when: {country: [SE]}, needs: [seal]}
  - id: seal
    title: "Activity: seal"
    action: snapshot.seal
    with: {connectors: [salesforce], lookback: 60d}
    deadline: 30s
"""


@pytest.fixture
def planned(load, actions: Manifests):
    def planned(departure: PlanInput = SALES, text: str = STEPS) -> Plan:
        return plan(load(text), departure, actions)

    return planned


def _needs(made: Plan) -> dict[str, tuple[str, ...]]:
    return {step.id: step.needs for step in made.steps}


def test_each_step_comes_after_what_it_needs_whatever_the_order_in_the_file(planned):
    assert _needs(planned(replace(SALES, country="SE"))) == {
        "seal": (),
        "ask-hr": ("seal",),
        "middle": ("seal", "ask-hr"),
        "last": ("middle",),
    }


def test_who_needed_a_step_left_out_needs_what_that_one_needed(planned):
    assert _needs(planned(replace(SALES, department="Legal"))) == {"seal": (), "last": ("seal",)}


def test_a_departure_the_playbook_is_not_for_has_no_steps(planned):
    assert planned(replace(SALES, kind=DepartureKind.INVOLUNTARY)).steps == ()


@pytest.mark.parametrize("department", ["Sales", "sales", " SALES "])
def test_departments_match_without_case(planned, department: str):
    assert "middle" in _needs(planned(replace(SALES, department=department)))


@pytest.mark.parametrize("department", ["", "Sales EMEA", "Sale"])
def test_departments_match_whole(planned, department: str):
    assert "middle" not in _needs(planned(replace(SALES, department=department)))


def test_a_step_without_a_title_is_called_by_its_connector_and_action(planned):
    titles = {step.id: step.title for step in planned().steps}

    assert titles == {"seal": "Activity: seal", "middle": "MANUAL: Confirm", "last": "MANUAL: Confirm"}


def test_a_built_in_action_has_no_connector(planned):
    assert {step.id: step.connector for step in planned().steps} == {
        "seal": "", "middle": "manual", "last": "manual",
    }  # fmt: skip


def test_the_digest_of_a_plan_never_changes_by_itself(planned):
    assert planned().digest == "4fd5fc73a29a92449c6a7fb47eca214687876058fd858da00a22d68237acbff4"


def test_a_comment_changes_the_playbooks_digest_and_not_the_plans(planned):
    plain, commented = planned(), planned(text=STEPS + "# a remark\n")

    assert plain.playbook_digest != commented.playbook_digest
    assert plain.digest == commented.digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("deadline: 30s", "deadline: 31s"),
        ("lookback: 60d", "lookback: 59d"),
        ("owner: it", "owner: hr"),
        ("Look.", "Look twice."),
        ('"Activity: seal"', '"Activity: seals"'),
        (
            "id: last, action: manual.confirm, needs: [middle]",
            "id: last, action: manual.confirm, needs: [seal]",
        ),
        ("deadline: 30s", "deadline: 30s\n    minimum: acknowledged"),
        ("deadline: 30s", "deadline: 30s\n    after: 1d"),
        ("deadline: 30s", "deadline: 30s\n    critical: true"),
        ("deadline: 30s", "deadline: 30s\n    on_failure: continue"),
        ("deadline: 30s", "deadline: 30s\n    retry: {first: 1s}"),
        ("deadline: 30s", "deadline: 30s\n    phase: notice"),
    ],
)
def test_whatever_would_be_done_differently_changes_the_digest(planned, old: str, new: str):
    assert STEPS.count(old) == 1

    assert planned(text=STEPS.replace(old, new)).digest != planned().digest


def test_the_same_deadline_written_otherwise_is_the_same_plan(planned):
    assert planned(text=STEPS.replace("60d}\n    deadline: 30s", "60d}\n    deadline: 1m")).digest == (
        planned(text=STEPS.replace("60d}\n    deadline: 30s", "60d}\n    deadline: 60s")).digest
    )


def test_arguments_can_be_kept_as_json(planned):
    seal = planned().steps[0]

    assert json.loads(json.dumps(seal.arguments)) == {"connectors": ["salesforce"], "lookback": "60d"}


@given(st.integers(1, 999_999), st.sampled_from("smhd"))
def test_a_duration_is_spelt_so_that_it_reads_the_same(number: int, unit: str):
    value = duration(f"{number}{unit}")

    assert duration(spelt(value)) == value


def test_no_time_at_all_is_spelt_in_seconds():
    assert spelt(timedelta(0)) == "0s"


names = st.integers(0, 11).map("s{}".format)


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[str, ...]]:
    """Graphs without circles: each step needs only earlier ones, then all are shuffled."""
    size = draw(st.integers(1, 12))
    needs = {
        f"s{n}": tuple(draw(st.sets(st.sampled_from([f"s{m}" for m in range(n)])))) if n else ()
        for n in range(size)
    }
    return {name: needs[name] for name in draw(st.permutations(list(needs)))}


@given(graphs(), st.sets(names))
def test_leaving_steps_out_keeps_who_comes_before_whom(needs: dict[str, tuple[str, ...]], gone: set[str]):
    left = without(needs, gone)

    assert set(left) == set(needs) - gone
    assert {name: ancestors(left, name) for name in left} == {
        name: ancestors(needs, name) - gone for name in left
    }


@given(graphs())
def test_an_order_has_every_step_once_and_after_what_it_needs(needs: dict[str, tuple[str, ...]]):
    order = ordered(needs)

    assert sorted(order) == sorted(needs)
    assert all(order.index(need) < order.index(name) for name in needs for need in needs[name])
    assert circles(needs) == []


@given(st.dictionaries(names, st.lists(names, max_size=4), max_size=12))
def test_a_circle_that_is_told_is_one(needs: dict[str, list[str]]):
    found = circles(needs)

    for circle in found:
        assert len(circle) > 1
        assert all(
            later in needs[earlier] for earlier, later in zip(circle, (*circle[1:], circle[0]), strict=True)
        )
    if any(name in ancestors(needs, name) and name not in needs[name] for name in needs):
        assert found


def test_a_chain_of_ten_thousand_steps_does_not_recurse():
    needs = {f"s{n}": [f"s{n + 1}"] for n in range(10_000)}

    assert len(ancestors(needs, "s0")) == 10_000

"""One client of the storm: HR's system, and the people who decide. It speaks of its own people only, so that it knows
what it said last of each; what people decide may be about anybody."""

import http.client
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from service.cli._open import WRONG_USE
from tests.integration.faults import company
from tests.integration.faults.company import HANNA, IVAN, IVAN_TOO, TestClock
from tests.integration.faults.doors import DONE, command, slack_undo
from tests.integration.faults.seen import Op, Said

if TYPE_CHECKING:
    from tests.integration.faults.storm import Storm

HOOK: Final = "/hooks/hr"
Sent = tuple[dict[str, str], bytes]
WHY: Final = "I looked at it myself."
#: Nobody answered, or not in a way that could be understood: it was killed meanwhile.
CUT: Final = (OSError, http.client.HTTPException, KeyError, TypeError)
KINDS: Final = ("voluntary", "voluntary", "involuntary", "contractor-end", "layoff")
ZONES: Final = ("UTC", "UTC", "Pacific/Auckland", "America/New_York", "Asia/Kathmandu")
#: How far ahead access ends: soon, today, tomorrow; or so long ago that it is doubted.
AHEAD: Final = (timedelta(seconds=1), timedelta(seconds=3), timedelta(hours=1), timedelta(days=1))
DOUBTED: Final = timedelta(days=-40)

WEBHOOKS: Final = (
    *("immediate", "scheduled", "scheduled", "changed", "rescinded", "again", "again"),
    *("confirm", "hang up", "steer"),
)
#: What people do at their doors besides, in a company that is manned.
PEOPLES: Final = (
    *("undo", "ask", "ask", "approve", "approve", "cancel held", "command", "waves", "waves", "batch"),
    *("confirm", "confirm"),
)
#: Of so many commands one is given: each costs a process.
ONE_COMMAND_OF: Final = 5
#: These leave by a file and by nothing else.
BY_FILE: Final = 6


@dataclass(slots=True)
class Client:
    """Acts until it is told to stop. `people` are those of whom it speaks, `filed` those whom it names in files."""

    storm: "Storm"
    n: int
    dice: random.Random
    people: tuple[str, ...]
    filed: tuple[str, ...] = ()
    sent: list[tuple[str, str, str, Said | None, Sent]] = field(default_factory=list)
    count: int = 0

    def act(self) -> None:
        """Do one thing, whatever it is."""
        acts = {
            "again": self._again,
            "confirm": self._confirm,
            "steer": self._steer,
            "undo": self._undo,
            "ask": self._ask,
            "approve": self._approve,
            "cancel held": self._cancel_held,
            "command": self._command,
            "waves": self._waves,
            "batch": self._batch,
        }
        if self.filed and not self.count:
            self._first_file()
        what = self.dice.choice((*WEBHOOKS, *(PEOPLES if self.storm.manned else ())))
        acts.get(what, lambda: self._send(what))()

    # HR's system

    def _send(self, what: str) -> None:
        person = self.dice.choice(self.people)
        kind = "immediate" if what == "hang up" else what
        said, data = self._said(kind)
        body = company.message(kind, person, **data)
        body["data"] = {name: value for name, value in body["data"].items() if value is not None}
        self.count += 1
        message = f"m-{self.n}-{self.count}"
        given = company.signed(body, message)
        self.sent.append((kind, person, message, said, given))
        status = self._left(given) if what == "hang up" else self._posted(given)
        self.storm.note(Op(kind=kind, person=person, message=message, status=status, said=said))

    def _said(self, kind: str) -> tuple[Said | None, dict[str, Any]]:
        """What is said of somebody, for the checker and in the webhook."""
        if kind == "rescinded":
            return None, {"kind": None}
        manned = self.storm.manned
        why, zone = (self.dice.choice(KINDS), self.dice.choice(ZONES)) if manned else ("voluntary", "UTC")
        data: dict[str, Any] = {"kind": why, "timezone": zone}
        if kind in ("scheduled", "changed"):
            ahead = self.dice.choice((*AHEAD, DOUBTED) if manned and self.dice.random() < 0.3 else AHEAD)
            at = TestClock.open(self.storm.folder)() + ahead
            civil = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            data["access_off_at"] = civil.isoformat(timespec="seconds")
        return Said(kind=why, civil=data.get("access_off_at", ""), zone=zone), data

    def _again(self) -> None:
        if self.sent:
            kind, person, message, said, given = self.dice.choice(self.sent)
            status = self._posted(given)
            self.storm.note(Op(kind=kind, person=person, message=message, status=status, said=said))

    def _posted(self, given: Sent) -> int | None:
        try:
            status, _ = self.storm.server.call("POST", HOOK, headers=given[0], body=given[1])
        except (OSError, http.client.HTTPException):
            return None
        return status

    def _left(self, given: Sent) -> None:
        try:
            self.storm.server.hang_up(HOOK, headers=given[0], body=given[1])
        except (OSError, http.client.HTTPException):
            return

    # People

    def _confirm(self) -> None:
        try:
            waiting = [step for step in self._now()["open"] if step["asks"]]
            if waiting:
                step = self.dice.choice(waiting)
                status, _ = self.storm.server.post_json("/of-tests/confirm", step)
                self.storm.note(Op(kind="confirm", person="", message="", status=status, step=step["name"]))
        except CUT:
            return  # it was killed meanwhile: whether it stood is told by the ledger

    def _steer(self) -> None:
        """Somebody pauses, resumes, cancels or tries again, whatever run that is, and perhaps two at once."""
        try:
            now = self._now()
            if now["known"]:
                verb = self.dice.choice(
                    ("pause", "pause", "resume", "resume", "check", "cancel", "retry", "skip")
                )
                wish = {"run": self.dice.choice(now["known"]), "verb": verb}
                status, _ = self.storm.server.post_json("/of-tests/steer", wish)
                self.storm.note(Op(kind=verb, person="", message="", status=status))
        except CUT:
            return

    def _undo(self) -> None:
        """A run is taken back on its page or in Slack, or all of a batch on the batch's page."""
        with_slack, of_batch = self.dice.random() < 0.4, self.dice.random() < 0.3
        try:
            now = self._now()
            if of_batch and now["batches"]:
                self._undo_batch(now, *self.dice.choice(sorted(now["batches"].items())))
            elif now["known"]:
                run = self.dice.choice(now["known"])
                if with_slack:
                    self._note("undo", slack_undo(self.storm.server, "U2", run, WHY), by=IVAN, run=run)
                else:
                    page = f"/runs/R-{now['numbers'][run]}/undo"
                    self._note("undo", self._sent_form(IVAN, page, [("note", WHY)]), by=IVAN, run=run)
        except CUT:
            return

    def _undo_batch(self, now: Mapping[str, Any], number: str, runs: list[str]) -> None:
        some = self.dice.sample(runs, self.dice.randint(1, len(runs)))
        ticks = [("run", f"R-{now['numbers'][run]}") for run in some]
        status = self._sent_form(IVAN, f"/batches/B-{number}/undo", [("note", WHY), *ticks])
        for run in some:  # one that is refused stops none of the others, and is told by another status
            self._note("undo", status, by=IVAN, run=run)

    def _ask(self) -> None:
        """Somebody names one, or some, of what is held, to be let go."""
        who = self.dice.choice((IVAN, HANNA, HANNA, IVAN_TOO, self.storm.people[0]))
        try:
            held = self._now()["held"]
            if held:
                of = self._some(held)
                form = [("do", "ask"), ("because", WHY), *(("departure", each) for each in of)]
                self._note("ask", self._sent_form(who, "/departures/held", form), by=_human(who), of=of)
        except CUT:
            return

    def _some(self, held: list[dict[str, Any]]) -> tuple[str, ...]:
        """One, or a part of what may be let go together: who is protected goes alone."""
        if self.dice.random() < 0.5:
            return (str(self.dice.choice(held)["id"]),)
        together = [each["id"] for each in held if "protected" not in each["codes"]]
        return tuple(islice(self.dice.sample(together, len(together)), 3)) or (held[0]["id"],)

    def _approve(self) -> None:
        """Somebody says yes: the second person, or the first once more, or a leaver."""
        who = self.dice.choice((IVAN, IVAN, HANNA, HANNA, IVAN_TOO, self.storm.people[0]))
        try:
            lists = self._now()["lists"]
            if lists:
                self._yes(who, self.dice.choice(lists))
        except CUT:
            return

    def _yes(self, who: str, one: Mapping[str, Any]) -> None:
        form = [("do", "approve"), ("release", one["release"]), ("digest", one["digest"])]
        status = self._sent_form(who, "/departures/held", form)
        self._note("approve", status, by=_human(who), release=one["release"], of=tuple(one["of"]))

    def _cancel_held(self) -> None:
        if self.dice.random() < 0.7:
            return
        try:
            held = self._now()["held"]
            if held:
                of = self._some(held)
                form = [("do", "cancel"), ("because", WHY), *(("departure", each) for each in of)]
                self._note("cancel held", self._sent_form(HANNA, "/departures/held", form), by=HANNA, of=of)
        except CUT:
            return

    def _waves(self) -> None:
        """Somebody names all that is held of a batch, to be let go so many at a time; who asked for it is refused."""
        first = self.storm.people[0]
        who, size = self.dice.choice((HANNA, HANNA, first, IVAN)), self.dice.choice((1, 1, 2))
        try:
            held = [each for each in self._now()["held"] if each["batch"] and not each["begun"]]
            if not held:
                return
            batch = self.dice.choice(held)["batch"]
            of = tuple(e["id"] for e in held if e["batch"] == batch and "protected" not in e["codes"])
            if of:
                told = [("do", "ask"), ("because", WHY), ("wave", str(size))]
                form = [*told, *(("departure", each) for each in of)]
                self._note("ask", self._sent_form(who, "/departures/held", form), by=_human(who), of=of)
                self._second_yes(first if who == HANNA else HANNA, of)
        except CUT:
            return

    def _second_yes(self, who: str, of: tuple[str, ...]) -> None:
        """More often than not the second person is at hand."""
        if self.dice.random() < 0.7:
            for one in self._now()["lists"]:
                if set(one["of"]) == set(of):
                    self._yes(who, one)

    def _batch(self) -> None:
        """A batch is stopped or gone on with, or its next wave is opened: on its board, or at the command line."""
        who, verb = self.dice.choice((IVAN, HANNA)), self.dice.choice(("next", "next", "stop", "go", "go"))
        by_command = not self.dice.randrange(2 * ONE_COMMAND_OF)
        try:
            batches = self._now()["waves"]
            if not batches:
                return
            number = self.dice.choice(sorted(batches))
            if by_command:
                words = ("departures", "steer", verb, f"B-{number}", "--because", WHY)
                self._given(verb, *words, by=IVAN, batch=number)
                return
            form = [("do", verb), ("because", WHY), ("open", str(batches[number]["open"]))]
            sent = self._sent_form
        except CUT:
            return
        try:
            self._note(verb, sent(who, f"/batches/B-{number}", form), by=who, batch=number)
        except CUT:  # it may have been heard
            self.storm.note(Op(kind=verb, person="", message="", status=None, batch=number))

    # The command line

    def _command(self) -> None:
        if self.dice.randrange(ONE_COMMAND_OF):
            return
        try:
            acts = (self._rehire, self._rehire, self._undo_by_command, self._name, self._cancel_by_command)
            self.dice.choice((*acts, *((self._file, self._file) if self.filed else ())))()
        except CUT:
            return

    def _rehire(self) -> None:
        """Somebody comes back whose departure is over; anybody else is refused."""
        closed = self._now()["closed"]
        person = self.dice.choice(sorted(closed) or self.storm.people)
        words = ("rehire", person, "--restore", "--because", WHY, "--yes")
        self._given("rehire", *words, by=IVAN, of=(person,))

    def _undo_by_command(self) -> None:
        now = self._now()
        if now["known"]:
            run = self.dice.choice(now["known"])
            number = f"R-{now['numbers'][run]}"
            self._given("undo", "undo", number, "--because", WHY, "--yes", "--no-wait", run=run, fine=(0, 3))

    def _name(self) -> None:
        """The command line names a list, and is none of the two."""
        if held := self._now()["held"]:
            of = self._some(held)
            self._given("ask", "departures", "release", *of, "--because", WHY, by=IVAN, of=of)

    def _cancel_by_command(self) -> None:
        if held := self._now()["held"]:
            of = (str(self.dice.choice(held)["id"]),)
            self._given("cancel held", "departures", "cancel", *of, "--because", WHY, by=IVAN, of=of)

    def _first_file(self) -> None:
        """A batch that is held from the beginning: it may be let go by waves."""
        try:
            self._file(DOUBTED)
            self._waves()
        except CUT:
            return

    def _file(self, ahead: timedelta | None = None) -> None:
        """A file announces several as one batch: at once, or in doubt, so that it is held."""
        at = TestClock.open(self.storm.folder)() + (ahead or self.dice.choice((AHEAD[0], DOUBTED)))
        self.count += 1
        file = self.storm.folder / f"leavers-{self.n}-{self.count}.csv"
        some = self.filed if ahead else self.dice.sample(self.filed, self.dice.randint(2, len(self.filed)))
        rows = [f"{each},{company.name_of(each)},voluntary,{at:%Y-%m-%dT%H:%M:%S}" for each in some]
        file.write_text("\n".join(("source_id,name,kind,access_off_at", *rows)), encoding="utf-8")
        self._given("file", "departures", "import", str(file), by=IVAN, of=tuple(some))

    def _given(self, kind: str, *words: str, fine: tuple[int, ...] = (0,), **more: Any) -> None:
        code = command(self.storm.folder, *words)
        self._note(kind, DONE if code in fine else 409 if code == WRONG_USE else None, **more)

    def _now(self) -> Mapping[str, Any]:
        _, now = self.storm.server.call("GET", "/of-tests/open")
        known: Mapping[str, Any] = now
        return known

    def _sent_form(self, who: str, path: str, form: list[tuple[str, str]]) -> int:
        return self.storm.browsers.send(who, path, form)

    def _note(self, kind: str, status: int | None, **more: Any) -> None:
        self.storm.note(
            Op(kind=kind, person="", message="", status=200 if status in (200, DONE) else status, **more)
        )


def _human(who: str) -> str:
    return IVAN if who == IVAN_TOO else who

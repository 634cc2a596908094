"""Another day of notice, on the page of a run whose snapshot was judged by the first."""

from datetime import date, datetime
from typing import Any

import pytest

from service.departures.event import Change
from tests.unit.web.office import finding


def notice_moves(office: Any) -> None:
    """Sealed with notice on 2 March, and HR says since that it was on 26 February."""
    office.findings["d-1"] = finding(notice=date(2026, 3, 2))
    office.world.says(
        Change.CHANGED,
        notice_date=date(2026, 2, 26),
        access_off_at=datetime(2026, 3, 2, 12, 0),  # noqa: DTZ001  a civil time
    )


@pytest.mark.parametrize("who", ["auditor", "approver"])
def test_a_snapshot_judged_by_another_day_of_notice_says_so(office: Any, who: str) -> None:
    office.run()
    notice_moves(office)

    page = office.browser(who).get("/runs/R-1").text

    assert "<dt>Notice<dd>26 Feb 2026" in page
    assert (
        "<p>It was judged and sealed with notice on 2 Mar 2026; HR says 26 Feb 2026 now. "
        "Days before notice are counted from 2 Mar 2026 here.</p>"
    ) in page


def test_a_snapshot_judged_by_the_day_of_notice_that_holds_says_nothing_of_it(office: Any) -> None:
    office.run()
    office.findings["d-1"] = finding(notice=date(2026, 3, 2))

    page = office.browser("auditor").get("/runs/R-1").text

    assert "<dt>Notice<dd>2 Mar 2026" in page
    assert "It was judged and sealed" not in page

"""An HR system behind a private authority is asked as any target system is."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from connectors.sdk.context import Context, Secret
from connectors.sdk.errors import ConfigError
from service.intake.sources import bamboohr
from service.settings import SourceSection
from tests.unit.intake.bamboo import API_KEY, FakeBamboo
from tests.unit.sdk.private_ca import PrivateCa, server_side

CONTEXT = Context(now=lambda: datetime.now(UTC), read_only=True)


@pytest.mark.parametrize("named", [True, False])
def test_bamboohr_behind_a_private_authority_is_asked_where_its_file_is_named(
    tmp_path: Path, named: bool
) -> None:
    ca, hr = PrivateCa(tmp_path), FakeBamboo()
    hr.tls = server_side(ca.issue("127.0.0.1"))
    with hr:
        hr.hire("77")
        section = SourceSection(
            format="bamboohr", api_url=hr.url, timezone="UTC", ca_file=str(ca.ca_file) if named else ""
        )
        http = bamboohr.reader(section, Secret(API_KEY), CONTEXT)

        if named:
            assert bamboohr.look(http, "77", section, date(2026, 3, 2)).person.employee_no == "E-77"
        else:
            with pytest.raises(ConfigError, match="ca_file"):
                bamboohr.look(http, "77", section, date(2026, 3, 2))
            assert hr.requests == []

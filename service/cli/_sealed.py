"""The options of every command that announces a departure which only named people may see until its time."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import rich_click as click

from service.cli._open import find_person

if TYPE_CHECKING:
    from service.app import Service

sealed = click.option(
    "--sealed", is_flag=True, help="Only named people see it until its time; without --for those configured."
)
sealed_for = click.option(
    "--for",
    "sealed_for",
    multiple=True,
    help="Who may see it, by employee number or HR id; may be repeated, and means --sealed.",
)


def known(service: "Service", named: Iterable[str]) -> tuple[str, ...]:
    """Those who may see it, as an event names them. Somebody who is not here stops the command: a slip hides it."""
    found = [find_person(service, words) for words in named]
    return tuple(person.employee_no or person.source_id for person in found)

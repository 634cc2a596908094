"""Who is meant by a list with ticks: those that were ticked, or everybody; an empty list never means everybody."""

from collections.abc import Callable, Sequence
from typing import Final

from flask import request

from service.engine.decisions import NotDecided

#: The box beside the list, worth as many as stood on the page.
EVERYBODY: Final = "everybody"


def ticked(field: str, all_of_them: Callable[[], Sequence[str]]) -> tuple[str, ...]:
    """The values of the boxes called `field` that were ticked, or everybody's where that was ticked instead.

    Raises `NotDecided`: for nobody, for both, and where everybody is not as many any more as stood on the page.
    """
    some, everybody = tuple(request.form.getlist(field)), request.form.get(EVERYBODY, "")
    if bool(some) == bool(everybody):
        slip = "Some were ticked, and everybody too" if some else "Nobody was ticked"
        raise NotDecided("who", f"{slip}. Tick some of the list, or everybody. Nothing was changed.")
    if some:
        return some
    found = tuple(all_of_them())
    if everybody != str(len(found)):
        said = f"Everybody is {len(found)} now, not as many as the page showed."
        raise NotDecided("stale", f"{said} Look at the list again. Nothing was changed.")
    return found

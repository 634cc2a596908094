"""Which playbook the configuration chooses for which kind of departure."""

from collections.abc import Mapping

from service.departures.kind import DepartureKind
from service.playbook.load import Loaded
from service.sections import PlaybooksSection
from service.settings import SettingsError

#: Kinds without whose playbook the service does not start.
ALWAYS = frozenset({DepartureKind.VOLUNTARY, DepartureKind.INVOLUNTARY, DepartureKind.CONTRACTOR_END})


def chosen_playbooks(
    section: PlaybooksSection, loaded: Mapping[str, Loaded]
) -> Mapping[DepartureKind, Loaded]:
    """The playbook of each kind of departure. Raises `SettingsError` for a name no file has.

    A folder from before a kind was known has no playbook for it: such a departure is held, and says so.
    """
    wanted = {kind: str(getattr(section, kind.replace("-", "_"))) for kind in DepartureKind}
    chosen = {kind for kind in DepartureKind if kind.replace("-", "_") in section.model_fields_set}
    missing = sorted({wanted[kind] for kind in chosen | ALWAYS} - set(loaded))
    if missing:
        raise SettingsError(
            f"There is no playbook {', '.join(missing)} in {section.folder}. It has: {', '.join(sorted(loaded))}. "
            "Copy it from playbooks/ of the source, where the shipped ones are, write it, or name another one for "
            "that kind of departure under [playbooks] in exeunt.toml."
        )
    return {kind: loaded[name] for kind, name in wanted.items() if name in loaded}

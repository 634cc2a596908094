"""The sections of the configuration that hold neither secrets nor addresses: how the service behaves."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Section(BaseModel):
    """Base of every part of the configuration: a misspelt key is an error, not a silence."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_account(text: str) -> str:
    connector, colon, account = text.partition(":")
    if not (connector and colon and account):
        raise ValueError("an account is written as connector:id, such as ldap:breakglass")
    return text


class DeparturesSection(Section):
    """How what HR says of a departure's time is read."""

    friday: str = Field(
        default="flag 12:00",
        pattern=r"^(off|(flag|bring-forward)( ([01][0-9]|2[0-3]):[0-5][0-9])?)$",
        description="Departures at a week's end, from that hour of the Friday on: `off`, `flag 12:00` says so, "
        "`bring-forward 12:00` moves a last day without a time to that hour of the Friday.",
    )
    sealed_for: tuple[str, ...] = Field(
        default=(),
        description="Employee numbers of those who may see a sealed departure where HR names nobody.",
    )


class DrillSection(Section):
    """The weekly drill with a made-up leaver. Without systems there is none."""

    systems: tuple[str, ...] = Field(
        default=(), description="Connectors in which the made-up person has an account of their own."
    )
    employee_no: str = Field(
        default="EXEUNT-DRILL",
        min_length=1,
        description="The made-up person's employee number, nobody else's.",
    )
    email: str = Field(
        default="exeunt-drill@example.com", min_length=3, description="Their e-mail address, nobody else's."
    )
    username: str = Field(default="exeunt-drill", min_length=1, description="Their user name, nobody else's.")
    every_days: int = Field(default=7, ge=1, le=90, description="How often, in days.")

    @property
    def every(self) -> timedelta | None:
        """How often; `None` where no drill is set up."""
        return timedelta(days=self.every_days) if self.systems else None


class PlaybooksSection(Section):
    """Where playbooks are read from, and which is used for which kind of departure."""

    folder: Path = Field(default=Path("playbooks"), description="The folder that holds them, one file each.")
    voluntary: str = Field(default="voluntary", description="The playbook for people who resign.")
    involuntary: str = Field(default="involuntary", description="The playbook for people who are dismissed.")
    contractor_end: str = Field(
        default="contractor-end", description="The playbook for contractors whose contract ends."
    )
    layoff: str = Field(
        default="layoff", description="The playbook for people who leave in a wave of dismissals."
    )
    lost_device: str = Field(
        default="lost-device", description="The playbook for whoever's laptop or phone was lost or stolen."
    )
    rehire: str = Field(
        default="rehire", description="The playbook for people who stay after all, or return."
    )


class SnapshotSection(Section):
    """How far we look back, and whether we may."""

    lookback_days: int = Field(
        default=60,
        ge=1,
        le=90,
        description="How many days before the end a snapshot may look at, at most; a playbook may ask for less.",
    )
    baseline_days: int = Field(
        default=90,
        ge=1,
        le=365,
        description="How many days before those stand for what is usual for the leaver.",
    )
    notice_on_file: bool = Field(
        default=False,
        description="Staff were told in writing that use of customer data is logged. "
        "Without it nothing is looked at.",
    )
    retention_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="How many days after the end a snapshot is destroyed.",
    )


class PaceSection(Section):
    """How one target system is met, by its connector's name, where its manifest's word is not right for yours.

    Without a word of either, 16 steps are out at a system at once, and it gets 250 a second.
    """

    at_once: int | None = Field(default=None, ge=1, le=1000, description="Steps out at once, over all nodes.")
    steps_per_s: float | None = Field(default=None, ge=0, le=9999, description="Steps a second; 0: no limit.")
    burst: int | None = Field(default=None, ge=1, le=99999, description="Steps at once after a rest.")


class EngineSection(Section):
    """Limits of one process."""

    threads: int = Field(default=8, ge=1, le=64, description="How many steps are carried out at once.")
    read_along: bool = Field(
        default=False,
        description="Let a target read a known account with the very call that shuts it, a call's time sooner. "
        "Killed in that moment we do not know how it was, and taking it back is left to a person.",
    )
    sign_in_threads: int = Field(
        default=4,
        ge=1,
        le=64,
        description="How many more are kept for shutting directory logins, which wait for no other system.",
    )
    read_back_after_s: float = Field(
        default=60.0, description="How many seconds after a step is done its target system is read once more."
    )


class GuardrailsSection(Section):
    """What may happen without a person's decision. Nothing but this file and the environment can raise it."""

    hour_people: int = Field(
        default=5,
        ge=1,
        le=100_000,
        description="So many people may leave within 60 minutes, however few there are.",
    )
    hour_percent: float = Field(
        default=2.0, ge=0, le=100, description="Or this share of everybody, where that is more."
    )
    day_people: int = Field(
        default=5,
        ge=1,
        le=100_000,
        description="So many people may leave within 24 hours, however few there are.",
    )
    day_percent: float = Field(
        default=5.0, ge=0, le=100, description="Or this share of everybody, where that is more."
    )
    team_reports: int = Field(
        default=5,
        ge=2,
        le=1000,
        description="So many reports of one manager who leave within a week are held.",
    )
    whole_teams: bool = Field(
        default=True, description="Hold when all reports of a manager or a whole department leave."
    )
    executive_titles: tuple[str, ...] = Field(
        default=("chief", "ceo", "cfo", "cto", "coo", "ciso", "president", "managing director"),
        description="Words of a title that make an executive: their departure is held.",
    )
    executives: tuple[str, ...] = Field(
        default=(), description="Employee numbers of executives whose title does not say so."
    )
    protected_people: tuple[str, ...] = Field(
        default=(), description="Employee numbers of people whose departure is always held."
    )
    protected_accounts: tuple[Annotated[str, AfterValidator(_is_account)], ...] = Field(
        default=(),
        description="Accounts and devices that no run ever changes, as `connector:` and the id, label, user name or "
        "address.",
    )
    first_time: bool = Field(
        default=True,
        description="Hold what a source or a person announces for the first time, where others have before.",
    )


class CliSection(Section):
    """Which operating-system user is which person (`{"alice": "E-1004"}`, by employee number)."""

    users: dict[str, str] = Field(
        default_factory=dict,
        description="Operating-system users and their employee numbers; others may only read.",
    )

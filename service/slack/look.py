"""What surrounds a checklist besides the run itself: where we live, who is called, what the channel may see."""

from dataclasses import dataclass

from service.engine.facts import RunFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How one channel wants its checklists.

    Args:
        base_url: Where the pages are.
        it_mention: How the group that may confirm is called in mrkdwn, such as `<!subteam^S1>`; empty for nobody.
        findings: The members of the channel may see what the snapshot says.
        fold: The workspace knows the `container` block.
    """

    base_url: str
    it_mention: str = ""
    findings: bool = False
    fold: bool = True

    def run_url(self, facts: RunFacts) -> str:
        """The page of a run."""
        return f"{self.base_url.rstrip('/')}/runs/{facts.number}"

    @property
    def it(self) -> str:
        """The group that may confirm, as written in a line."""
        return self.it_mention or "*it*"

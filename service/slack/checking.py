"""What `exeunt check` asks Slack: whether the bot's token is taken there, and whether our channels can be read."""

from collections.abc import Iterator

from connectors.sdk.types import Check
from service.settings import SlackSection
from service.slack.api import SlackApi, SlackSaidNo


def checks(api: SlackApi, section: SlackSection) -> Iterator[Check]:
    """One for the workspace and one for each channel; where the token is refused, that alone.

    Raises `ConnectorError` where Slack cannot be asked at all. Nothing is posted.
    """
    try:
        team = api.team()
    except SlackSaidNo as no:
        fix = "set slack.bot_token to the bot token of the app, and install the app in the workspace"
        yield Check(name="sign-in", ok=False, what=str(no), fix=fix)
        return
    own = team == section.team_id
    what = (
        f"The bot token is one of {team}."
        if own
        else f"The bot token is one of {team}, not {section.team_id}."
    )
    yield Check(
        name="sign-in", ok=own, what=what, fix="set slack.bot_token and slack.team_id of one workspace"
    )
    for channel in filter(None, (section.channel, section.fallback_channel)):
        yield _channel(api, channel)


def _channel(api: SlackApi, channel: str) -> Check:
    """Who reads a channel is asked before each post into it, so that no leaver reads of themselves."""
    try:
        api.members(channel)
    except SlackSaidNo as no:
        fix = "invite the bot into the channel, and set its id, not its name"
        return Check(name=f"channel {channel}", ok=False, what=str(no), fix=fix)
    return Check(name=f"channel {channel}", ok=True, what="The bot can see who reads it.")

"""What `exeunt check` asks Slack: whether our tokens are taken there, and whether our channels can be read."""

from collections.abc import Iterator

from connectors.sdk.errors import ConnectorError
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


def may_listen(api: SlackApi) -> Check:
    """Whether Slack lets us listen over Socket Mode, by the app-level token. No connection is opened.

    What Slack cannot say now is told here, so that it hides nothing of what it said of the rest.
    """
    fix = (
        "set slack.app_token to an app-level token (xapp-…) of the app with the scope connections:write, and switch "
        "Socket Mode on in the app's settings"
    )
    try:
        api.ask_for_a_line()
    except SlackSaidNo as no:
        return Check(name="socket mode", ok=False, what=str(no), fix=fix)
    except ConnectorError as error:
        return Check(name="socket mode", ok=False, what=error.what, fix=error.hint)
    return Check(name="socket mode", ok=True, what="The app token is taken, and we may listen.")


def _channel(api: SlackApi, channel: str) -> Check:
    """Who reads a channel is asked before each post into it, so that no leaver reads of themselves."""
    try:
        api.members(channel)
    except SlackSaidNo as no:
        fix = "invite the bot into the channel, and set its id, not its name"
        return Check(name=f"channel {channel}", ok=False, what=str(no), fix=fix)
    return Check(name=f"channel {channel}", ok=True, what="The bot can see who reads it.")

"""Whom `exeunt check` asks about our own access: the connectors, Slack, and HR systems that are read again."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sdk.http import Http
    from connectors.sdk.types import Check
    from service.app import Service
    from service.intake.source import Source

#: A name, and what asks. It raises `ConnectorError`, `SettingsError` or `NotUnderstood` where there is no answer.
Asked = tuple[str, Callable[[], "Iterable[Check]"]]


def asked(service: "Service") -> Iterator[Asked]:
    """Everything that was set up, in the order it is printed."""
    from service.intake.source import open_sources
    from service.settings import SlackMode

    for name in service.registry.configured:
        if name in service.settings.connectors:
            yield name, partial(_connector, service, name)
    if service.settings.slack.mode is not SlackMode.OFF:
        yield "slack", partial(_slack, service)
    for source in open_sources(service.settings.sources).values():
        if source.check is not None:
            yield f"source {source.name}", partial(_source, service, source, source.check)


def _connector(service: "Service", name: str) -> "Iterable[Check]":
    from connectors.sdk.capabilities import ChecksItself
    from connectors.sdk.context import Context

    connector = service.registry.open(name, Context(now=service.now, read_only=True))
    return connector.check().checks if isinstance(connector, ChecksItself) else ()


def _slack(service: "Service") -> "Iterable[Check]":
    from service.slack import check_slack
    from service.store import utc_now

    return check_slack(service.settings.slack, real_now=utc_now)


def _source(service: "Service", source: "Source", check: "Callable[[Http], None]") -> "Iterable[Check]":
    from connectors.sdk.context import Context
    from connectors.sdk.errors import AuthError
    from connectors.sdk.types import Check
    from service.intake.look_up import DEADLINE_S

    reader = source.open_reader(Context(now=service.now, deadline_s=DEADLINE_S, read_only=True))
    try:
        check(reader)
    except AuthError as refused:
        fix = f"set sources.{source.name}.api_key to a key that is in use"
        return (Check(name="sign-in", ok=False, what=refused.what, fix=fix),)
    return (Check(name="sign-in", ok=True, what="Our API key is taken there."),)

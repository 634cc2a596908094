"""The Slack room: one message a departure, edited in place; its thread tells the story; a form takes the evidence."""

from service.slack.room import SlackRoom, check_slack, create_slack

__all__ = ["SlackRoom", "check_slack", "create_slack"]

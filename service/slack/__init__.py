"""The Slack room: one message a departure, edited in place; its thread tells the story; a form takes the evidence."""

from service.slack.room import SlackRoom, create_slack

__all__ = ["SlackRoom", "create_slack"]

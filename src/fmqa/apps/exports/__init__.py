"""Answers in forms that others read."""

from fmqa.apps.exports.forms import Form, export

__all__ = ["Form", "export"]

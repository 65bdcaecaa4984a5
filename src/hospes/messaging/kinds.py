"""
What each kind of message is about, in words: for whoever looks back at what was sent.

A subject says so in its `mails.py`, beside how the message is made: `name({"billing.invoice": _("Invoice")})`.
"""

from collections.abc import Mapping

from django.utils.functional import Promise

_names: dict[str, Promise] = {}


def name(names: Mapping[str, Promise]) -> None:
    """Say what kinds of messages are about; a later word for the same kind counts."""
    _names.update(names)


def words(kind: str) -> str:
    """What a message was about, in the active language; its bare kind when nobody has words for it (any more)."""
    return str(_names.get(kind, kind))

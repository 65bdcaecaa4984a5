"""Pure rules about payments."""

import re

_REFERENCE = re.compile(r"[a-z]{2,6}_[A-Za-z0-9]{2,30}")


def is_reference(text: str) -> bool:
    """Whether a text can be a provider's reference, as in tr_WDqYK6vllg; a notice with anything else is not stored."""
    return _REFERENCE.fullmatch(text) is not None

"""The language of the launcher: it speaks before Django is there, so it reads its own catalogue."""

import gettext
import os
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"
DOMAIN = "launcher"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, languages=[language], fallback=True)


def language() -> str:
    """Return the two letters of the terminal's language; English when nothing is set."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value[:2].lower()
    return "en"


def _(message: str, **values: object) -> str:
    """Translate a message and fill in its {names}."""
    return _catalogue(language()).gettext(message).format(**values)

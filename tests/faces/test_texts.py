"""What people read is complete in Dutch, and the look of the mails stands on its own."""

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.template import Context, Template
from django.utils import translation
from mjml import mjml2html

HOUSE = Path(__file__).resolve().parents[2] / "src/hospes"


@pytest.mark.parametrize("app", ["faces", "accounts"])
def test_every_text_has_its_dutch_and_the_compiled_file_is_fresh(app: str) -> None:
    folder = HOUSE / app / "locale/nl/LC_MESSAGES"
    texts = polib.pofile(str(folder / "django.po"))
    assert [entry.msgid for entry in texts if not entry.translated()] == []
    compiled = {
        entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in polib.mofile(str(folder / "django.mo"))
    }
    assert compiled == {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in texts}


@pytest.mark.parametrize("app", ["faces", "accounts"])
def test_dutch_says_u(app: str) -> None:
    texts = polib.pofile(str(HOUSE / app / "locale/nl/LC_MESSAGES/django.po"))
    informal = re.compile(r"\b(je|jij|jou|jouw)\b", re.IGNORECASE)
    assert [entry.msgstr for entry in texts if informal.search(entry.msgstr)] == []


LINK = "https://voorbeeld.test/?a=1&b=2"
CHILD = """{% extends "mail/base.KIND" %}{% block subject %}A subject{% endblock %}
{% block content %}TEXT{% endblock %}{% block reason %}Because.{% endblock %}"""


def _mail(extension: str, text: str) -> str:
    template = Template(CHILD.replace("KIND", extension).replace("TEXT", text))
    return template.render(
        Context({"operator": settings.HOSPES_OPERATOR, "link": LINK, "name": "Bakker & <zn>"})
    )


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_plain_mail_is_plain(language: str) -> None:
    with translation.override(language):
        text = _mail("txt", "Dag {{ name }}, {{ link }}")
    assert f"Dag Bakker & <zn>, {LINK}" in text
    assert settings.HOSPES_OPERATOR.name in text
    assert text.rstrip().endswith("Because.")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_mail_with_a_look_asks_nothing_of_another_host(language: str) -> None:
    with translation.override(language):
        mjml = _mail("mjml", '<mj-text>{{ name }}</mj-text><mj-button href="{{ link }}">Go</mj-button>')
    html = mjml2html(mjml)
    assert "Bakker &amp; &lt;zn&gt;" in html
    assert f'lang="{language}"' in html
    assert not re.search(r'(src|href)="https?://(?!voorbeeld\.test)|@import|url\(', html)

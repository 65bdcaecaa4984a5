"""What people read is complete in Dutch, and the mails can be made in both languages."""

import re
from datetime import UTC, datetime
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from mjml import mjml2html

HOUSE = Path(__file__).resolve().parents[2] / "src/hospes"
MAILS = sorted(
    str(path.relative_to(HOUSE / "accounts/templates"))
    for path in (HOUSE / "accounts/templates").rglob("email/*_message.*")
)


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


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", MAILS)
def test_a_mail_can_be_made(name: str, language: str) -> None:
    link = "https://voorbeeld.test/account/?a=1&b=2"
    context = {
        "operator": settings.HOSPES_OPERATOR,
        "activate_url": link,
        "password_reset_url": link,
        "signup_url": link,
        "from_email": "oud@voorbeeld.test",
        "to_email": "nieuw@voorbeeld.test",
        "deleted_email": "weg@voorbeeld.test",
        "ip": "192.0.2.7",
        "user_agent": "Browser & co",
        "timestamp": datetime(2026, 11, 22, 13, 5, tzinfo=UTC),
    }
    with translation.override(language):
        text = render_to_string(name, context)
        subject = render_to_string(re.sub(r"_message\.\w+$", "_subject.txt", name)).strip()
    assert subject
    assert "\n" not in subject
    assert settings.HOSPES_OPERATOR.name in text
    if name.endswith(".txt"):
        assert "&amp;" not in text  # a link in a plain text must work
        assert "<" not in text
    else:
        html = mjml2html(text)
        assert subject in html
        assert f'lang="{language}"' in html
        assert not re.search(r'(src|href)="https?://(?!voorbeeld\.test)', html)

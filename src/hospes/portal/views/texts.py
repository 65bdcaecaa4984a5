"""What a customer agrees to: the operator's own texts, for everybody to read."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from hospes.sales.agreements import version_of


@dataclass(frozen=True)
class Paragraph:
    """A piece of a plain text."""

    text: str
    is_heading: bool


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a plain text, with an empty line between them; a line that begins with "# " is a heading."""
    found: list[Paragraph] = []
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        heading = line.startswith("# ")
        if lines and (heading or not line.strip()):
            found.append(Paragraph(" ".join(lines), is_heading=False))
            lines = []
        if heading:
            found.append(Paragraph(line[2:].strip(), is_heading=True))
        elif line.strip():
            lines.append(line.strip())
    return found


@require_safe
def terms(request: Any) -> HttpResponse:
    """What do I agree to when I sign up or order?"""
    return _show(request, "terms", _("General terms and conditions"))


@require_safe
def processing_terms(request: Any) -> HttpResponse:
    """What happens to the personal data of others that I keep with them?"""
    return _show(request, "processing", _("Processor agreement"))


def _show(request: Any, name: str, title: str) -> HttpResponse:
    language = "en" if get_language() == "en" else "nl"
    text = settings.HOSPES_OPERATOR_TEXTS[f"{name}.{language}"]
    context = {"title": title, "paragraphs": paragraphs(text), "version": version_of(name)}
    return render(request, "portal/text.html", context)

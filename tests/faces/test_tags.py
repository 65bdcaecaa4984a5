"""The template tags: what they give, and what they do with nothing."""

from datetime import date

import pytest
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory, override_settings
from django.urls import include, path
from django.utils import translation

from django.conf.urls.i18n import i18n_patterns  # isort: skip

from hospes.faces.states import LOOKS, look_of
from hospes.kernel.money import Money

TODAY = date(2026, 11, 22)


def _view(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return HttpResponse()


_portal = ([path("<str:number>/invoices/", _view, name="invoices")], "portal")
urlpatterns = [*i18n_patterns(path("", include(_portal)), prefix_default_language=False)]


def render(text: str, **context: object) -> str:
    return Template("{% load hospes_ui %}" + text).render(Context(context))


def test_euro_takes_cents_and_money_and_nothing() -> None:
    with translation.override("nl"):
        assert render("{{ a|euro }}|{{ b|euro }}|{{ c|euro }}", a=4235, b=Money(4235, "EUR"), c=None) == (
            "€\u00a042,35|€\u00a042,35|"
        )


def test_relative_day_takes_today_from_the_context_or_as_argument() -> None:
    due = date(2026, 11, 25)
    with translation.override("nl"):
        assert render("{% relative_day due %}", due=due, today=TODAY) == "over 3 dagen"
        assert render("{% relative_day due day %}", due=due, day=due) == "vandaag"
        assert render("{{ due|relative_day:day }}", due=due, day=TODAY) == "over 3 dagen"
        assert render("{% relative_day due %}", due=None, today=TODAY) == ""


def test_relative_day_without_a_today_says_so() -> None:
    with pytest.raises(TemplateSyntaxError, match="today"):
        render("{% relative_day due %}", due=TODAY)


@override_settings(ROOT_URLCONF=__name__, LANGUAGE_CODE="nl")
@pytest.mark.parametrize(
    ("address", "language", "other"),
    [
        ("/10042/invoices/?older=7", "en", "/en/10042/invoices/?older=7"),
        ("/en/10042/invoices/?older=7", "nl", "/10042/invoices/?older=7"),
        ("/10042/invoices/", "nl", "/10042/invoices/"),
        ("/no/such/page/", "en", "/en/no/such/page/"),
        ("/en/no/such/page/", "nl", "/no/such/page/"),
        ("/english/", "en", "/en/english/"),
    ],
)
def test_language_url_is_the_same_page_in_the_other_language(address: str, language: str, other: str) -> None:
    request = RequestFactory().get(address)
    with translation.override("en" if address.startswith("/en/") else "nl"):
        assert render(f'{{% language_url "{language}" as u %}}{{{{ u|safe }}}}', request=request) == other


def test_a_state_that_is_not_listed_shows_its_own_name() -> None:
    assert (look_of("in_transit").tone, look_of("in_transit").words) == ("neutral", "in transit")
    assert look_of("Partly-Paid") is LOOKS["partly_paid"]


def test_every_tone_of_a_state_exists_in_the_stylesheet() -> None:
    assert {look.tone for look in LOOKS.values()} <= {"neutral", "info", "success", "warning", "error"}

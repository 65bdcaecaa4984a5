"""Addresses of the staff's face: Dutch without a prefix, English below /en/; no cookie keeps the language."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from hospes.faces.accent import operator_css

urlpatterns = [
    path("operator.css", login_not_required(operator_css), name="operator_css"),
    *i18n_patterns(
        path("", include("hospes.office.urls")),
        path("account/", include("hospes.accounts.urls")),
        prefix_default_language=False,
    ),
]
handler400 = "hospes.faces.errors.bad_request"
handler403 = "hospes.faces.errors.forbidden"
handler404 = "hospes.faces.errors.not_found"
handler500 = "hospes.faces.errors.broken"

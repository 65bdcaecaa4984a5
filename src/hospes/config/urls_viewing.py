"""
Addresses of the office while a colleague sees a customer's pages as the customer sees them: the portal's own, below `zien/`.

Only `hospes.accounts.viewing.middleware` leads here, and it shows no view that does not say that it may be shown. The office's
own addresses are here for the way out.
"""

from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path

from hospes.config.urls_portal import pages
from hospes.faces.accent import operator_css

urlpatterns = [
    path("operator.css", login_not_required(operator_css), name="operator_css"),
    *i18n_patterns(
        path("zien/", include(pages)),
        path("", include("hospes.office.urls")),
        prefix_default_language=False,
    ),
]
handler400 = "hospes.faces.errors.bad_request"
handler403 = "hospes.faces.errors.forbidden"
handler404 = "hospes.faces.errors.not_found"
handler500 = "hospes.faces.errors.broken"

"""The login library's addresses, and two pages of ours, as a face has them; where mails lead to is there as well."""

from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def home(request: HttpRequest) -> HttpResponse:
    """Says who is there."""
    return HttpResponse(str(request.user) if request.user.is_authenticated else "nobody")


urlpatterns = i18n_patterns(
    path("", home, name="home"),
    path("toegang/opheffen/<str:token>/", home, name="lift_limits"),
    path("account/programs/", include("hospes.accounts.tokens.urls")),
    path("account/", include("hospes.accounts.urls")),
    prefix_default_language=False,
)

"""Addresses of the customers' face: Dutch without a prefix, English below /en/; no cookie keeps the language."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import URLPattern, URLResolver, include, path

from hospes.faces.accent import operator_css
from hospes.portal.views import (
    account,
    addresses,
    capacities,
    invited,
    limits,
    notices,
    orders,
    pay_links,
    texts,
    withdrawing,
)

#: Every page, as it is below a language.
pages: list[URLPattern | URLResolver] = [
    path("", account.home, name="home"),
    path("hosting/", include("hospes.portal.shop_urls")),
    path("klantaccounts/nieuw/", capacities.new_customer, name="new_customer"),
    path("adres/<str:token>/", addresses.contact, name="contact_address"),
    path("uitnodiging/<str:token>/", invited.invitation, name="invitation"),
    path("uitnodiging/<str:token>/account/", invited.newcomer, name="invitation_account"),
    path("betaling/terug/<str:order_number>/", orders.payment_back, name="payment_back"),
    path("betalen/<str:token>/", pay_links.pay_link, name="pay_link"),
    path("herroepen/", withdrawing.withdraw, name="withdraw"),
    path("voorwaarden/", texts.terms, name="terms"),
    path("verwerkersovereenkomst/", texts.processing_terms, name="processing_terms"),
    path("toegang/opheffen/<str:token>/", limits.lift, name="lift_limits"),
    path("toegang/link/<int:number>/", limits.ask_lift, name="ask_lift"),
    path("k/<int:number>/", include("hospes.portal.urls")),
    path("account/programs/", include("hospes.accounts.tokens.urls")),
    path("account/", include("hospes.accounts.urls")),
]
urlpatterns = [
    path("operator.css", operator_css, name="operator_css"),
    path("betaling/melding/<str:key>/<str:token>/", orders.payment_notice, name="payment_notice"),
    path("betaling/meldingen/", notices.payment_notices, name="payment_notices"),
    *i18n_patterns(*pages, prefix_default_language=False),
]
handler400 = "hospes.faces.errors.bad_request"
handler403 = "hospes.faces.errors.forbidden"
handler404 = "hospes.faces.errors.not_found"
handler500 = "hospes.faces.errors.broken"

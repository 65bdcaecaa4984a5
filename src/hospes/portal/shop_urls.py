"""Addresses of the shop."""

from django.urls import path

from hospes.portal.views import choosing, shop

app_name = "shop"
urlpatterns = [
    path("", shop.catalogue, name="catalogue"),
    path("winkelwagen/", shop.cart, name="cart"),
    path("winkelwagen/<int:line_id>/weg/", shop.cart_remove, name="cart_remove"),
    path("winkelwagen/actiecode/", shop.cart_code, name="cart_code"),
    path("winkelwagen/<int:line_id>/erbij/", choosing.cart_addition, name="cart_addition"),
    path("bestellen/domeinnaam/", choosing.domain_search, name="domains"),
    path("bestellen/", shop.checkout_start, name="checkout"),
    path("<slug:slug>/", choosing.product, name="product"),
]

"""Addresses of the shop."""

from django.urls import path

from hospes.portal.views import shop

app_name = "shop"
urlpatterns = [
    path("", shop.catalogue, name="catalogue"),
    path("winkelwagen/", shop.cart, name="cart"),
    path("winkelwagen/<int:line_id>/weg/", shop.cart_remove, name="cart_remove"),
    path("winkelwagen/actiecode/", shop.cart_code, name="cart_code"),
    path("bestellen/", shop.checkout_start, name="checkout"),
    path("<slug:slug>/", shop.product, name="product"),
]

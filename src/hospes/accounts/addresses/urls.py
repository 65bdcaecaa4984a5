"""Addresses of the pages about one's own e-mail address; the first stands in for the login library's page of that kind."""

from django.urls import path

from hospes.accounts.addresses.views import own

urlpatterns = [
    path("", own.own, name="own_address"),
    path("bevestigen/<str:token>/", own.confirm, name="own_address_confirm"),
    path("terugdraaien/<str:token>/", own.undo, name="own_address_undo"),
]

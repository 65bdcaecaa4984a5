"""Addresses of what a person does with their login; what is not ours is the login library's."""

from django.urls import include, path

urlpatterns = [
    path("", include("hospes.accounts.origins.urls")),
    path("2fa/", include("hospes.accounts.second.urls")),
    path("email/", include("hospes.accounts.addresses.urls")),
    path("", include("allauth.urls")),
]

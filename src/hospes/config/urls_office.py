"""Addresses of the staff's face."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

urlpatterns = [*i18n_patterns(path("account/", include("allauth.urls")), prefix_default_language=False)]

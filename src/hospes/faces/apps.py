"""The Django app of the design system."""

from django.apps import AppConfig


class FacesConfig(AppConfig):
    """Templates, static files and template tags that every face shares."""

    name = "hospes.faces"
    label = "faces"
    verbose_name = "Design system"

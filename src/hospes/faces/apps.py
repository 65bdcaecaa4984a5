"""The Django app of the design system."""

from django.apps import AppConfig


class FacesConfig(AppConfig):
    """Templates, static files and template tags that every face shares."""

    name = "hospes.faces"
    label = "faces"
    verbose_name = "Design system"

    def ready(self) -> None:
        """Let a component's attribute hold a template tag: cotton's SimpleAppConfig leaves that to its user."""
        from django.template.base import Lexer
        from django_cotton.nested_tag_support import enable_nested_tag_support

        if Lexer.tokenize.__module__ == "django.template.base":  # not done yet
            enable_nested_tag_support()

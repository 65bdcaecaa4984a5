"""`{% why form field.name as reason %}`: why the field is asked for, from the data map; empty for one that is not on it."""

from django import forms, template

from hospes.privacy.why import why as why_of

register = template.Library()


@register.simple_tag
def why(form: forms.BaseForm, name: str) -> str:
    """The reason for a field of a form that says in `on_the_map` where its fields end up."""
    place = getattr(form, "on_the_map", {}).get(name, "")
    return why_of(place) if place else ""

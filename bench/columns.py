"""What the data of a benchmark need not say: columns take what Django would give them."""

from typing import Any

from django.apps import apps
from django.db import models


def let_be_left_out(cursor: Any) -> None:
    """
    Give each column of our tables that may not be null the default of its field; for a database of a benchmark only.

    The statements that fill it name what they mean to say: a column that comes later does not break them.
    """
    for model in apps.get_models():
        if model._meta.managed and model.__module__.startswith("hospes."):
            for field in model._meta.concrete_fields:
                if (value := _default(field)) is not None:
                    column = f'{model._meta.db_table} ALTER "{field.column}"'
                    cursor.execute(f"ALTER TABLE {column} SET DEFAULT {_literal(value)}")


def _default(field: Any) -> Any:
    """What the field gives by itself; None for one that gives nothing, or whose column has a default."""
    if field.null or field.primary_key or field.is_relation or field.has_db_default():
        return None
    if field.has_default():
        value = field.get_default()
        return value if isinstance(value, bool | int | str | list) else None
    return "" if isinstance(field, models.CharField | models.TextField) and field.blank else None


def _literal(value: bool | int | str | list[Any]) -> str:
    return "'{}'" if isinstance(value, list) else f"'{value}'"

"""What a column that is an array may hold."""

from django.db.models import F, Func, Value
from django.db.models.lookups import IsNull


def without_nulls(field: str) -> IsNull:
    """A condition for a constraint: nothing in the array is NULL, which most comparisons would pass over."""
    return IsNull(Func(F(field), Value(None), function="array_position"), True)

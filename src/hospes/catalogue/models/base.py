"""What the tables of the catalogue share: names in two languages, and who may write."""

from typing import Any

from django.db import models
from django.utils.translation import get_language

from hospes.kernel.datamap import Row, plain
from hospes.kernel.purposes import Purpose


class Named(models.Model):
    """Something with a name in both languages; the texts are data."""

    name_nl = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.in_language("name")

    def in_language(self, field: str) -> str:
        """A text in the active language, Dutch for all but English."""
        return in_language(self, field)


def in_language(row: models.Model, field: str) -> str:
    """A text that a row has in both languages, in the active one: Dutch for all but English."""
    language = "en" if (get_language() or "nl").startswith("en") else "nl"
    text: Any = getattr(row, f"{field}_{language}")
    return str(text)


def in_catalogue(*fixed: str, changeable: tuple[str, ...] = ()) -> Row:
    """
    Put a table of the catalogue on the map: everybody reads it, and the contract writes it, though what is `fixed` only once.

    That somebody may is not said here: the database asks for the power to (`guards`).
    """
    return Row(
        columns=plain(*fixed, writes=()) | plain(*changeable),
        creates=frozenset({Purpose.CONTRACT}), writes=frozenset({Purpose.CONTRACT}),
    )  # fmt: skip

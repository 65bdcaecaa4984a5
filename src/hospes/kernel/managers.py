"""Querysets that ask only for the columns which the acting purpose may read, so that ordinary ORM code works."""

from typing import Any, ClassVar, Self, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import models

from hospes.kernel import acting, datamap

M = TypeVar("M", bound=models.Model)


class MappedQuerySet(models.QuerySet[M, M]):
    """A queryset that knows the data map."""

    def within_purpose(self) -> Self:
        """Leave out the columns that the acting purpose may not read."""
        hidden = _hidden(self.model)
        return self.defer(*hidden) if hidden else self

    def only(self, *fields: Any) -> Self:
        """Ask for just these columns; for one that the acting purpose may not read, the refusal names that one."""
        # Django takes what was deferred before out of the list; an empty list is all columns.
        return super(MappedQuerySet, self.defer(None)).only(*fields)

    def with_related(self, *names: str) -> Self:
        """
        Join the named foreign keys, asking of both sides only for what the acting purpose may read.

        A bare `select_related` asks for all columns of the other table and is refused.
        """
        hidden = list(_hidden(self.model))
        for name in names:
            other = self.model._meta.get_field(name).related_model
            hidden += [f"{name}__{column}" for column in _hidden(other)]  # type: ignore[arg-type]  # a foreign key has one
        return self.select_related(*names).defer(*hidden)

    def readable_values(self) -> "models.QuerySet[M, dict[str, Any]]":
        """Like `values()`, of the columns that the acting purpose may read."""
        hidden = _hidden(self.model)
        return self.values(*[f.name for f in self.model._meta.concrete_fields if f.name not in hidden])


def _hidden(model: type[models.Model]) -> frozenset[str]:
    scene = acting.current()
    if scene is None:
        return frozenset()
    names = frozenset(field.name for field in model._meta.concrete_fields)
    return names - datamap.readable(model, scene.grantee)


class MappedManager(models.Manager[M]):
    """The manager of every model with personal data."""

    def get_queryset(self) -> MappedQuerySet[M]:
        return MappedQuerySet[M](
            self.model, using=self._db, hints=getattr(self, "_hints", None)
        ).within_purpose()

    def with_related(self, *names: str) -> MappedQuerySet[M]:
        """See MappedQuerySet.with_related."""
        return self.get_queryset().with_related(*names)

    def readable_values(self) -> "models.QuerySet[M, dict[str, Any]]":
        """See MappedQuerySet.readable_values."""
        return self.get_queryset().readable_values()


class MappedModel(models.Model):
    """Base of the models on the data map; foreign keys are followed with the same care."""

    objects: ClassVar[MappedManager[Self]] = MappedManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"


def visible(instance: models.Model, name: str) -> Any | None:
    """The object behind a foreign key, or None where a policy hides it from the acting purpose."""
    try:
        return getattr(instance, name)
    except ObjectDoesNotExist:
        return None

"""Searching by a beginning, in a way that PostgreSQL can do with an index and under row policies."""

from typing import Any

from django.db.models import Lookup
from django.db.models.sql.compiler import SQLCompiler


class Begins(Lookup):  # type: ignore[type-arg]  # Django has no generic Lookup at run time
    """
    `Begins(F("word"), Value("vri"))`: the text begins so, by code point and with regard to case.

    The operator `^@` is leakproof, which LIKE is not: only so it may be evaluated before a row policy, and use an index
    (PostgreSQL 15 and later; of a column with collation C, or with the operator class varchar_pattern_ops).
    """

    lookup_name = "begins"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        return f"{left} ^@ {right}", [*left_params, *right_params]

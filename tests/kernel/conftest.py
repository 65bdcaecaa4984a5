"""Fixtures of the kernel's tests."""

from tests.kernel.journal_fixture import journal_database as journal_database
from tests.kernel.journal_fixture import scratch as scratch

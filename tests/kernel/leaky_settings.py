"""The settings of a process in which everything fails, and says of whom."""

from typing import Any

from hospes.config.settings import *  # noqa: F403  # settings are taken over as they are

ROOT_URLCONF = "tests.kernel.leaky_pages"
PROCRASTINATE_IMPORT_PATHS: list[Any] = ["tests.kernel.leaky_jobs"]

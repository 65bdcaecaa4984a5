"""The portal's face."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def site(settings: Any, tmp_path: Path, db: None, _rights: None) -> Iterator[None]:
    """The portal as it is served, with the Dutch rate in force, and with files of its own."""
    from django.urls import clear_url_caches
    from django.utils.translation import override

    from tests.support import make

    settings.FACE, settings.ROOT_URLCONF = "portal", "hospes.config.urls_portal"
    settings.MEDIA_ROOT = tmp_path
    clear_url_caches()
    make.vat_rates()
    with override("nl"):  # a page leaves the thread in its language
        yield
    clear_url_caches()

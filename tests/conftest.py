"""
What every test stands on.

A test that uses the database has the rights of a login, and sees no personal data until it acts.

    @pytest.mark.django_db                      a transaction that is rolled back
    @pytest.mark.django_db(transaction=True)    real transactions, emptied afterwards; or `committed_database`
    @pytest.mark.login("worker")                that login's rights outside of acting(), not portal's
    as_owner(), as_login("door")                from tests.support.rights
    make.customer() …                           rows, from tests.support
    login_connection("portal")                  a connection as that login really has it
"""

import pytest

pytest.register_assert_rewrite("tests.support")

from tests.support import places  # noqa: E402  # what follows reads the settings

VAR = places.prepare()

from collections.abc import Callable, Iterator  # noqa: E402
from typing import Any  # noqa: E402

import psycopg  # noqa: E402

#: Fixtures that open the database, beside the marker django_db.
_DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "committed_database"}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "login(name): outside of acting() with the rights of this database login"
    )


#: Folders whose tests share one running installation: with xdist they stay together, so that it is started once.
_TOGETHER = ("browser", "faults", "promises")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.parent.name
        if folder in _TOGETHER and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(folder))


def pytest_unconfigure() -> None:
    places.leave(VAR)


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_createdb: bool
) -> Iterator[None]:
    """This process's database; `--create-db` makes also its pattern anew."""
    from django.db import connections
    from django.db.backends.signals import connection_created
    from django.test import TransactionTestCase

    from hospes.accounts.origins import places
    from tests.support import database, rights

    with django_db_blocker.unblock():
        made = database.create(anew=django_db_createdb)
    # Django's way cannot empty an append-only table, and would take away what migrations put there.
    TransactionTestCase._fixture_teardown = lambda self: made.empty()  # type: ignore[attr-defined]
    connection_created.connect(rights.dress)
    places.networks()  # unpacks the table that ships: no test is to wait for that
    yield
    with django_db_blocker.unblock():
        connections.close_all()
        made.drop()


@pytest.fixture(autouse=True)
def _rights(request: pytest.FixtureRequest) -> Iterator[None]:
    if not (request.node.get_closest_marker("django_db") or _DATABASE_FIXTURES & set(request.fixturenames)):
        yield
        return
    from tests.support import rights

    request.getfixturevalue("_django_db_helper")
    marker = request.node.get_closest_marker("login")
    rights.take(marker.args[0] if marker else rights.USUAL)
    yield
    rights.lay_down()


@pytest.fixture
def committed_database(transactional_db: None) -> None:
    """Real transactions; what was committed is deleted after the test."""


@pytest.fixture
def login_connection(
    django_db_setup: None,
) -> Iterator[Callable[[str], "psycopg.Connection[tuple[Any, ...]]"]]:
    """Open connections as logins really have them: `login_connection("portal")`; of committed rows only."""
    from tests.support import rights

    opened: list[psycopg.Connection[tuple[Any, ...]]] = []

    def open_one(name: str) -> "psycopg.Connection[tuple[Any, ...]]":
        opened.append(rights.log_in(name))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture(autouse=True)
def _same_for_every_test() -> None:
    """Made-up names, the language and who has to wait depend on the test alone, not on what ran before."""
    from django.utils import translation

    from hospes.accounts.passwords import gate
    from tests.support import names

    names.begin()
    translation.deactivate()
    gate.forget()

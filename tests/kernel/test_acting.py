"""Acting for a purpose: one round trip, for one transaction, and everything as it was afterwards."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hospes.billing.models import Invoice
from hospes.customers.models import Customer
from hospes.kernel import acting as stage
from hospes.kernel.acting import JOB, SYSTEM, Actor, acting
from hospes.kernel.logins import LOGINS, alias_for
from hospes.kernel.purposes import Purpose
from hospes.kernel.refusals import Refused
from tests.support import make, strategies
from tests.support.rights import as_owner

pytestmark = pytest.mark.database
rolled_back = pytest.mark.django_db
committed = pytest.mark.django_db(transaction=True)

_NAMES = ("purpose", "actor_kind", "actor", "ip", "customer", "person", "cart")


def _now() -> dict[str, str]:
    """What PostgreSQL thinks of who acts."""
    columns = ", ".join(f"coalesce(current_setting('hospes.{name}', true), '')" for name in _NAMES)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT current_user, {columns}")
        return dict(zip(("role", *_NAMES), cursor.fetchone(), strict=True))


_NOBODY = dict.fromkeys(_NAMES, "")


def _at_rest() -> dict[str, str]:
    return {"role": LOGINS["portal"].role, **_NOBODY}


@rolled_back
def test_the_role_and_all_that_is_said_are_on_inside_and_off_outside() -> None:
    cart = uuid.uuid4()
    assert _now() == _at_rest()
    with acting(
        Purpose.SUPPORT, actor=Actor.staff(7, ip="2001:db8::7"), customer=12, person=3, cart=cart
    ) as scene:
        assert _now() == {
            "role": Purpose.SUPPORT.own.role, "purpose": "support", "actor_kind": "staff", "actor": "7", "ip": "2001:db8::7",
            "customer": "12", "person": "3", "cart": str(cart),
        }  # fmt: skip
        assert stage.current() is scene
        assert scene.grantee == Purpose.SUPPORT.own
    assert _now() == _at_rest()
    assert stage.current() is None


@rolled_back
@pytest.mark.parametrize("scope", [{"customer": 0}, {"person": 0}, {"cart": uuid.UUID(int=0)}])
def test_any_scope_takes_the_twin_also_a_zero(scope: dict[str, Any]) -> None:
    with acting(Purpose.BILLING, actor=JOB, **scope) as scene:
        assert scene.grantee == Purpose.BILLING.own
        assert _now()["role"] == Purpose.BILLING.own.role


@rolled_back
def test_without_a_scope_it_is_the_purpose_itself() -> None:
    with acting(Purpose.BILLING, actor=JOB) as scene:
        assert scene.grantee == Purpose.BILLING
        assert _now() == {**_NOBODY, "role": Purpose.BILLING.role, "purpose": "billing", "actor_kind": "job"}


@rolled_back
def test_an_inner_block_acts_for_itself_and_leaves_the_outer_one_as_it_was() -> None:
    with acting(Purpose.SUPPORT, actor=Actor.staff(7, ip="192.0.2.7"), customer=12):
        outer = _now()
        with acting(Purpose.BILLING, actor=SYSTEM):
            assert _now()["role"] == Purpose.BILLING.role
            assert _now()["customer"] == ""  # nothing of the outer scope shines through
            with acting(Purpose.CART, actor=Actor.visitor(), cart=uuid.UUID(int=5)):
                assert _now()["role"] == Purpose.CART.own.role
            assert _now()["role"] == Purpose.BILLING.role
        assert _now() == outer
    assert _now() == _at_rest()


class _Stop(Exception):
    pass


@rolled_back
def test_an_exception_restores_as_well() -> None:
    with acting(Purpose.SUPPORT, actor=SYSTEM, customer=12):
        outer = _now()
        with pytest.raises(_Stop), acting(Purpose.BILLING, actor=SYSTEM):
            raise _Stop
        assert _now() == outer
        with pytest.raises(Refused), acting(Purpose.BILLING, actor=SYSTEM):
            connection.cursor().execute("SELECT password FROM customers_person")
        assert _now() == outer
        assert stage.current() is not None
    assert _now() == _at_rest()
    with pytest.raises(_Stop), acting(Purpose.BILLING, actor=SYSTEM):
        raise _Stop
    assert _now() == _at_rest()
    assert stage.current() is None


_BLOCKS = st.recursive(
    st.just([]),
    lambda inner: st.lists(
        st.tuples(
            strategies.purposes(),
            strategies.actors(),
            strategies.scopes(),
            st.sampled_from(["ends", "fails", "is rolled back"]),
            inner,
        ),
        max_size=3,
    ),
    max_leaves=6,
)


@rolled_back
@given(_BLOCKS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=60,
)
def test_however_blocks_are_nested_and_end_everything_is_as_it_was(blocks: list[Any]) -> None:
    _play(blocks)
    assert _now() == _at_rest()


def _play(blocks: list[Any]) -> None:
    before = _now()
    for purpose, actor, scope, ending, inner in blocks:
        with suppress(_Stop), acting(purpose, actor=actor, **scope) as scene:
            here = _now()
            assert here["role"] == scene.grantee.role
            wanted = {name: str(value) for name, value in scope.items()}
            if actor.kind == "person" and "customer" in wanted:
                wanted["customer"] = ""  # nobody here has access to any: see tests/customers/test_in_force.py
            assert {name: here[name] for name in scope} == wanted
            _play(inner)
            assert _now() == here
            assert stage.current() is scene
            if ending == "is rolled back":
                transaction.set_rollback(True)
            elif ending == "fails":
                raise _Stop
        assert _now() == before


@rolled_back
def test_an_inner_block_that_is_rolled_back_without_an_error_restores_as_well() -> None:
    with acting(Purpose.SUPPORT, actor=SYSTEM, customer=12):
        outer = _now()
        with acting(Purpose.BILLING, actor=SYSTEM):
            transaction.set_rollback(True)
        assert _now() == outer
    assert _now() == _at_rest()


@rolled_back
def test_savepoints_inside_keep_the_role() -> None:
    with acting(Purpose.SUPPORT, actor=SYSTEM):
        here = _now()
        with pytest.raises(IntegrityError), transaction.atomic():
            raise IntegrityError
        assert _now() == here
        with transaction.atomic():
            transaction.set_rollback(True)
        assert _now() == here
        with transaction.atomic(savepoint=False):
            pass
        assert _now() == here


@committed
def test_nothing_leaks_to_the_next_transaction_on_the_connection() -> None:
    connection.ensure_connection()
    held = connection.connection
    for ending in ("commits", "rolls back", "fails"):
        try:
            with acting(Purpose.SUPPORT, actor=Actor.person(3, ip="192.0.2.3"), customer=12):
                transaction.set_rollback(ending == "rolls back")
                if ending == "fails":
                    raise _Stop
        except _Stop:
            pass
        assert connection.connection is held
        assert _now() == _at_rest(), ending
        with transaction.atomic():
            assert _now() == _at_rest(), ending


@committed
def test_inside_another_transaction_it_restores_before_that_one_ends() -> None:
    with transaction.atomic():
        with acting(Purpose.SUPPORT, actor=SYSTEM):
            assert _now()["role"] == Purpose.SUPPORT.role
        assert _now() == _at_rest()
    assert _now() == _at_rest()


@committed
def test_what_was_done_is_one_transaction() -> None:
    customer = make.customer()

    def move(and_then: Exception | None) -> None:
        with acting(Purpose.CONTRACT, actor=SYSTEM):
            Customer.objects.filter(pk=customer.pk).update(town="Elsewhere")
            if and_then:
                raise and_then

    with pytest.raises(_Stop):
        move(_Stop())
    with as_owner():
        assert Customer.objects.get(pk=customer.pk).town == customer.town
    move(None)
    with as_owner():
        assert Customer.objects.get(pk=customer.pk).town == "Elsewhere"


@committed
def test_it_costs_one_round_trip() -> None:
    with CaptureQueriesContext(connection) as queries, acting(Purpose.BILLING, actor=SYSTEM, customer=1):
        pass
    said = [query["sql"] for query in queries.captured_queries]
    assert [sql.split()[0] for sql in said] == ["BEGIN", "SELECT", "COMMIT"]
    with (
        transaction.atomic(),
        CaptureQueriesContext(connection) as queries,
        acting(Purpose.BILLING, actor=SYSTEM),
    ):
        pass
    said = [query["sql"] for query in queries.captured_queries]
    assert [sql.split()[0] for sql in said] == [
        "SAVEPOINT",
        "SELECT",
        "SELECT",
        "RELEASE",
    ]  # there, and back again


@committed
def test_threads_act_each_for_itself() -> None:
    purposes = [Purpose.BILLING, Purpose.SUPPORT, Purpose.CONTRACT, Purpose.MESSAGES]
    meet = Barrier(len(purposes))

    def work(purpose: Purpose) -> tuple[Any, str, Any]:
        try:
            before = stage.current()
            with acting(purpose, actor=SYSTEM, customer=5):
                meet.wait(10)
                inside = _now()["role"]
                meet.wait(10)
            return before, inside, stage.current()
        finally:
            connections.close_all()

    with acting(Purpose.ACCESS, actor=SYSTEM), ThreadPoolExecutor(len(purposes)) as pool:
        results = list(pool.map(work, purposes))
        assert _now()["role"] == Purpose.ACCESS.role
    assert results == [(None, purpose.own.role, None) for purpose in purposes]


@committed
def test_a_thread_does_not_inherit_what_another_acts_for() -> None:
    make.customer()
    caught: list[BaseException] = []

    def read() -> None:
        try:
            Customer.objects.first()
        except Refused as error:
            caught.append(error)
        finally:
            connections.close_all()

    with acting(Purpose.SUPPORT, actor=SYSTEM):
        assert Customer.objects.count() == 1
        thread = Thread(target=read)
        thread.start()
        thread.join(10)
    assert len(caught) == 1
    assert "none declared" in str(caught[0])


@committed
def test_a_copied_context_says_who_acts_but_its_connection_does_not_follow() -> None:
    """As asgiref does it for threads: the words come along, the database's role does not, so it fails closed."""
    make.customer()
    caught: list[BaseException] = []

    def read() -> None:
        try:
            Customer.objects.first()
        except Refused as error:
            caught.append(error)
        finally:
            connections.close_all()

    with acting(Purpose.SUPPORT, actor=SYSTEM):
        context = copy_context()
        thread = Thread(target=lambda: context.run(read))
        thread.start()
        thread.join(10)
    assert len(caught) == 1


# --- which login ---


@pytest.fixture
def portal(settings: Any) -> None:
    settings.HOSPES_ALIASES = {"default": "portal", "door": "door"}


def test_each_process_finds_the_login_for_a_purpose(portal: None) -> None:
    assert alias_for(Purpose.BILLING.own) == "default"
    assert alias_for(Purpose.ACCESS) == "door"
    assert alias_for(Purpose.RIGHTS.own) == "default"


@pytest.mark.parametrize("purpose", [Purpose.BILLING, Purpose.SUPPORT, Purpose.RETENTION, Purpose.NEWSLETTER])
def test_no_login_of_this_process_may_act_so(portal: None, purpose: Purpose) -> None:
    with pytest.raises(LookupError, match=f"no database login of this process may act as {purpose.role}"):
        alias_for(purpose)


@rolled_back
def test_a_purpose_without_login_changes_nothing(portal: None) -> None:
    with pytest.raises(LookupError), acting(Purpose.RETENTION, actor=SYSTEM):
        pytest.fail("acted")
    assert _now() == _at_rest()
    assert stage.current() is None


def test_every_login_and_purpose_that_are_named_exist() -> None:
    for login in LOGINS.values():
        assert login.may_act_as
        assert all(grantee.role.startswith("hospes_test_") for grantee in login.may_act_as)


@rolled_back
def test_the_router_sends_queries_where_it_acts() -> None:
    router = stage.ActingRouter()
    assert router.db_for_read(Invoice) is None
    with acting(Purpose.BILLING, actor=SYSTEM):
        assert router.db_for_read(Invoice) == "default"
        assert router.db_for_write(Invoice) == "default"
    assert router.allow_migrate("default", "billing")
    assert not router.allow_migrate("door", "billing")


@pytest.fixture(autouse=True)
def _nobody_is_left_acting() -> Iterator[None]:
    assert stage.current() is None
    yield
    assert stage.current() is None

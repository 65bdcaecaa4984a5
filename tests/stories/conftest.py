"""What stories share: the payment provider, at the other end of a connection."""

from tests.payments.conftest import till

__all__ = ["till"]

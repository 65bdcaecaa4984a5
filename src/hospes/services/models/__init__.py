"""What a customer is entitled to: services with a state, a term and a price; one life cycle for every kind (P22)."""

from hospes.services.models.charges import Charge
from hospes.services.models.history import By, Content, ServiceChange
from hospes.services.models.moves import Move, MoveOffer, When
from hospes.services.models.raises import Raise, RaisedService, RaiseNotice, RaiseRule
from hospes.services.models.requests import Request
from hospes.services.models.service import HELD, ONE_HOLDER, Service, State
from hospes.services.models.tasks import Task

__all__ = [
    "HELD", "ONE_HOLDER", "By", "Charge", "Content", "Move", "MoveOffer", "Raise", "RaiseNotice", "RaiseRule", "RaisedService",
    "Request", "Service", "ServiceChange", "State", "Task", "When",
]  # fmt: skip

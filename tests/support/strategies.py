"""What Hypothesis draws from, where more than one test wants the same."""

from typing import Any

from hypothesis import strategies as st

from hospes.kernel.acting import Actor
from hospes.kernel.purposes import Purpose

_IDS = st.integers(1, 2**63 - 1)
_ADDRESSES = st.none() | st.ip_addresses().map(str)


def purposes() -> st.SearchStrategy[Purpose]:
    """Any purpose."""
    return st.sampled_from(Purpose)


def actors() -> st.SearchStrategy[Actor]:
    """Anybody who may act, from anywhere."""
    known = st.builds(Actor, st.sampled_from(["person", "staff"]), _IDS, _ADDRESSES)
    unknown = st.builds(Actor, st.sampled_from(["visitor", "job", "system"]), st.none(), _ADDRESSES)
    return known | unknown


def scopes() -> st.SearchStrategy[dict[str, Any]]:
    """Whom it is about, as acting() takes it: nobody in particular, one, or several at once."""
    return st.fixed_dictionaries({}, optional={"customer": _IDS, "person": _IDS, "cart": st.uuids()})

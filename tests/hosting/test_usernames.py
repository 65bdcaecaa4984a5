"""User names fit the panel, are like the domain, and never run out."""

import re
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hospes.hosting.rules import usernames


@pytest.mark.parametrize(
    ("domain", "names"),
    [
        ("dronkel.nl", ["dronkel", "dronkel2", "dronkel3"]),
        ("bakkerij-de-boer.nl", ["bakkerijde", "bakkerijd2", "bakkerijd3"]),
        ("3dprint.nl", ["dprint", "dprint2", "dprint3"]),
        ("112.nl", ["web", "web2", "web3"]),
        ("a.nl", ["a", "a2", "a3"]),
        ("WWW.Dronkel.NL", ["www", "www2", "www3"]),
        ("xn--caf-dma.nl", ["cafe", "cafe2", "cafe3"]),
        ("xn--n3h.nl", ["web", "web2", "web3"]),
        ("xn--.nl", ["web", "web2", "web3"]),
        ("", ["web", "web2", "web3"]),
        ("studio54.nl", ["studio54", "studio542", "studio543"]),
    ],
)
def test_names_like_the_domain(domain: str, names: list[str]) -> None:
    assert list(islice(usernames(domain), 3)) == names


@settings(max_examples=50, deadline=None)
@given(st.text() | st.from_regex(r"(xn--)?[a-z0-9-]{1,63}\.nl", fullmatch=True))
def test_whatever_the_domain_the_names_fit_the_panel_and_differ(domain: str) -> None:
    names = list(islice(usernames(domain), 150))
    assert all(re.fullmatch(r"[a-z][a-z0-9]{0,9}", name) for name in names)
    assert len(set(names)) == len(names)

"""The office opens only from the networks that the operator lists (P12, P25)."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from hospes.config.office import read_office_networks
from tests.accounts import people

pytestmark = [pytest.mark.django_db, pytest.mark.promise("P12", "P25")]

INSIDE, OUTSIDE = "192.0.2.7", "198.51.100.9"


@pytest.fixture(autouse=True)
def _listed(settings: Any) -> None:
    settings.HOSPES_OFFICE_NETWORKS = ("192.0.2.0/24", "2001:db8:1::/48")


def test_elsewhere_there_is_nothing_not_even_the_login(office: Client) -> None:
    for path in ("/", "/account/login/", "/en/account/login/", "/nonsense/"):
        assert office.get(path, REMOTE_ADDR=OUTSIDE).status_code == 403
    assert (
        office.post("/account/login/", {"login": "x", "password": "y"}, REMOTE_ADDR=OUTSIDE).status_code
        == 403
    )
    assert people.journal() == []
    for ip in (INSIDE, "2001:db8:1::7"):
        assert office.get("/account/login/", REMOTE_ADDR=ip).status_code == 200


def test_a_session_that_turns_up_elsewhere_is_ended_and_written_down(office: Client) -> None:
    colleague = people.colleague("administrator")
    people.let_in(office, colleague, ip=INSIDE)
    assert office.get("/", REMOTE_ADDR=INSIDE).content.decode() == colleague.name
    thief = Client()
    thief.cookies["hospes_office"] = office.cookies["hospes_office"].value
    answer = thief.get("/", REMOTE_ADDR=OUTSIDE)
    assert answer.status_code == 403
    assert colleague.name not in answer.content.decode()
    assert ("staff.kept_out", "visitor", colleague.pk, OUTSIDE) in people.journal()
    assert office.get("/", REMOTE_ADDR=INSIDE).content.decode() != colleague.name


def test_an_empty_list_is_everywhere(office: Client, settings: Any) -> None:
    settings.HOSPES_OFFICE_NETWORKS = ()
    assert office.get("/account/login/", REMOTE_ADDR=OUTSIDE).status_code == 200


def test_the_portal_is_not_held_by_it(portal: Client) -> None:
    assert portal.get("/account/login/", REMOTE_ADDR=OUTSIDE).status_code == 200


@pytest.mark.parametrize(
    ("text", "networks"),
    [("", ()), ("[office]\nnetworks = []", ()), ('[office]\nnetworks = ["192.0.2.0/24"]', ("192.0.2.0/24",))],
)
def test_the_operators_file_says_which(tmp_path: Path, text: str, networks: tuple[str, ...]) -> None:
    (file := tmp_path / "operator.toml").write_text(text)
    assert read_office_networks(file) == networks


@pytest.mark.parametrize(
    "text",
    [
        '[office]\nnetworks = "192.0.2.0/24"',
        '[office]\nnetworks = ["x"]',
        "[office]\nnetworks = [1]",
        "[office]\nnet = []",
        "[",
    ],
)
def test_what_makes_no_sense_stops_the_start(tmp_path: Path, text: str) -> None:
    (file := tmp_path / "operator.toml").write_text(text)
    with pytest.raises(ImproperlyConfigured, match=r"operator\.toml"):
        read_office_networks(file)

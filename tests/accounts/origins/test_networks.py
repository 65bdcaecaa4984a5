"""Country and network of an IP address: the table, what goes into it, and that it answers at once."""

import timeit
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from hospes.accounts.origins import places
from hospes.accounts.origins.building import Draft, WrongLine, write
from hospes.accounts.origins.networks import NOTHING, Networks, NotAFile, Origin
from hospes.accounts.origins.places import place_of

pytestmark = pytest.mark.promise("P11", "P12")


def table(tmp_path: Path, *files: str) -> Networks:
    draft = Draft()
    for number, text in enumerate(files):
        path = tmp_path / f"{number}.csv"
        path.write_text(text)
        draft.read(path)
    return Networks(draft.table("made up"))


def at(networks: Networks, address: str) -> Origin:
    return networks.origin_of(ip_address(address))


def test_countries_and_networks_may_come_from_different_files(tmp_path: Path) -> None:
    made = table(
        tmp_path,
        "192.0.2.0,192.0.2.255,NL\n2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,BE\n",
        '192.0.2.0,192.0.2.127,64500,"Voorbeeld, B.V."\n2001:db8:1::,2001:db8:1:ffff:ffff:ffff:ffff:ffff,64501,Ander\n',
    )
    assert at(made, "192.0.2.0") == at(made, "192.0.2.127") == Origin("NL", 64500, "Voorbeeld, B.V.")
    assert at(made, "192.0.2.128") == at(made, "192.0.2.255") == Origin("NL")
    assert at(made, "192.0.1.255") == at(made, "192.0.3.0") == NOTHING
    assert at(made, "2001:db8:1::7") == Origin("BE", 64501, "Ander")
    assert at(made, "2001:db8:2::7") == Origin("BE")
    assert at(made, "2001:db9::") == at(made, "::") == at(made, "ffff::") == NOTHING
    assert made.about == "made up"


def test_one_file_may_have_all_of_it(tmp_path: Path) -> None:
    made = table(tmp_path, "198.51.100.0,198.51.100.255,de,64500,Voorbeeld\n203.0.113.0,203.0.113.9,FR,,\n")
    assert at(made, "198.51.100.9") == Origin("DE", 64500, "Voorbeeld")
    assert at(made, "203.0.113.9") == Origin("FR")


def test_where_ranges_overlap_the_one_that_begins_last_counts(tmp_path: Path) -> None:
    made = table(tmp_path, "10.0.0.0,10.0.0.255,NL\n10.0.0.128,10.0.0.255,BE\n")
    assert (at(made, "10.0.0.127").country, at(made, "10.0.0.128").country) == ("NL", "BE")


def test_the_first_and_the_last_address_there_are(tmp_path: Path) -> None:
    made = table(tmp_path, "0.0.0.0,255.255.255.255,NL\n::,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,BE\n")
    for address, country in (
        (str(ip_address(0)), "NL"),
        ("255.255.255.255", "NL"),
        ("::", "BE"),
        ("ffff:" * 7 + "ffff", "BE"),
    ):
        assert at(made, address).country == country


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("192.0.2.0,NL", "say first address"),
        ("192.0.2.9,192.0.2.1,NL", "no range"),
        ("192.0.2.0,2001:db8::,NL", "no range"),
        ("192.0.2.0,192.0.2.255,Nederland", "no country"),
        ("192.0.2,192.0.2.255,NL", "does not appear to be"),
        ("192.0.2.0,192.0.2.255,NL,99999999999,x", "no AS number"),
        ("192.0.2.0,192.0.2.255,NL,AS1,x", "invalid literal"),
    ],
)
def test_a_line_that_says_no_range_is_named(tmp_path: Path, line: str, wrong: str) -> None:
    with pytest.raises(WrongLine, match=rf"0\.csv, line 2: .*{wrong}"):
        table(tmp_path, f"192.0.2.0,192.0.2.255,NL\n{line}\n")


_numbers = st.integers(0, 4000)


@given(st.lists(st.tuples(_numbers, st.integers(0, 50), st.sampled_from(["NL", "BE", "DE"])), max_size=30),
       st.lists(_numbers, max_size=30))  # fmt: skip
def test_every_address_is_where_the_last_range_that_covers_it_says(
    ranges: list[tuple[int, int, str]], asked: list[int]
) -> None:
    once = {first: (first, first + more, country) for first, more, country in ranges}
    draft = Draft()
    for first, last, country in once.values():
        draft._add([str(ip_address(first)), str(ip_address(last)), country])
    made = Networks(draft.table(""))
    for number in asked:
        begun = [each for each in sorted(once.values()) if each[0] <= number]
        expected = begun[-1][2] if begun and begun[-1][1] >= number else ""
        assert made.origin_of(ip_address(number)).country == expected


def test_what_is_no_whole_table_is_refused(tmp_path: Path) -> None:
    whole = Draft().table("x")
    for broken in (b"", b"x" * 100, whole[:-1], whole + b"x", b"Y" + whole[1:]):
        with pytest.raises(NotAFile):
            Networks(broken)
        with pytest.raises(NotAFile):
            write(broken, tmp_path / "networks.dat")
    assert list(tmp_path.iterdir()) == []


# --- places ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def _own_table(tmp_path: Path, settings: Any) -> Any:
    settings.VAR = tmp_path
    draft = Draft()
    draft._add(["192.0.2.0", "192.0.2.255", "NL", "64500", "Voorbeeldnet"])
    draft._add(["203.0.113.0", "203.0.113.255", "DE"])
    write(draft.table("made up"), tmp_path / places.LOADED)
    places.look_again()
    yield
    places.look_again()
    places._in_use.file = None


@pytest.mark.usefixtures("_own_table")
def test_a_place_in_words() -> None:
    with translation.override("en"):
        assert str(place_of("192.0.2.7")) == "Voorbeeldnet, Netherlands"
        assert str(place_of("203.0.113.7")) == "Germany"
        assert str(place_of("198.51.100.7")) == str(place_of(None)) == str(place_of("nonsense")) == "unknown"
        assert str(place_of("127.0.0.1")) == "this machine's own network"
    with translation.override("nl"):
        assert str(place_of("192.0.2.7")) == "Voorbeeldnet, Nederland"


@pytest.mark.usefixtures("_own_table")
def test_addresses_of_one_place_have_the_same_key() -> None:
    assert place_of("192.0.2.7").key == place_of("192.0.2.250").key == "NL/AS64500"
    assert place_of("203.0.113.7").key == place_of("203.0.113.99").key == "DE/203.0.113.0/24"
    assert place_of("198.51.100.7").key != place_of("198.51.101.7").key
    assert place_of("2001:db8:1:2::1").key == place_of("2001:db8:1:3::9").key != place_of("2001:db8:2::1").key
    assert place_of("::ffff:192.0.2.7").key == "NL/AS64500"
    own = [
        "127.0.0.1",
        "::1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.1.1",
        "100.64.0.1",
        "fd00::1",
        "fe80::1",
    ]
    assert {place_of(address).key for address in own} == {"own"}
    assert place_of("").key == ""


@pytest.mark.usefixtures("_own_table")
def test_another_table_is_in_use_without_a_restart(tmp_path: Path) -> None:
    assert place_of("192.0.2.7").country == "NL"
    draft = Draft()
    draft._add(["192.0.2.0", "192.0.2.255", "BE"])
    write(draft.table("newer"), tmp_path / places.LOADED)
    places.look_again()
    assert place_of("192.0.2.7").country == "BE"
    (tmp_path / places.LOADED).write_bytes(b"broken")
    places.look_again()
    assert place_of("192.0.2.7").country == "BE"


def test_the_table_that_ships(tmp_path: Path, settings: Any) -> None:
    settings.VAR = tmp_path
    places.look_again()
    shipped = places.networks()
    assert shipped is not None
    assert len(shipped) > 500_000
    assert "CC BY 4.0" in shipped.about
    found = {ip: place_of(ip) for ip in ("80.101.1.1", "2a02:a450::1", "145.97.39.155")}
    assert {place.country for place in found.values()} == {"NL"}
    assert {found["80.101.1.1"].network, found["2a02:a450::1"].network} == {"KPN B.V."}
    assert [path.suffix for path in tmp_path.iterdir()] == [".dat"]
    for ip in ("80.101.1.1", "2a02:a450::1"):
        assert (
            min(timeit.repeat(lambda ip=ip: place_of(ip), number=1000, repeat=5)) < 0.2
        )  # 200 µs each, on a busy machine
    places.look_again()
    places._in_use.file = None


def test_without_a_folder_to_write_to_places_are_unknown_and_nothing_breaks(
    tmp_path: Path, settings: Any
) -> None:
    settings.VAR = tmp_path / "file" / "var"
    (tmp_path / "file").write_text("")
    places._in_use.networks, places._in_use.file = None, None
    places.look_again()
    assert place_of("80.101.1.1").country == ""
    assert place_of("80.101.1.1").key == "/80.101.1.0/24"
    places.look_again()

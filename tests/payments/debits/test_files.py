"""The file for the bank holds against its schema and to the cent; what the bank says is read without trusting it."""

from datetime import UTC, date, datetime
from importlib.resources import files as packaged
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from hospes.payments.debits import files
from hospes.payments.debits.files import Collection, Creditor, FileRefused, Said

CREDITOR = Creditor("Jixaw websolutions", "NL91ABNA0417164300", "NL04ZZZ172726320000")
NOW = datetime(2026, 3, 12, 6, 31, tzinfo=UTC)


def collection(number: int = 1, cents: int = 9075, **words: Any) -> Collection:
    usual: dict[str, Any] = {
        "end_to_end_id": f"F2026-{number:05d}-1", "cents": cents, "sequence": "RCUR", "holder": "B. Dronkel", "iban": "NL02ABNA0123456789",
        "mandate": "M10001-1", "signed_on": date(2026, 3, 2), "description": f"Jixaw F2026-{number:05d}",
    }  # fmt: skip
    return Collection(**(usual | words))


def made(collections: list[Collection]) -> bytes:
    return files.pain_008(
        creditor=CREDITOR,
        reference="DD20260316-1",
        collect_on=date(2026, 3, 16),
        collections=collections,
        made_at=NOW,
    )


def schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(packaged("sepaxml") / "schemas" / f"{files.SCHEMA}.xsd")))


def test_the_file_says_what_is_to_be_collected() -> None:
    content = made([collection(1, sequence="FRST"), collection(2, 1), collection(3, 123456789)])
    root = etree.fromstring(content)
    schema().assertValid(root)

    def text(name: str) -> list[str]:
        return [node.text or "" for node in root.iter(f"{{*}}{name}")]

    assert text("MsgId") == ["DD20260316-1"]
    assert text("PmtInfId") == ["DD20260316-1-1", "DD20260316-1-2"]
    assert (text("CreDtTm"), set(text("ReqdColltnDt"))) == (["2026-03-12T06:31:00"], {"2026-03-16"})
    assert text("InstdAmt") == ["90.75", "0.01", "1234567.89"]
    assert (text("CtrlSum")[0], text("NbOfTxs")[0]) == ("1234658.65", "3")
    assert (set(text("MndtId")), set(text("DtOfSgntr"))) == ({"M10001-1"}, {"2026-03-02"})
    assert text("SeqTp") == ["FRST", "RCUR"]
    assert "NL04ZZZ172726320000" in content.decode()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 10**9), st.sampled_from(["FRST", "RCUR"]), st.text(min_size=1, max_size=70)),
        min_size=1,
        max_size=8,
    )
)
def test_every_file_is_valid_or_refused_and_never_a_cent_off(asked: list[tuple[int, str, str]]) -> None:
    collections = [
        collection(n, cents, sequence=kind, holder=name)
        for n, (cents, kind, name) in enumerate(asked, start=1)
    ]
    try:
        content = made(collections)
    except FileRefused:  # a name of which nothing is left that a bank can read: nobody signs with one
        assert any(
            not name.strip() or not name.isprintable() or not name.isascii() for _cents, _kind, name in asked
        )
        return
    schema().assertValid(etree.fromstring(content))
    assert files.amounts(content) == {each.end_to_end_id: each.cents for each in collections}
    assert sorted(each for ids in files.blocks(content).values() for each in ids) == sorted(
        each.end_to_end_id for each in collections
    )


def test_letters_that_banks_do_not_know_are_written_otherwise() -> None:
    content = made([collection(holder="Zoë Łukasz-Ørsted")]).decode()
    assert "Zoe Lukasz-Orsted" in content


@pytest.mark.parametrize(
    "wrong", [{"iban": "x"}, {"sequence": "XXXX"}, {"mandate": "x" * 36}, {"holder": ""}]
)
def test_what_does_not_fit_the_schema_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(FileRefused, match="schema"):
        made([collection(**wrong)])


# --- what the bank says ---

_HEAD = '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.002.001.{}"><CstmrPmtStsRpt><OrgnlGrpInfAndSts><OrgnlMsgId>DD1</OrgnlMsgId>'
_TAIL = "</CstmrPmtStsRpt></Document>"


@pytest.mark.parametrize("version", ["03", "10", "12"])
def test_a_report_is_read_whatever_its_version(version: str) -> None:
    content = (
        _HEAD.format(version) + "<GrpSts>PART</GrpSts></OrgnlGrpInfAndSts><OrgnlPmtInfAndSts><OrgnlPmtInfId>DD1-1</OrgnlPmtInfId>"
        "<PmtInfSts>ACCP</PmtInfSts><TxInfAndSts><OrgnlEndToEndId>F1-1</OrgnlEndToEndId><TxSts>RJCT</TxSts>"
        "<StsRsnInf><Rsn><Cd>AC04</Cd></Rsn></StsRsnInf></TxInfAndSts><TxInfAndSts><OrgnlEndToEndId>F2-1</OrgnlEndToEndId>"
        "<TxSts>ACSC</TxSts></TxInfAndSts></OrgnlPmtInfAndSts>" + _TAIL
    )  # fmt: skip
    report = files.pain_002(content.encode())
    assert (report.message_id, report.whole, report.of_blocks) == (
        "DD1",
        Said("PART"),
        {"DD1-1": Said("ACCP")},
    )
    assert report.of_collections == {"F1-1": Said("RJCT", "AC04"), "F2-1": Said("ACSC")}


_ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(f'<!ENTITY a{n} "{"&a;" * 10}">' for n in range(9)) + "]>"


@pytest.mark.parametrize(
    "content",
    [
        b"", b"x", b"<x/>", b"\xff\xfe", _HEAD.format("03").encode(),
        (_HEAD.format("03") + "</OrgnlGrpInfAndSts>" + _TAIL).replace("OrgnlMsgId", "Else").encode(),
        (_HEAD.format("03") + "<GrpSts>WHAT</GrpSts></OrgnlGrpInfAndSts>" + _TAIL).encode(),
        (_ENTITY + _HEAD.format("03") + "</OrgnlGrpInfAndSts>" + _TAIL).replace("DD1", "&a;").encode(),
        (_LAUGHS + _HEAD.format("03") + "</OrgnlGrpInfAndSts>" + _TAIL).replace("DD1", "&a8;").encode(),
        b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.008.001.08'><OrgnlGrpInfAndSts/></Document>",
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(FileRefused):
        files.pain_002(content)


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    with pytest.raises(FileRefused):
        files.pain_002(content)

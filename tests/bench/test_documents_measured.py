"""The documents that are measured are real ones: valid, each another one, the same for the same number."""

from bench.documents import document
from hospes.billing.documents import invoice_pdf, invoice_xml
from tests.billing.documents import nlcius, official


def test_the_measured_documents_are_valid_and_different() -> None:
    documents = [document(number) for number in range(12)]
    assert documents == [document(number) for number in range(12)]
    made = [invoice_xml(doc) for doc in documents]
    assert len(set(made)) == 12
    for xml in made:
        official.assert_follows_schema(xml)
        assert nlcius.findings(xml) == official.findings(official.EN16931, xml) == set()
    assert {doc.is_credit_note for doc in map(document, range(40))} == {False, True}
    assert invoice_pdf(documents[0], made[0]).startswith(b"%PDF")

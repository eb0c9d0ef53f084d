"""Check digits of national identifiers, where python-stdnum knows how they are computed (pure).

A wrong check digit is said and never refuses: registers hold numbers that were issued wrongly, and
the list says which operators there are, not arithmetic.
"""

from __future__ import annotations

import importlib
from typing import NamedTuple

from mra_gateway.model.identifiers import Territory

# Not in partners/: which module of python-stdnum computes a territory's number is a fact about that
# library, and changes with it. Source: the docstring of each module.
_NUMBERS: dict[str, tuple[tuple[str, str], ...]] = {
    "AU": (("stdnum.au.abn", "Australian Business Number"),),
    "AZ": (("stdnum.az.voen", "VÖEN"),),
    "BR": (("stdnum.br.cnpj", "CNPJ"),),
    "BY": (("stdnum.by.unp", "UNP"),),
    "CA": (("stdnum.ca.bn", "Business Number"),),
    "CH": (("stdnum.ch.uid", "UID"),),
    "CL": (("stdnum.cl.rut", "RUT"),),
    "CN": (("stdnum.cn.uscc", "Unified Social Credit Code"),),
    "DO": (("stdnum.do.rnc", "RNC"),),
    "GB": (("stdnum.gb.vat", "VAT number"),),
    "ID": (("stdnum.id.npwp", "NPWP"),),
    "IL": (("stdnum.il.hp", "company number"),),
    "IN": (("stdnum.in_.gstin", "GSTIN"),),
    "JP": (("stdnum.jp.cn", "Corporate Number"),),
    "KR": (("stdnum.kr.brn", "business registration number"),),
    "MX": (("stdnum.mx.rfc", "RFC"),),
    "NZ": (("stdnum.nz.ird", "IRD number"),),
    "PE": (("stdnum.pe.ruc", "RUC"),),
    "RU": (("stdnum.ru.inn", "INN"),),
    "SG": (("stdnum.sg.uen", "UEN"),),
    "TH": (("stdnum.th.tin", "TIN"),),
    "TR": (("stdnum.tr.vkn", "tax number"),),
    "TW": (("stdnum.tw.ubn", "unified business number"),),
    "UY": (("stdnum.uy.rut", "RUT"),),
    "VN": (("stdnum.vn.mst", "tax code"),),
}
_EU = "stdnum.eu.vat"
_FORM_ONLY = frozenset({"stdnum.kr.brn"})
"""Numbers whose form the library knows, and not how the check digit is computed."""


class CheckedNumber(NamedTuple):
    """What a national identifier reads as.

    Attributes:
        number: Which national number it has the form of.
        valid: Whether its check digits are right; None where only its form is known.
    """

    number: str
    valid: bool | None


def check_number(national: str, *, territory: Territory) -> CheckedNumber | None:
    """Returns whether a national identifier's check digits are right.

    None where the library knows no number of that territory, or the text has another length or
    form: then nothing can be said.
    """
    from stdnum.exceptions import InvalidChecksum, ValidationError

    for module, name in _NUMBERS.get(territory, ((_EU, "VAT number"),)):
        number = importlib.import_module(module)
        text = territory + national if module == _EU else national
        try:
            number.validate(text)
        except InvalidChecksum:
            if module == _EU:
                continue  # an EORI need not be a VAT number
            return CheckedNumber(name, valid=False)
        except (ValidationError, ValueError):
            continue
        return CheckedNumber(name, valid=None if module in _FORM_ONLY else True)
    return None

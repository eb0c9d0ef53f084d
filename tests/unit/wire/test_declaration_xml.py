"""Declarations in XML: however wrapped, prefixed and commented, or refused with line and reason."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.model.declarations import DeclarationType, PartyLevel
from mra_gateway.model.facts import Flow, PartyFunction
from mra_gateway.wire.declaration_xml import decode_declarations
from tests.support.declared import SAMPLES, read, shipped

DEC = "urn:wco:datamodel:WCO:DEC-DMS:2"
ACTOR = "<AEOMutualRecognitionParty><ID>{}</ID><RoleCode>{}</RoleCode></AEOMutualRecognitionParty>"


def wco(
    *parts: str,
    shipment: Sequence[str] = (),
    item: Sequence[str] = (),
    type_code: str = "IMA",
    function: str = "9",
) -> str:
    return (
        f'<Declaration xmlns="{DEC}"><FunctionCode>{function}</FunctionCode>'
        f"<FunctionalReferenceID>REF 1</FunctionalReferenceID><TypeCode>{type_code}</TypeCode>"
        f"{''.join(parts)}<GoodsShipment>{''.join(shipment)}"
        f"<GovernmentAgencyGoodsItem><SequenceNumeric>7</SequenceNumeric>{''.join(item)}"
        "</GovernmentAgencyGoodsItem></GoodsShipment></Declaration>"
    )


EXPORTER = "<Exporter><ID>CNAEOCN3302462345</ID></Exporter>"
PLAIN = wco(EXPORTER)


def refusal(text: str | bytes) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        read(text.encode() if isinstance(text, str) else text)
    assert caught.value.reason is Reason.DECLARATION_INVALID
    return caught.value


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f'<m:MetaData xmlns:m="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2">{PLAIN}</m:MetaData>',
        f"<submission><envelope>{PLAIN}</envelope></submission>",
        PLAIN.replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x="),
        f"<!-- before --><?pi x?>{PLAIN}<!-- after -->",
        PLAIN.replace("AEOCN", "AEO<!-- half -->C<?break?>N"),
        PLAIN.replace("CNAEOCN3302462345", "\n\t CNAEOCN3302462345 <!-- why -->\n"),
        PLAIN.replace("CNAEOCN3302462345", "<![CDATA[CNAEOCN]]>3302462345"),
        "\ufeff" + PLAIN,
    ],
    ids=[
        "bare", "in MetaData", "in another element", "prefixed", "comments outside",
        "split by a comment and an instruction", "white space", "CDATA", "byte order mark",
    ],
)  # fmt: skip
def test_however_it_is_written_it_says_the_same(text: str) -> None:
    assert read(text.encode()) == read(PLAIN.encode())
    (message,) = read(text.encode())
    assert [party.identifier for party in message.parties] == ["CNAEOCN3302462345"]


def test_several_declarations_of_one_file_are_read_in_order() -> None:
    second = PLAIN.replace("REF 1", "REF 2")
    messages = read(f"<batch>{PLAIN}<other>{second}</other></batch>".encode())
    assert [message.reference for message in messages] == ["REF 1", "REF 2"]


def test_actors_are_read_at_every_level_wrapped_or_bare() -> None:
    wrapped = (
        f"<AEOMutualRecognitionParties>{ACTOR.format('C3', 'WH')}</AEOMutualRecognitionParties>"
    )
    (message,) = read(
        wco(
            ACTOR.format("A1", "CS"),
            shipment=[ACTOR.format("B2", "FW"), wrapped],
            item=[ACTOR.format("D4", "MF"), ACTOR.format("E5", "ZZ")],
        ).encode()
    )
    found = [(party.identifier, party.role, party.level, party.item) for party in message.parties]
    assert found == [
        ("A1", PartyFunction.CONSOLIDATOR, PartyLevel.HEADER, None),
        ("B2", PartyFunction.FREIGHT_FORWARDER, PartyLevel.SHIPMENT, None),
        ("C3", PartyFunction.WAREHOUSE_KEEPER, PartyLevel.SHIPMENT, None),
        ("D4", PartyFunction.MANUFACTURER, PartyLevel.ITEM, 7),
        ("E5", PartyFunction.NOT_STATED, PartyLevel.ITEM, 7),
    ]
    assert message.parties[-1].declared_as is not None
    assert message.parties[-1].declared_as.code == "ZZ"


@pytest.mark.parametrize(
    ("code", "type_code", "role"),
    [
        ("022", "IMA", PartyFunction.EXPORTER),
        ("023", "IMA", PartyFunction.CONSIGNEE),
        ("024", "EXA", PartyFunction.DECLARANT),
        ("025", "IMA", PartyFunction.REPRESENTATIVE),
        ("026", "IMA", PartyFunction.NOT_STATED),
        ("027", "IMA", PartyFunction.WAREHOUSE_KEEPER),
        ("028", "IMA", PartyFunction.CARRIER),
        ("029", "IMA", PartyFunction.NOT_STATED),
        ("031", "IMA", PartyFunction.EXPORTER),
        ("031", "EXA", PartyFunction.CONSIGNEE),
        ("030", "IMA", None),
        ("949", "IMA", None),
    ],
)
def test_a_certificate_declared_as_a_document_names_its_holder(
    code: str, type_code: str, role: PartyFunction | None
) -> None:
    document = (
        "<AdditionalDocument><CategoryCode>Y</CategoryCode><ID>JP AEO 1</ID>"
        f"<Name>Waiver</Name><TypeCode>{code}</TypeCode></AdditionalDocument>"
    )
    (message,) = read(wco(EXPORTER, item=[document], type_code=type_code).encode())
    found = [party for party in message.parties if party.level is PartyLevel.ITEM]
    assert [(party.role, party.identifier, party.name) for party in found] == (
        [] if role is None else [(role, "JP AEO 1", None)]
    )


def test_every_identifier_of_one_firm_is_kept() -> None:
    both = (
        "<Importer><ID>XI553202734852</ID><ID>GB553202734852</ID><Name>One firm</Name></Importer>"
    )
    (message,) = read(wco(shipment=[both]).encode())
    assert [(party.identifier, party.name) for party in message.parties] == [
        ("XI553202734852", "One firm"),
        ("GB553202734852", "One firm"),
    ]


@pytest.mark.parametrize(
    ("function", "type_code", "expected"),
    [
        ("13", "COR", DeclarationType.AMENDMENT),
        ("13", "INV", DeclarationType.CANCELLATION),
        ("13", "GPR", DeclarationType.PRESENTATION),
        ("1", "IMA", DeclarationType.CANCELLATION),
        ("5", "IMA", DeclarationType.AMENDMENT),
    ],
)
def test_what_is_about_an_earlier_declaration_is_told_apart_and_not_decided(
    function: str, type_code: str, expected: DeclarationType
) -> None:
    text = wco("<ID>24GB1</ID>", EXPORTER, function=function, type_code=type_code)
    (message,) = read(text.encode())
    assert message.type is expected
    assert message.changes == "24GB1"
    assert message.declaration is None
    assert [party.identifier for party in message.parties] == ["CNAEOCN3302462345"]
    (original,) = read(PLAIN.encode())
    assert original.declaration is not None


@pytest.mark.parametrize(
    ("requested", "flow"), [("10", Flow.EXPORT), ("40", Flow.IMPORT), ("31", Flow.EXPORT)]
)
def test_trade_with_special_territories_goes_the_way_its_procedure_says(
    requested: str, flow: Flow
) -> None:
    procedure = (
        f"<GovernmentProcedure><CurrentCode>{requested}</CurrentCode>"
        "<PreviousCode>00</PreviousCode></GovernmentProcedure>"
        "<GovernmentProcedure><CurrentCode>1CS</CurrentCode></GovernmentProcedure>"
    )
    (message,) = read(wco(EXPORTER, item=[procedure], type_code="COA").encode())
    assert message.declaration is not None
    assert message.declaration.type is flow
    assert message.declaration.procedures == (f"{requested}00",)
    unsaid = wco(EXPORTER, item=[procedure.replace(requested, "00", 1)], type_code="COA")
    assert "neither type nor procedures" in refusal(unsaid).text


def test_a_moment_without_a_zone_needs_one() -> None:
    when = (
        "<AcceptanceDateTime><DateTimeString formatCode='204'>{}</DateTimeString>"
        "</AcceptanceDateTime>"
    )
    text = wco(when.format("2025-03-26T11:22:00"), EXPORTER).encode()
    codes = shipped().party_codes
    assert codes is not None
    (message,) = decode_declarations(text, codes=codes, zone=ZoneInfo("Asia/Almaty"))
    assert message.declaration is not None
    assert str(message.declaration.accepted_at) == "2025-03-26 11:22:00+05:00"
    assert "names no time zone" in refusal(text).text
    assert "is a day without a time" in refusal(wco(when.format("2025-03-26"), EXPORTER)).text
    assert "is no moment" in refusal(wco(when.format("20253399112200+01"), EXPORTER)).text


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (PLAIN[:-20], "line 1, column", "not well-formed"),
        (f'<!DOCTYPE a [<!ENTITY b "c">]>{PLAIN}', None, "DOCTYPE"),
        ("\n\n<a/>", "line 3", "no declaration in it"),
        ("", "line 1, column 1", "not well-formed"),
        (PLAIN.replace("IMA", "XXA"), "line 1", "TypeCode 'XXA' is not known"),
        (PLAIN.replace(">9<", ">13<"), "line 1", "a request of type 'IMA' is not known"),
        (PLAIN.replace(">9<", ">77<"), "line 1", "FunctionCode '77' is not known"),
        (wco(), "line 1", "names no party"),
        (wco("\n<Agent><FunctionCode>2</FunctionCode></Agent>"), "line 1", "names no party"),
        (PLAIN.replace("REF 1", ""), "line 1", "reference"),
        (PLAIN.replace("CNAEOCN", "CN<b>AEO</b>CN"), "line 1", "holds 'b'"),
        (wco("\n\n", EXPORTER.replace("CN33", "3" * 600)), "line 3", "longer than 512"),
        (wco(ACTOR.format("A1", "C S")), "line 1", "code"),
        (
            wco("\n<Exporter><Name>A</Name><Address><CountryCode>CHN</CountryCode></Address>"
                "</Exporter>"),
            "line 2",
            "territory",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_its_line(
    text: str, line: str | None, said: str
) -> None:
    error = refusal(text)
    assert said in error.text
    assert line is None or (error.where or "").startswith(line)
    assert read(PLAIN.encode())


def test_what_is_refused_is_quoted_and_cut() -> None:
    error = refusal(PLAIN.replace("IMA", "\u202e\u0007"[:1] + "X" * 5000))
    assert len(error.text) < 200
    assert error.text.isprintable()


ASYCUDA = """<?xml version="1.0" encoding="windows-1251"?>
<ASYCUDA>
<Identification><Office_segment><Customs_clearance_office_code>ARIA</Customs_clearance_office_code>
</Office_segment><Type><Type_of_declaration>IM</Type_of_declaration></Type>
<Registration><Serial_number><null/></Serial_number><Number/><Date/></Registration></Identification>
<Traders><Exporter><Exporter_code>25617343</Exporter_code><Exporter_name>ТОО Степь
пр. Абая 1
Алматы</Exporter_name></Exporter>
<Consignee><Consignee_code><null/></Consignee_code><Consignee_name><null/></Consignee_name>
</Consignee></Traders>
<Declarant><Declarant_code>05204044</Declarant_code><Reference><Number>622967</Number></Reference>
</Declarant>
<General_information><Country><Export><Export_country_code>KZ</Export_country_code></Export>
<Destination><Destination_country_code>NA</Destination_country_code></Destination></Country>
</General_information>
<Transport><Means_of_transport><Border_information><Mode>3</Mode></Border_information>
</Means_of_transport></Transport>
<Item><Tarification><HScode><Commodity_code>34023910</Commodity_code></HScode>
<Extended_customs_procedure>4000</Extended_customs_procedure></Tarification></Item>
<Item><Tarification><HScode><Commodity_code>84.22.3000</Commodity_code></HScode>
<Extended_customs_procedure>4000</Extended_customs_procedure></Tarification></Item>
</ASYCUDA>"""


def test_a_form_of_asycuda_is_read_by_its_mapping() -> None:
    (message,) = read(ASYCUDA.encode("cp1251"))
    declaration = message.declaration
    assert declaration is not None
    assert declaration.reference == "05204044 622967"
    assert declaration.type is Flow.IMPORT
    assert declaration.accepted_at is None
    assert (declaration.office, declaration.mode) == ("ARIA", "3")
    assert declaration.procedures == ("4000",)
    assert declaration.chapters == ("34", "84")
    assert (declaration.dispatched_from, declaration.destined_to) == ("KZ", "NA")
    exporter, declarant = declaration.parties
    assert (exporter.role, exporter.identifier) == (PartyFunction.EXPORTER, "25617343")
    assert exporter.name == "ТОО Степь"
    assert exporter.address is not None
    assert exporter.address.lines == ("пр. Абая 1", "Алматы")
    assert (declarant.role, declarant.level) == (PartyFunction.DECLARANT, PartyLevel.HEADER)


@pytest.mark.parametrize("number", ["-1", "seven", "2147483648", "9" * 5000])
def test_a_number_of_an_item_that_is_none_is_refused(number: str) -> None:
    text = wco(item=[ACTOR.format("D4", "MF")])
    assert read(text.encode())
    assert refusal(text.replace(">7<", f">{number}<")).where


def test_a_registration_date_is_not_guessed() -> None:
    dated = ASYCUDA.replace("<Number/><Date/>", "<Number/><Date>3/4/2026</Date>")
    error = refusal(dated.encode("cp1251"))
    assert "'3/4/2026' is no moment" in error.text
    assert error.where == "line 5"


SAMPLE = (SAMPLES / "TT_EX022a_Declaration2_Step2.xml").read_bytes()


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_no_change_to_a_sample_makes_the_reader_stumble(data: st.DataObject) -> None:
    content = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 40))
        content[start : start + length] = data.draw(
            st.one_of(
                st.binary(max_size=12),
                st.sampled_from(
                    [b"<ID>", b"</ID>", b"<!--", b"-->", b"&#0;", b"&x;", b"<Exporter>", b"",
                     b"</Declaration>", b"\xff\xfe", b"<TypeCode>", b"]]>", b"13", b"<null/>"]
                ),
                st.just(bytes(content[start : start + 200])),
            )
        )  # fmt: skip
    refused: RequestRefused | None = None
    try:
        assert read(bytes(content))
    except RequestRefused as error:
        refused = error
    if refused is not None:
        assert refused.reason is Reason.DECLARATION_INVALID
        assert refused.text.isprintable()
        assert len(refused.text) < 500


@settings(max_examples=200, deadline=None)
@given(content=st.binary(max_size=200))
def test_no_bytes_make_the_reader_stumble(content: bytes) -> None:
    assert refusal(content).text

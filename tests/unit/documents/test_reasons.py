"""Every sentence a result can say has its Russian twin, and one that has none is marked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mra_gateway
from mra_gateway.documents import reasons
from mra_gateway.documents.reasons import local_day, retell, said_to_trader
from mra_gateway.documents.words import groups_of, words_of
from mra_gateway.errors import Reason
from mra_gateway.flows.examine_home import Level
from mra_gateway.identifiers import diagnose
from mra_gateway.identifiers.normalised import Folding
from mra_gateway.model.aliases import AliasKind, IdentifierSource
from mra_gateway.model.changes import NOT_LISTED, Status
from mra_gateway.model.declarations import Override
from mra_gateway.model.facts import Basis
from mra_gateway.model.measures import SuspensionReason
from mra_gateway.model.messages import Environment, ReceiptOutcome
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.recognition.rule import STEPS
from tests.support.simulation import shipped

PACKAGE = Path(mra_gateway.__file__).parent
SAYING = (
    "recognition/rule.py", "recognition/answer.py", "recognition/measures.py",
    "benefits/explain.py", "benefits/evaluate.py", "benefits/home.py",
    "flows/entitle.py", "flows/recognise.py", "flows/resolve.py", "flows/match_names.py",
    "flows/explain_identifier.py",
    "identifiers/diagnose.py", "identifiers/likeness.py", "identifiers/addresses.py",
    "identifiers/matching.py",
)  # fmt: skip
NO_SENTENCES = ("words", "mark", "trader")
DIAGNOSING = ("flows/diagnose.py", "flows/examine_home.py")
NOT_SAID = {"utf-8", "ok", "warn", "fail", "accepted", "signing", "behind", "us", "it"}
"""What stands in those modules besides, or is a word of a template."""
RAISING = {
    "settings.py": "SetupError", "trust/keys.py": "_unusable", "gateway.py": "SetupError",
    "store/failures.py": "StoreError", "store/database.py": "StoreError",
    "store/properties.py": "SetupError", "store/migrate.py": "SetupError",
    "transport/https.py": "PartnerUnreachable", "flows/deliver.py": "PartnerUnreachable",
    "flows/settle.py": "PartnerUnreachable", "flows/examine_home.py": "SetupError",
}  # fmt: skip
"""Whose errors the doctor meets, and how they are made."""
ENGLISH, RUSSIAN = reasons._groups("en"), reasons._groups("ru")
HOLE = re.compile(r"\{(\w+)\}")
SAMPLES = {
    "arrangement": "CN-BY-2019", "benefits": "a_one, b_two", "code": "BY", "detail": "no",
    "correction": "declare 1 or BY1", "covers": "CN-BY-2019 with BY, A-B-2020 with CN",
    "drift": "3.0 s behind the database server's", "environment": "test",
    "exception": "PermissionError", "lane": "parked",
    "extent": "all benefits; CN-BY-2019; everywhere", "outcome": "held", "place": "/a/b.toml:3",
    "problem": "KEY_UNUSABLE: cannot be read: no (/a b/c)", "property": "territory",
    "reason": "KEY_UNUSABLE", "rhythm": "every 5 min", "said": "no answer in time", "span": "3 s",
    "summary": "Confirm that the benefits of BY1 are suspended (all benefits; everywhere): (x)",
    "time": "09:00:00", "views": "7 operators, brought up to date 3 h ago; who was stopped since "
    "is left out at once, what was lifted shows with the next take", "zone": "Asia/Almaty",
    "capped": "rate 0.1 is capped to 0.2, which our own AEOs get",
    "condition": "asks for direct delivery, and this is none", "count": "3", "day": "2026-03-02",
    "field": "the field 'PC2'", "flow": "import", "flows": "import, transit",
    "foldings": "with spaces, other punctuation", "form": "BY-EAEU@1", "function": "carrier",
    "functions": "exporter, freight_forwarder", "moment": "2026-03-02 09:00 (Asia/Shanghai)",
    "obstacle": "our own AEOs are not known to get it", "overrides": "random_control",
    "parts": "differs: one; two / three; territory differs: BY, KZ / CN", "programme": "BY-AEO",
    "roles": "exporter, carrier", "row": "r1", "rule": "BY-EAEU@1",
    "says": "the word ТИП (type) is missing before the type", "scope": "TIER_OUT_OF_SCOPE",
    "status": "revoked", "stop": "it is stopped for a time: Order 5; until spring",
    "suspension": "other", "territories": "BY, KZ", "territory": "BY", "tin": "BY100000001",
    "to_declare": "declare the customs office", "what": "the name",
}  # fmt: skip


def templates() -> Iterator[tuple[str, str, str]]:
    for group, texts in ENGLISH.items():
        if group not in NO_SENTENCES:
            yield from ((group, key, text) for key, text in texts.items())


def said_in(module: str) -> Iterator[list[str]]:
    """Yields every text of a module, as what stands between its holes."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
    } - {id(node) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in told or id(node) in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            yield text_of(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield HOLE.sub("\0", node.value).split("\0")


def test_every_sentence_in_the_rules_own_code_has_a_template() -> None:
    known = [HOLE.sub("…", text) for _, _, text in templates()]
    known += [word for words in ENGLISH["words"].values() for word in words.values()]
    known += groups_of("recognition", "en").values()
    ordered = {
        module: [
            parts
            for parts in said_in(module)
            if re.search(r"[a-z] [a-z]", " ".join(filter(None, parts)))
        ]
        for module in SAYING
    }
    assert sum(map(len, ordered.values())) > 100, "the texts are found"
    lost = [
        (module, parts)
        for module, of_module in ordered.items()
        for parts in of_module
        if not any(re.search(".*".join(map(re.escape, parts)), text, re.DOTALL) for text in known)
    ]
    assert lost == []


def fits(parts: list[str], known: list[str]) -> bool:
    """Says whether a template has a text: whole, or of several words as a piece of it."""
    pattern = re.compile(".*".join(map(re.escape, parts)), re.DOTALL)
    is_piece = " " in "".join(parts).strip()
    return any(pattern.fullmatch(text) or (is_piece and pattern.search(text)) for text in known)


def test_every_sentence_of_the_doctor_has_a_template() -> None:
    groups = ("check", "found", "advice", "span", "rhythm", "views", "cover", "said", "drift")
    known = [HOLE.sub("…", text) for group in groups for text in ENGLISH[group].values()]
    said = [
        (module, parts)
        for module in DIAGNOSING
        for parts in said_in(module)
        if re.search("[a-z]{2}", " ".join(parts)) and not set(parts) <= NOT_SAID
    ]
    assert len(said) > 80, "the texts are found"
    assert [parts for _, parts in said if not fits(parts, known)] == []


def test_every_error_the_doctor_meets_on_its_way_has_a_template() -> None:
    known = [HOLE.sub("…", text) for text in ENGLISH["said"].values()]
    raised = [
        (module, parts)
        for module, name in RAISING.items()
        for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == name
        for parts in [text_of(node.args[0])]
        if re.search("[a-z]{2}", " ".join(parts))
    ]
    assert len(raised) > 20, "the errors are found"
    assert [one for one in raised if not fits(one[1], known)] == []


def text_of(node: ast.expr) -> list[str]:
    """Returns what stands between the holes of a text."""
    if isinstance(node, ast.JoinedStr):
        return [str(one.value) if isinstance(one, ast.Constant) else "" for one in node.values]
    return [str(node.value)] if isinstance(node, ast.Constant) else [""]


@pytest.mark.parametrize("group", [name for name in ENGLISH if name not in NO_SENTENCES])
def test_every_template_is_recognised_as_itself_and_said_in_russian(group: str) -> None:
    for key, text in ENGLISH[group].items():
        filled = HOLE.sub(lambda hole: SAMPLES.get(re.sub(r"_\d$", "", hole[1]), "Ω 1"), text)
        retold = retell(filled, group=group, language="ru")
        assert retold.is_told, (key, retold)
        assert retold.key == key
        assert "{" not in retold.text
        as_stored = retell(filled, group=group, language="en")
        # what is all filled in may be several things, which only the other language tells apart
        assert as_stored == (filled, key if HOLE.sub("", text) else as_stored.key, True)


def test_both_languages_have_the_same_texts_with_the_same_holes() -> None:
    assert list(ENGLISH) == list(RUSSIAN)
    for group in ENGLISH:
        assert list(ENGLISH[group]) == list(RUSSIAN[group])
    for group, key, text in templates():
        assert sorted(HOLE.findall(text)) == sorted(HOLE.findall(RUSSIAN[group][key]))
    for name in ("recognition", "terminal"):
        english, russian = groups_of(name, "en"), groups_of(name, "ru")
        assert list(english) == list(russian)
        for key, text in english.items():
            assert sorted(HOLE.findall(text)) == sorted(HOLE.findall(russian[key])), key


def test_the_steps_are_called_in_english_as_they_are_stored() -> None:
    words = groups_of("recognition", "en")
    assert tuple(words[f"step_{number}"] for number in range(1, 8)) == STEPS


def test_every_word_that_is_filled_in_is_known() -> None:
    words = {kind: set(stored.values()) for kind, stored in ENGLISH["words"].items()}
    assert words["status"] == {*Status, NOT_LISTED}
    assert words["override"] == {*Override}
    assert words["suspension"] == {*SuspensionReason}
    assert words["folding"] == {diagnose._describe([one]) for one in Folding}
    assert words["what"] == {*diagnose._SOURCES.values(), "another number of the operator"}
    assert all(hasattr(Reason, code) for code in words["scope"])
    assert words["environment"] == {*Environment}
    assert words["outcome"] == {*ReceiptOutcome} - {ReceiptOutcome.ACCEPTED}
    assert groups_of("codes", "ru").keys() == {*map(str, Reason), *map(str, RecognitionReason)}


def test_every_word_commands_print_beside_is_known() -> None:
    said = groups_of("terminal", "en").keys()
    compared = {
        f"part_{what.replace(' ', '_')}"
        for module in SAYING
        for what in re.findall(r'Part\(\s*"(.+?)"', (PACKAGE / module).read_text(encoding="utf-8"))
    }
    assert len(compared) == 8
    assert said >= compared
    assert said >= {f"kind_{one}" for one in AliasKind} | {f"basis_{one}" for one in Basis}
    assert said >= {f"identifier_{one}" for one in IdentifierSource}
    assert said >= {f"level_{one}" for one in Level}
    named = words_of("reasons", "ru").territories
    assert shipped().administrations.keys() <= named.keys()
    assert set(ENGLISH["trader"]) >= {
        RecognitionReason.OVERRIDDEN, RecognitionReason.TARGETED_ALERT,
        RecognitionReason.RANDOM_CONTROL, RecognitionReason.BENEFITS_SUSPENDED,
    }  # fmt: skip


def test_what_the_shipped_rules_say_of_wrong_forms_is_said_in_russian() -> None:
    said = {
        wrong.says
        for territory in shipped().identification.values()
        for fact in territory.rules
        if fact.value is not None
        for wrong in fact.value.wrong_forms
    }
    assert len(said) > 15
    assert {text for text in said if not retell(text, group="says", language="ru").is_told} == set()


def test_what_no_template_knows_stays_as_it_is_and_is_marked() -> None:
    unknown = retell("the moon was full", group="step", language="ru")
    assert unknown == ("[без перевода] the moon was full", None, False)
    of_a_home = retell("ours; write X1", group="correction", language="ru")
    assert (of_a_home.text, of_a_home.is_told) == ("[без перевода] ours; укажите: X1", False)
    told = retell("CN-BY-2019 is in force on 2026-03-02", group="step", language="ru")
    assert told.text == "CN-BY-2019: договорённость действует на 02.03.2026"
    assert local_day("2026-03-02", language="en") == "2026-03-02"


def test_the_trader_is_not_told_what_stands_behind_a_control() -> None:
    for reason in ("TARGETED_ALERT", "RANDOM_CONTROL", "OVERRIDDEN"):
        said = said_to_trader(
            "whatever an earlier version said",
            group="benefit",
            reason=RecognitionReason(reason),
            languages=("en", "ru"),
        )
        assert said == (ENGLISH["trader"]["OVERRIDDEN"], RUSSIAN["trader"]["OVERRIDDEN"])

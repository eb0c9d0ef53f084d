"""Every sentence a result can say has its Russian twin, and one that has none is marked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import mra_gateway
from mra_gateway.documents.reasons import local_day, retell, said_to_trader
from mra_gateway.documents.words import groups_of
from mra_gateway.errors import Reason
from mra_gateway.identifiers import diagnose
from mra_gateway.identifiers.normalised import Folding
from mra_gateway.model.changes import NOT_LISTED, Status
from mra_gateway.model.declarations import Override
from mra_gateway.model.measures import SuspensionReason
from mra_gateway.model.recognition import RecognitionReason
from mra_gateway.recognition.rule import STEPS
from tests.support.simulation import shipped

PACKAGE = Path(mra_gateway.__file__).parent
SAYING = (
    "recognition/rule.py", "recognition/answer.py", "recognition/measures.py",
    "benefits/explain.py", "benefits/evaluate.py", "benefits/home.py",
    "flows/entitle.py", "flows/recognise.py", "flows/resolve.py", "flows/match_names.py",
    "identifiers/diagnose.py", "identifiers/likeness.py", "identifiers/addresses.py",
    "identifiers/matching.py",
)  # fmt: skip
NO_SENTENCES = ("words", "mark", "trader")
ONLY_EXPLAINED = (
    "no letter or digit is declared", "this is no form of identifier known here",
    " takes no code for operators of ", "the operator is known, but not the form in which ",
    "the operator is known, but ", "this form stands for ", "this is the form that ",
    "this form is valid ", "this has the form of ", "this has the form declared in ",
    " of an operator of ",
)  # fmt: skip
"""What `identifiers explain` says besides; it is no advice, and no result holds it."""
ENGLISH, RUSSIAN = groups_of("reasons", "en"), groups_of("reasons", "ru")
HOLE = re.compile(r"\{(\w+)\}")
SAMPLES = {
    "arrangement": "CN-BY-2019", "capped": "rate 0.1 is capped to 0.2, which our own AEOs get",
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
            yield [str(one.value) for one in node.values if isinstance(one, ast.Constant)]
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
            if re.search(r"[a-z] [a-z]", " ".join(parts))
            and not any(parts[0].startswith(one) or one in parts for one in ONLY_EXPLAINED)
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


@pytest.mark.parametrize("group", [name for name in ENGLISH if name not in NO_SENTENCES])
def test_every_template_is_recognised_as_itself_and_said_in_russian(group: str) -> None:
    for key, text in ENGLISH[group].items():
        filled = HOLE.sub(lambda hole: SAMPLES.get(re.sub(r"_\d$", "", hole[1]), "Ω 1"), text)
        retold = retell(filled, group=group, language="ru")
        assert retold.is_told, (key, retold)
        assert retold.key == key
        assert "{" not in retold.text
        assert retell(filled, group=group, language="en") == (filled, key, True)


def test_both_languages_have_the_same_texts_with_the_same_holes() -> None:
    assert list(ENGLISH) == list(RUSSIAN)
    for group in ENGLISH:
        assert list(ENGLISH[group]) == list(RUSSIAN[group])
    for group, key, text in templates():
        assert sorted(HOLE.findall(text)) == sorted(HOLE.findall(RUSSIAN[group][key]))
    for name in ("recognition", "reasons"):
        assert list(groups_of(name, "en")) == list(groups_of(name, "ru"))
    english, russian = groups_of("recognition", "en"), groups_of("recognition", "ru")
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

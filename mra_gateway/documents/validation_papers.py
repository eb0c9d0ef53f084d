"""Joint validations on paper: the plan with its checklist, and the report of what was seen."""

from __future__ import annotations

from mra_gateway.documents.comparison_parts import front, item_label, row_finding
from mra_gateway.documents.held import NOTHING_HELD, Held, for_reader
from mra_gateway.documents.page import (
    Block,
    Bullets,
    Cell,
    Column,
    Facts,
    Heading,
    Line,
    Page,
    Paragraph,
    Said,
    SignatureLines,
    Table,
)
from mra_gateway.documents.speaking import Printing, Speaker
from mra_gateway.documents.tones import PRACTICE
from mra_gateway.model.comparison import Comparison, Row
from mra_gateway.model.joint_validation import Firm, Seen, Visit
from mra_gateway.model.requirements import Item, Method, RequirementCatalogue


def compose_validation_plan(
    comparison: Comparison,
    *,
    printing: Printing,
    catalogue: RequirementCatalogue | None = None,
    held: Held = NOTHING_HELD,
) -> Page:
    """Returns the plan of joint validations: rules, visits, checklist.

    Args:
        comparison: Its rows are what is looked at.
        printing: Languages, readers, date, letterhead.
        catalogue: Says which items need a visit; without it every item is on the checklist.
        held: Visits that are planned.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    speaker = Speaker(printing)
    shown = for_reader(held, printing)
    rules = tuple(speaker.say(f"plan_rule_{number}") for number in range(1, 7))
    blocks: list[Block] = [
        Heading(speaker.say("plan_rules"), 2),
        Bullets(rules, is_numbered=True),
        Heading(speaker.say("plan_visits"), 2),
        _visits(comparison, speaker, shown),
        Heading(speaker.say("checklist"), 2),
        Paragraph(speaker.say("checklist_lead")),
        _checklist(comparison, speaker, catalogue),
    ]
    page = front("validation_plan", comparison, speaker, blocks=tuple(blocks))
    return page._replace(is_wide=True)


def compose_validation_report(
    comparison: Comparison, *, printing: Printing, held: Held = NOTHING_HELD
) -> Page:
    """Returns the report of joint validations: each visit with its record, findings, follow-up.

    Args:
        comparison: Names the rows.
        printing: Languages, readers, date, letterhead.
        held: The visits; what is internal in them stays out of what is for the partner.

    Raises:
        RequestRefused: It is for the partner and the comparison is internal.
    """
    speaker = Speaker(printing)
    shown = for_reader(held, printing)
    rows = {row.item: row for row in comparison.rows}
    blocks: list[Block] = []
    for visit in shown.visits:
        blocks += _report(visit, comparison, rows, speaker, shown)
    if not shown.visits:
        blocks.append(Paragraph(speaker.say("no_visits")))
    sides = (speaker.side(comparison.ours), speaker.side(comparison.theirs))
    labels = tuple(speaker.say(f"sign_{what}") for what in ("name", "office", "place", "signature"))
    blocks.append(SignatureLines(sides, labels))
    page = front("validation_report", comparison, speaker, blocks=tuple(blocks))
    return page._replace(is_wide=True)


def _visits(comparison: Comparison, speaker: Speaker, held: Held) -> Table:
    say = speaker.say
    columns = tuple(
        Column(say(f"visit_{what}"), width, is_told=False)
        for what, width in (
            ("number", 0.6),
            ("days", 1.4),
            ("host", 1.4),
            ("place", 1.4),
            ("firms", 2.8),
            ("observers", 2.2),
            ("languages", 1.0),
        )
    )
    lines = [_visit_line(visit, comparison, speaker) for visit in held.visits]
    if not lines:
        # two visits to each side is the least seen in practice: four lines to fill in
        hosts = (comparison.ours, comparison.theirs) * 2
        lines = [
            Line(
                (
                    Cell(((f"V{number}",),)),
                    Cell(),
                    Cell((_neutral(speaker.territory(host.territory)),)),
                    *(Cell() for _ in range(4)),
                )
            )
            for number, host in enumerate(hosts, 1)
        ]
    return Table(say("plan_visits"), "Visits", columns, tuple(lines))


def _neutral(said: Said) -> Said:
    return (" / ".join(dict.fromkeys(said)),)


def _visit_line(visit: Visit, comparison: Comparison, speaker: Speaker) -> Line:
    host = comparison.ours if visit.host == "ours" else comparison.theirs
    return Line(
        (
            Cell(((visit.key,),)),
            Cell(((f"{visit.from_on} – {visit.until_on}",),)),
            Cell((_neutral(speaker.territory(host.territory)),)),
            Cell(((visit.place,),)),
            Cell(tuple(_neutral(_firm(firm, speaker)) for firm in visit.firms)),
            Cell(tuple((observer.name,) for observer in visit.observers)),
            Cell(((", ".join(visit.languages),),) if visit.languages else ()),
        )
    )


def _firm(firm: Firm, speaker: Speaker) -> Said:
    parts: list[Said] = [(firm.name,)]
    if firm.role is not None:
        parts.append(speaker.say(f"role_{firm.role.value}"))
    if firm.tier is not None:
        parts.append((firm.tier,))
    if firm.size is not None:
        parts.append(speaker.say(f"size_{firm.size.value}"))
    if firm.is_authorised is not None:
        parts.append(speaker.say("already_aeo" if firm.is_authorised else "applicant"))
    return speaker.joined(parts)


def _checklist(
    comparison: Comparison, speaker: Speaker, catalogue: RequirementCatalogue | None
) -> Table:
    say = speaker.say
    items = (
        {fact.value.id: fact.value for fact in catalogue.items if fact.value} if catalogue else {}
    )
    columns = (
        Column(say("column_number"), 0.8, is_told=False),
        Column(say("column_requirement"), 3.0),
        Column(say("column_finding"), 1.8),
        Column(say("column_methods"), 1.4),
        Column(say("column_seen"), 2.4, is_told=False),
        Column(say("column_result"), 1.4, is_told=False),
    )
    lines = tuple(
        Line(
            (
                item_label(row),
                Cell((speaker.phrase(row.requirement),)),
                row_finding(row, comparison, speaker),
                Cell((_methods(row, items.get(row.item), speaker),)),
                Cell(),
                Cell(),
            ),
            group=row.category,
            finding=row.finding.value,
        )
        for row in comparison.rows
        if not items or _needs_visit(row, items.get(row.item))
    )
    return Table(say("checklist"), "Checklist", columns, lines)


def _assessed_by(row: Row, item: Item | None) -> tuple[Method, ...]:
    of_programmes = (m for each in (*row.ours, *row.theirs) for m in each.cell.methods)
    return tuple(dict.fromkeys((*(item.assessed_by if item else ()), *of_programmes)))


def _needs_visit(row: Row, item: Item | None) -> bool:
    return bool({Method.SITE, Method.REMOTE} & set(_assessed_by(row, item)))


def _methods(row: Row, item: Item | None, speaker: Speaker) -> Said:
    methods = _assessed_by(row, item)
    if not methods:
        return speaker.say("to_be_agreed")
    return speaker.joined(speaker.say(f"method_{method.value}") for method in methods)


def _report(
    visit: Visit,
    comparison: Comparison,
    rows: dict[str, Row],
    speaker: Speaker,
    held: Held,
) -> list[Block]:
    say = speaker.say
    host = comparison.ours if visit.host == "ours" else comparison.theirs
    listed = tuple(_firm(firm, speaker) for firm in visit.firms)
    observers = tuple(
        (", ".join(part for part in (observer.name, observer.organisation) if part),)
        for observer in visit.observers
    )
    methods = speaker.joined(say(f"method_{method.value}") for method in visit.methods)
    record = (
        (say("visit_days"), (Cell(((f"{visit.from_on} – {visit.until_on}",),)),)),
        (say("visit_place"), (Cell(((visit.place,),)),)),
        (say("visit_host"), (Cell((speaker.territory(host.territory),)),)),
        (say("visit_firms"), (Cell(listed),)),
        (say("visit_observers"), (Cell(observers),)),
        (say("visit_languages"), (Cell(((", ".join(visit.languages),),)),)),
        (say("visit_methods"), (Cell((methods,)),)),
    )
    blocks: list[Block] = [
        Heading(say("visit_heading", number=visit.key), 2),
        Facts((), record),
        _findings(visit, rows, speaker),
    ]
    if visit.report is not None:
        blocks += [Heading(say("visit_conclusion"), 3), Paragraph((visit.report,))]
    follow_up = tuple(
        say("action", text=each.text, owner=each.owner, day=each.due_on.isoformat())
        for each in held.actions
        if each.visit == visit.key
    )
    if follow_up:
        blocks += [Heading(say("follow_up"), 3), Bullets(follow_up)]
    return blocks


def _findings(visit: Visit, rows: dict[str, Row], speaker: Speaker) -> Table:
    say = speaker.say
    columns = (
        Column(say("column_number"), 0.8, is_told=False),
        Column(say("column_requirement"), 2.4),
        Column(say("column_firm"), 1.6, is_told=False),
        Column(say("column_method"), 1.0),
        Column(say("column_seen"), 2.6, is_told=False),
        Column(say("column_result"), 1.6),
        Column(say("column_opinions"), 2.4),
    )
    lines = tuple(_finding(seen, rows, speaker) for seen in visit.findings)
    return Table(say("visit_findings", number=visit.key), f"Visit {visit.key}"[:28], columns, lines)


def _finding(seen: Seen, rows: dict[str, Row], speaker: Speaker) -> Line:
    say = speaker.say
    row = rows.get(seen.item)
    opinions: list[Said] = []
    if seen.conclusion is not None:
        opinions.append(say("validator_concludes", text=seen.conclusion))
    if seen.opinion is not None:
        opinions.append(say("observer_thinks", text=seen.opinion))
    return Line(
        (
            Cell(((seen.item,),)),
            Cell((speaker.phrase(row.requirement),)) if row else Cell(),
            Cell(((seen.firm,),)),
            Cell((say(f"method_{seen.method.value}"),)),
            Cell(((seen.text,),)),
            Cell((say(f"practice_{seen.result.value}"),), tone=PRACTICE[seen.result]),
            Cell(tuple(opinions)),
        )
    )

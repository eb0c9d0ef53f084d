"""What `identifiers explain` prints for a person, in English or Russian.

Notes and sources are facts somebody read, in the words they were written down in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mra_gateway.cli import show
from mra_gateway.cli.spoken import Spoken

if TYPE_CHECKING:
    from mra_gateway.flows.explain_identifier import Advice, Explanation

_SHOWN = 120
"""Characters of an identifier that are shown: nobody reads more of one."""


class IdentifiersText(Spoken):
    """Prints what an identifier is, and how it has to be written."""

    def explanation(self, found: Explanation) -> None:
        """Prints everything that can be said about an identifier."""
        shown = found.text if len(found.text) <= _SHOWN else f"{found.text[:_SHOWN]}…"
        territory = self.territory(found.declared_in, found.declared_in_name)
        show.line(self.say("explained", text=repr(shown), territory=territory))
        show.line()
        for origin in found.origins:
            show.line(
                self.say(
                    "origin",
                    identifier=self.say(f"identifier_{origin.identifier}"),
                    territory=self.territory(origin.issuer, origin.name),
                )
            )
        if not found.origins:
            show.line(self.say("no_origin"))
        if found.check_digits is not None and found.check_digits.valid is not None:
            key = "digits_right" if found.check_digits.valid else "digits_wrong"
            show.line(self.say(key, number=found.check_digits.number))
        for says in dict.fromkeys(finding.says for finding in found.findings):
            show.line(self.told(says, "explained"))
        for advice in found.advice:
            show.line()
            self._advice(advice)

    def _advice(self, advice: Advice) -> None:
        rule, form = advice.rule, advice.form
        show.pairs(
            {
                self.say("operators_of"): self.territory(advice.issuer, advice.issuer),
                self.say("rule"): self.say(
                    "rule_of",
                    id=rule.id,
                    version=str(rule.version),
                    kind=self.say(f"kind_{rule.kind}"),
                ),
                self.say("write"): form.text if form is not None else self._why_not(advice),
                self.say("into"): _fields(advice),
                self.say("lossy"): self.say("lossy_yes" if rule.lossy else "lossy_no"),
                self.say("note"): self.as_stated(rule.note or ""),
                self.say("source"): advice.source,
                self.say("basis"): self.say(
                    "basis_on",
                    basis=self.say(f"basis_{advice.basis}"),
                    day=self.day(advice.as_of),
                ),
            }
        )

    def _why_not(self, advice: Advice) -> str:
        rule = advice.rule
        if rule.source_identifier is None:
            return self.say("not_known")
        if rule.partner_identifier is not None:
            return self.say("other_code", code=rule.partner_identifier)
        identifier = self.say(f"identifier_{rule.source_identifier}")
        return self.say("other_number", identifier=identifier)


def _fields(advice: Advice) -> str:
    if advice.form is None:
        return "; ".join(field.name for field in advice.rule.fields)
    whole = advice.form.text
    return "; ".join(
        name if text == whole else f"{name}: {text}" for name, text in advice.form.fields
    )

"""Says under which numbers a partner's operator may be declared here, and which of them are sure.

As recognition reads them: a number is sure only where recognition, asked for it alone, would find
this authorisation and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from mra_gateway.flows.state import OWN, State
from mra_gateway.identifiers.normalised import normalised
from mra_gateway.model.extract import DeclarableNumber, LocalCode, NumberUse
from mra_gateway.model.measures import Correspondence
from mra_gateway.model.operators import Address, OperatorRecord
from mra_gateway.recognition.index import HoldingKey, Reading
from mra_gateway.recognition.rule import Cover, narrow


class Numbers:
    """The numbers of operators by one state."""

    def __init__(
        self,
        state: State,
        *,
        at: datetime,
        on: date,
        cover_of: Callable[[HoldingKey], Cover | None],
        codes: Mapping[tuple[str, str], Sequence[Correspondence]],
    ) -> None:
        """Takes what numbers are read by.

        Args:
            state: What is known.
            at: The moment.
            on: Our legal day of it.
            cover_of: The arrangement and partner of an authorisation.
            codes: The codes officers or partners confirmed, by partner and TIN.
        """
        self._state = state
        self._at = at
        self._on = on
        self._cover_of = cover_of
        self._codes = codes
        self._meant: dict[str, set[str]] = {}
        for some in codes.values():
            for one in some:
                self._meant.setdefault(normalised(one.text), set()).add(one.tin)

    def of(
        self, key: HoldingKey, record: OperatorRecord
    ) -> tuple[tuple[DeclarableNumber, ...], tuple[LocalCode, ...]]:
        """Returns the numbers an authorisation may be declared under, and our codes for it.

        Args:
            key: The authorisation.
            record: Its record.
        """
        written: dict[str, DeclarableNumber] = {}
        aliases = self._state.book.aliases
        for form in aliases.written_forms(record, on=self._on):
            if not form.keys or form.arrangement not in {None, key.arrangement}:
                continue
            rule = f"{form.rule}@{form.version}"
            use = self._use(form.text, key, lossy=form.lossy)
            number = DeclarableNumber(text=form.text, rule=rule, use=use, fields=dict(form.fields))
            written.setdefault(form.keys[0], number)
            for spelling in form.keys[1:]:
                written.setdefault(spelling, number)
        for text, rule in ((key.authorisation, "authorisation number"), (key.tin, "TIN")):
            if normalised(text) not in written:
                use = self._use(text, key, lossy=False)
                written[normalised(text)] = DeclarableNumber(text=text, rule=rule, use=use)
        # one that is found under several spellings stands there once
        numbers = {(one.text, one.rule): one for one in written.values()}
        return tuple(numbers.values()), tuple(self._local(key, record))

    def _local(self, key: HoldingKey, record: OperatorRecord) -> Iterable[LocalCode]:
        for one in record.partner_identifiers:
            yield LocalCode(
                code=one.value,
                list=one.kind,
                told_by=key.issuer,
                use=self._use_of_told(one.value, key),
                site=None if one.site is None else in_words(one.site),
            )
        for known in self._codes.get((key.issuer, key.tin), ()):
            yield LocalCode(
                code=known.text,
                list=known.list,
                told_by=known.confirmed_by,
                use=self._use_of_confirmed(known, key),
                site=known.site,
            )

    def _use(self, text: str, key: HoldingKey, *, lossy: bool) -> NumberUse:
        named = self._named(self._readings(text), text)
        if named != {key[2:]}:
            return NumberUse.AMBIGUOUS
        return NumberUse.LOSSY if lossy else NumberUse.SURE

    def _use_of_told(self, text: str, key: HoldingKey) -> NumberUse:
        """A code a partner told is read only where one of our rules says that it is declared."""
        readings = [one for one in self._readings(text) if not one.form.lossy]
        if not readings:
            return NumberUse.LOSSY
        sure = self._named(readings, text) == {key[2:]}
        return NumberUse.SURE if sure else NumberUse.AMBIGUOUS

    def _use_of_confirmed(self, known: Correspondence, key: HoldingKey) -> NumberUse:
        readings = self._readings(known.text)
        settled = all(one.form.lossy for one in readings)
        if settled:
            tins = {known.tin, *(one.holding.key.tin for one in readings)}
            if tins | self._meant[normalised(known.text)] != {known.tin}:
                return NumberUse.AMBIGUOUS
            readings = [
                one
                for one in self._readings(known.tin)
                if one.holding.key.issuer == known.partner and one.holding.key.tin == known.tin
            ]
        sure = self._named(readings, known.text) == {key[2:]}
        return NumberUse.SURE if sure else NumberUse.AMBIGUOUS

    def _readings(self, text: str) -> list[Reading]:
        found = self._state.index.find(normalised(text))
        return [one for one in found if one.holding.key.arrangement != OWN]

    def _named(self, readings: list[Reading], text: str) -> set[tuple[str, ...]]:
        exact = [one for one in readings if one.holding.key.authorisation == text] or readings
        found = narrow(exact, at=self._at, cover_of=self._cover_of)
        return {one.key[2:] for one in found}


def in_words(site: Address) -> str:
    """Returns an address on one line."""
    parts = (*site.lines, site.city, site.postcode, site.territory)
    return ", ".join(part for part in parts if part)

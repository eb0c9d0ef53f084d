"""What can go wrong, named once.

Here live the reason codes (one append-only enum: a code is never reworded and never reused) and the
error tree, ordered by *who must act*. What an error leads to is decided elsewhere, once each:
the receipt in `flows/receive.py`, the HTTP status in `web/problems.py`, the retry in
`flows/deliver.py`, the exit code in `cli/`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mra_gateway.model.trust import Verdict


class Reason(StrEnum):
    """Reason codes, as they stand in receipts, problem documents, verdicts, logs and metrics."""

    # nothing wrong
    OK = "OK"

    # the bytes are not an acceptable XML document (wire/xml.py)
    TOO_LARGE = "TOO_LARGE"
    NOT_WELL_FORMED = "NOT_WELL_FORMED"
    TOO_DEEP = "TOO_DEEP"
    ENCODING_NOT_UTF8 = "ENCODING_NOT_UTF8"
    BYTE_ORDER_MARK = "BYTE_ORDER_MARK"
    DOCTYPE_PRESENT = "DOCTYPE_PRESENT"
    COMMENT_PRESENT = "COMMENT_PRESENT"
    PROCESSING_INSTRUCTION_PRESENT = "PROCESSING_INSTRUCTION_PRESENT"
    XINCLUDE_PRESENT = "XINCLUDE_PRESENT"
    TEXT_NOT_NFC = "TEXT_NOT_NFC"

    # it is XML, but not a message of ours (wire/)
    UNKNOWN_ROOT = "UNKNOWN_ROOT"
    SCHEMA_VERSION_UNKNOWN = "SCHEMA_VERSION_UNKNOWN"
    SCHEMA_VIOLATION = "SCHEMA_VIOLATION"
    VALUE_NOT_ALLOWED = "VALUE_NOT_ALLOWED"

    # the shape of the signature (trust/shape.py)
    SIGNATURE_MISSING = "SIGNATURE_MISSING"
    SIGNATURE_MORE_THAN_ONE = "SIGNATURE_MORE_THAN_ONE"
    SIGNATURE_MISPLACED = "SIGNATURE_MISPLACED"
    SIGNATURE_CONTENT = "SIGNATURE_CONTENT"
    ID_OUTSIDE_SIGNATURE = "ID_OUTSIDE_SIGNATURE"
    ID_NOT_UNIQUE = "ID_NOT_UNIQUE"
    XML_ATTRIBUTE_ON_ROOT = "XML_ATTRIBUTE_ON_ROOT"
    NAMESPACE_RELATIVE = "NAMESPACE_RELATIVE"
    REFERENCE_NOT_ALLOWED = "REFERENCE_NOT_ALLOWED"
    TRANSFORM_NOT_ALLOWED = "TRANSFORM_NOT_ALLOWED"
    ALGORITHM_NOT_ALLOWED = "ALGORITHM_NOT_ALLOWED"
    UNSIGNED_PROPERTIES_PRESENT = "UNSIGNED_PROPERTIES_PRESENT"
    KEY_INFO_NOT_ALLOWED = "KEY_INFO_NOT_ALLOWED"
    SIGNED_PROPERTIES_NOT_ALLOWED = "SIGNED_PROPERTIES_NOT_ALLOWED"

    # the cryptographic checks; see trust/profile.py
    DIGEST_MISMATCH = "DIGEST_MISMATCH"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    SIGNED_DATA_DIFFERS = "SIGNED_DATA_DIFFERS"
    SIGNING_CERTIFICATE_DIFFERS = "SIGNING_CERTIFICATE_DIFFERS"

    # the certificate (trust/chain.py)
    CERTIFICATE_UNREADABLE = "CERTIFICATE_UNREADABLE"
    CERTIFICATE_UNTRUSTED = "CERTIFICATE_UNTRUSTED"
    CERTIFICATE_EXPIRED = "CERTIFICATE_EXPIRED"
    CERTIFICATE_NOT_YET_VALID = "CERTIFICATE_NOT_YET_VALID"
    CERTIFICATE_KEY_USAGE = "CERTIFICATE_KEY_USAGE"
    CERTIFICATE_KEY_WEAK = "CERTIFICATE_KEY_WEAK"
    CERTIFICATE_REVOKED = "CERTIFICATE_REVOKED"
    REVOCATION_NOT_CHECKED = "REVOCATION_NOT_CHECKED"

    # may this signer speak for this partner, here and now (trust/policy.py)
    SENDER_UNKNOWN = "SENDER_UNKNOWN"
    PARTNER_NOT_PINNED = "PARTNER_NOT_PINNED"
    SIGNER_OF_OTHER_PARTNER = "SIGNER_OF_OTHER_PARTNER"
    TLS_PEER_UNKNOWN = "TLS_PEER_UNKNOWN"
    TLS_PEER_OF_OTHER_PARTNER = "TLS_PEER_OF_OTHER_PARTNER"
    RECIPIENT_NOT_US = "RECIPIENT_NOT_US"
    ENVIRONMENT_MISMATCH = "ENVIRONMENT_MISMATCH"
    CREATED_IN_FUTURE = "CREATED_IN_FUTURE"
    SIGNED_BEFORE_CERTIFICATE = "SIGNED_BEFORE_CERTIFICATE"

    # the message is genuine; may it have an effect (flows/receive.py)
    ARRANGEMENT_UNKNOWN = "ARRANGEMENT_UNKNOWN"
    ARRANGEMENT_NOT_CONFIRMED = "ARRANGEMENT_NOT_CONFIRMED"
    ARRANGEMENT_NOT_IN_FORCE = "ARRANGEMENT_NOT_IN_FORCE"
    NOT_A_PARTY = "NOT_A_PARTY"
    KIND_NOT_ACCEPTED = "KIND_NOT_ACCEPTED"
    EPOCH_NOT_CURRENT = "EPOCH_NOT_CURRENT"
    SEQUENCE_GAP = "SEQUENCE_GAP"
    SEQUENCE_ALREADY_USED = "SEQUENCE_ALREADY_USED"
    MESSAGE_ID_CONFLICT = "MESSAGE_ID_CONFLICT"
    SUPERSEDED = "SUPERSEDED"
    LIST_PART_MISSING = "LIST_PART_MISSING"
    LIST_INTERLEAVED = "LIST_INTERLEAVED"
    LIST_INCONSISTENT = "LIST_INCONSISTENT"
    LIST_STAGED = "LIST_STAGED"
    MASS_CHANGE_HELD = "MASS_CHANGE_HELD"
    VOID_TOO_LATE = "VOID_TOO_LATE"
    ANSWER_NOT_ASKED_FOR = "ANSWER_NOT_ASKED_FOR"
    PROFILE_NOT_OF_SENDER = "PROFILE_NOT_OF_SENDER"
    PROFILE_INCONSISTENT = "PROFILE_INCONSISTENT"
    PROFILE_VERSION_OLDER = "PROFILE_VERSION_OLDER"
    PROFILE_VERSION_CONFLICT = "PROFILE_VERSION_CONFLICT"

    # one record of a message
    OPERATOR_OF_THIRD_TERRITORY = "OPERATOR_OF_THIRD_TERRITORY"
    PROGRAMME_OUT_OF_SCOPE = "PROGRAMME_OUT_OF_SCOPE"
    TIER_OUT_OF_SCOPE = "TIER_OUT_OF_SCOPE"
    STATUS_TRANSITION_NOT_ALLOWED = "STATUS_TRANSITION_NOT_ALLOWED"
    ORIGINAL_CHANGE_UNKNOWN = "ORIGINAL_CHANGE_UNKNOWN"
    RECORD_DOUBLED = "RECORD_DOUBLED"
    OPERATOR_NOT_OURS = "OPERATOR_NOT_OURS"
    NOTICE_UNKNOWN = "NOTICE_UNKNOWN"
    NOTICE_ENDED = "NOTICE_ENDED"
    DATA_ELEMENT_NOT_AGREED = "DATA_ELEMENT_NOT_AGREED"

    # a partner could not be reached, or answered with something else than a receipt
    PARTNER_UNREACHABLE = "PARTNER_UNREACHABLE"
    PARTNER_TIMEOUT = "PARTNER_TIMEOUT"
    PARTNER_TLS = "PARTNER_TLS"
    PARTNER_PROBLEM = "PARTNER_PROBLEM"
    RECEIPT_NOT_FOR_THIS_MESSAGE = "RECEIPT_NOT_FOR_THIS_MESSAGE"
    PARTNER_HAS_NO_ADDRESS = "PARTNER_HAS_NO_ADDRESS"
    REASON_NOT_KNOWN = "REASON_NOT_KNOWN"

    # a person or national system asked for something impossible
    REQUEST_INVALID = "REQUEST_INVALID"
    NOT_AUTHENTICATED = "NOT_AUTHENTICATED"
    NOT_PERMITTED = "NOT_PERMITTED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    SECOND_OFFICER_REQUIRED = "SECOND_OFFICER_REQUIRED"
    APPROVAL_ALREADY_DECIDED = "APPROVAL_ALREADY_DECIDED"
    STATE_NOT_SUITABLE = "STATE_NOT_SUITABLE"
    DATA_PURGED = "DATA_PURGED"
    RATE_LIMITED = "RATE_LIMITED"
    REQUEST_TIMEOUT = "REQUEST_TIMEOUT"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    MEDIA_TYPE_NOT_TAKEN = "MEDIA_TYPE_NOT_TAKEN"
    TOO_MANY_AT_ONCE = "TOO_MANY_AT_ONCE"
    CHARACTERS_NOT_PRINTABLE = "CHARACTERS_NOT_PRINTABLE"
    CORRESPONDENCE_AMBIGUOUS = "CORRESPONDENCE_AMBIGUOUS"
    ROW_CHANGED = "ROW_CHANGED"

    # a register, spreadsheet or declaration as supplied
    FILE_UNREADABLE = "FILE_UNREADABLE"
    MAPPING_INVALID = "MAPPING_INVALID"
    HEADINGS_NOT_FOUND = "HEADINGS_NOT_FOUND"
    ROWS_INVALID = "ROWS_INVALID"
    DECLARATION_INVALID = "DECLARATION_INVALID"
    IDENTIFIER_INVALID = "IDENTIFIER_INVALID"

    # one cell or row of a register as supplied (tables/, wire/register.py)
    COLUMN_MISSING = "COLUMN_MISSING"
    VALUE_MISSING = "VALUE_MISSING"
    VALUE_UNREADABLE = "VALUE_UNREADABLE"
    WORD_UNKNOWN = "WORD_UNKNOWN"
    STATUS_WORD_UNKNOWN = "STATUS_WORD_UNKNOWN"
    DATE_UNREADABLE = "DATE_UNREADABLE"
    DATE_AMBIGUOUS = "DATE_AMBIGUOUS"
    LOOK_ALIKE_LETTERS = "LOOK_ALIKE_LETTERS"
    NUMBER_FOR_IDENTIFIER = "NUMBER_FOR_IDENTIFIER"
    LEADING_ZEROS_LOST = "LEADING_ZEROS_LOST"
    CELL_ERROR = "CELL_ERROR"
    FORMULA_NOT_COMPUTED = "FORMULA_NOT_COMPUTED"
    CELL_MERGED = "CELL_MERGED"
    ROW_NOT_AN_OPERATOR = "ROW_NOT_AN_OPERATOR"
    ROW_DOUBLED = "ROW_DOUBLED"
    ROWS_CONTRADICT = "ROWS_CONTRADICT"
    CONSENT_INCOMPLETE = "CONSENT_INCOMPLETE"

    # a file taken in for measuring (flows/measure_load.py)
    RELEASED_BEFORE_LODGED = "RELEASED_BEFORE_LODGED"
    LANE_UNKNOWN = "LANE_UNKNOWN"
    TIME_ZONES_MIXED = "TIME_ZONES_MIXED"
    CURRENCIES_MIXED = "CURRENCIES_MIXED"
    OUTSIDE_PERIOD = "OUTSIDE_PERIOD"
    PERIODS_OVERLAP = "PERIODS_OVERLAP"
    ALREADY_LOADED = "ALREADY_LOADED"

    # an inconsistency in or between the data files (registry/check.py)
    DATA_TOML_INVALID = "DATA_TOML_INVALID"
    DATA_VALUE_INVALID = "DATA_VALUE_INVALID"
    DATA_KEY_UNKNOWN = "DATA_KEY_UNKNOWN"
    DATA_KEY_MISSING = "DATA_KEY_MISSING"
    DATA_FILE_NAME = "DATA_FILE_NAME"
    DATA_PLACE_UNEXPECTED = "DATA_PLACE_UNEXPECTED"
    DATA_ID_DOUBLED = "DATA_ID_DOUBLED"
    DATA_REFERENCE_UNKNOWN = "DATA_REFERENCE_UNKNOWN"
    DATA_TERRITORY_MISMATCH = "DATA_TERRITORY_MISMATCH"
    DATA_TIN_TERRITORY_SHARED = "DATA_TIN_TERRITORY_SHARED"
    DATA_PARTIES_NOT_DISTINCT = "DATA_PARTIES_NOT_DISTINCT"
    DATA_DATES_ORDER = "DATA_DATES_ORDER"
    DATA_SCOPE_NOT_ELIGIBLE = "DATA_SCOPE_NOT_ELIGIBLE"
    DATA_SCOPE_NOT_TRAVELLING = "DATA_SCOPE_NOT_TRAVELLING"
    DATA_BENEFIT_GRANTED_BY = "DATA_BENEFIT_GRANTED_BY"
    DATA_BENEFIT_EMPTY = "DATA_BENEFIT_EMPTY"
    DATA_BENEFIT_DOUBLED = "DATA_BENEFIT_DOUBLED"
    DATA_TIME_ZONE_UNKNOWN = "DATA_TIME_ZONE_UNKNOWN"
    DATA_AS_OF_FUTURE = "DATA_AS_OF_FUTURE"
    DATA_SOURCE_NO_ADDRESS = "DATA_SOURCE_NO_ADDRESS"

    # what is doubtful in a decision table (benefits/check.py)
    DATA_ROWS_OVERLAP = "DATA_ROWS_OVERLAP"
    DATA_ROW_UNREACHABLE = "DATA_ROW_UNREACHABLE"
    DATA_CASES_NOT_COVERED = "DATA_CASES_NOT_COVERED"
    DATA_BENEFIT_NOT_AGREED = "DATA_BENEFIT_NOT_AGREED"
    DATA_BENEFIT_LOCAL_ONLY = "DATA_BENEFIT_LOCAL_ONLY"
    DATA_BENEFIT_NOT_OFFERED = "DATA_BENEFIT_NOT_OFFERED"
    DATA_PARAMETER_UNKNOWN = "DATA_PARAMETER_UNKNOWN"
    DATA_PARAMETER_ABOVE_LOCAL = "DATA_PARAMETER_ABOVE_LOCAL"
    DATA_ALIAS_RULE = "DATA_ALIAS_RULE"

    # what is wrong with the definition of an indicator (indicators/, registry/indicators.py)
    DATA_EXPRESSION_INVALID = "DATA_EXPRESSION_INVALID"
    DATA_INDICATOR_INCOMPLETE = "DATA_INDICATOR_INCOMPLETE"

    # set-up and running
    SETTINGS_INVALID = "SETTINGS_INVALID"
    DATA_FILE_INVALID = "DATA_FILE_INVALID"
    HOME_EXISTS = "HOME_EXISTS"
    HOME_MISSING = "HOME_MISSING"
    KEY_UNUSABLE = "KEY_UNUSABLE"
    DATABASE_TOO_NEW = "DATABASE_TOO_NEW"
    DATABASE_UNREACHABLE = "DATABASE_UNREACHABLE"
    DATABASE_BUSY = "DATABASE_BUSY"
    DATABASE_INCONSISTENT = "DATABASE_INCONSISTENT"
    INTERNAL = "INTERNAL"


class GatewayError(Exception):
    """Any error this product raises on purpose: a reason code and a text that is safe to show.

    Attributes:
        reason: The code others may rely on.
        text: One or two sentences for a person. Untrusted bytes never stand in it unescaped;
            callers quote them with `repr` and cut them.
        where: File, row, element or field the error is about, when there is one.
    """

    default_reason = Reason.INTERNAL

    def __init__(
        self, text: str, *, reason: Reason | None = None, where: str | None = None
    ) -> None:
        self.reason = reason or self.default_reason
        self.text = text
        self.where = where
        super().__init__(f"{self.reason}: {where + ': ' if where else ''}{text}")


class SetupError(GatewayError):
    """We must act before the gateway can start: settings, data files, keys, database version."""

    default_reason = Reason.SETTINGS_INVALID


class RequestRefused(GatewayError):
    """A national user or system asked for something impossible or not permitted."""

    default_reason = Reason.REQUEST_INVALID


class MessageRejected(GatewayError):
    """The sender's message cannot be taken; the sender must act."""

    default_reason = Reason.VALUE_NOT_ALLOWED


class MalformedMessage(MessageRejected):
    """The bytes are not an acceptable document, or not valid against the schema."""

    default_reason = Reason.NOT_WELL_FORMED


class UntrustedMessage(MessageRejected):
    """The verifier did not reach PASSED; the verdict says at which step and why."""

    default_reason = Reason.SIGNATURE_INVALID

    def __init__(self, text: str, *, verdict: Verdict) -> None:
        self.verdict = verdict
        super().__init__(text, reason=verdict.reason)


class DeliveryError(GatewayError):
    """The road or the far side."""

    default_reason = Reason.PARTNER_UNREACHABLE


class PartnerUnreachable(DeliveryError):
    """Nothing final was answered: try again later."""


class StoreError(GatewayError):
    """The database failed while running."""

    default_reason = Reason.DATABASE_UNREACHABLE

"""Exit codes, documented once: what a script may rely on.

| Code | Meaning |
|---|---|
| 0 | done; verification PASSED; nothing found wrong |
| 1 | the answer is no: FAILED, problems in a register, findings, a check that failed |
| 2 | not decided: INDETERMINATE, or held for a second officer |
| 64 | the command line is wrong, or what it asks for is refused |
| 65 | a file handed in cannot be used |
| 66 | no home here |
| 69 | a partner or the database cannot be reached |
| 70 | an error of this program |
| 73 | the folder for a new home holds something |
| 77 | not authenticated, not permitted, or another officer has to do it |
| 78 | settings, keys or data files have to be put right first |
| 130 | interrupted |

1 and 2 are answers; everything from 64 on means that there is no answer.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from mra_gateway.errors import (
    DeliveryError,
    GatewayError,
    MessageRejected,
    Reason,
    RequestRefused,
    SetupError,
    StoreError,
)


class Exit(IntEnum):
    """How a command ends."""

    DONE = 0
    NEGATIVE = 1
    UNDECIDED = 2
    USAGE = 64
    INPUT = 65
    NO_HOME = 66
    UNAVAILABLE = 69
    INTERNAL = 70
    HOME_EXISTS = 73
    NOT_PERMITTED = 77
    SETUP = 78
    INTERRUPTED = 130


_BY_REASON: Final = {
    Reason.HOME_MISSING: Exit.NO_HOME,
    Reason.HOME_EXISTS: Exit.HOME_EXISTS,
    Reason.FILE_UNREADABLE: Exit.INPUT,
    Reason.MAPPING_INVALID: Exit.INPUT,
    Reason.HEADINGS_NOT_FOUND: Exit.INPUT,
    Reason.ROWS_INVALID: Exit.INPUT,
    Reason.DECLARATION_INVALID: Exit.INPUT,
    Reason.CERTIFICATE_UNREADABLE: Exit.INPUT,
    Reason.NOT_AUTHENTICATED: Exit.NOT_PERMITTED,
    Reason.NOT_PERMITTED: Exit.NOT_PERMITTED,
    Reason.SECOND_OFFICER_REQUIRED: Exit.NOT_PERMITTED,
    Reason.INTERNAL: Exit.INTERNAL,
}
_BY_CLASS: Final = (
    (MessageRejected, Exit.INPUT),
    (RequestRefused, Exit.USAGE),
    (SetupError, Exit.SETUP),
    (StoreError, Exit.UNAVAILABLE),
    (DeliveryError, Exit.UNAVAILABLE),
)


def exit_of(error: GatewayError) -> Exit:
    """Returns the exit code of an error: by its reason where that says more than its class."""
    if error.reason in _BY_REASON:
        return _BY_REASON[error.reason]
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), Exit.INTERNAL)

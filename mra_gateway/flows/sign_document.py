"""Signs one message document that was written elsewhere, on an officer's word.

1. it is one of ours: the schema, our territory as sender, our environment
2. sign; the officer and the digest go into the journal
"""

from __future__ import annotations

from mra_gateway.clock import Clock
from mra_gateway.errors import Reason, RequestRefused
from mra_gateway.flows.authenticate import check_role
from mra_gateway.flows.compose import Composer
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.model.officers import Actor, OfficerRole
from mra_gateway.store import journal
from mra_gateway.store.database import Database
from mra_gateway.wire import header, xml
from mra_gateway.wire.schemas import check_schema


async def sign_document(
    content: bytes,
    *,
    composer: Composer,
    book: PartnerBook,
    database: Database,
    clock: Clock,
    by: Actor,
) -> bytes:
    """Returns the document with our signature.

    Raises:
        MalformedMessage: It is no message of the message set.
        RequestRefused: Not permitted, signed already, or another sender or environment stands in
            it.
        StoreError: The database failed; nothing was signed for anybody.
    """
    check_role(by, OfficerRole.AEO)
    root = xml.parse(content, max_bytes=len(content))  # 1
    check_schema(root)
    claimed = header.peek(root)
    if claimed.sender != book.us:
        raise RequestRefused(
            f"the sender is {claimed.sender}; we sign for {book.us} only",
            reason=Reason.SENDER_UNKNOWN,
        )
    if claimed.environment != book.environment:
        raise RequestRefused(
            f"the message is for {claimed.environment}, this home for {book.environment}",
            reason=Reason.ENVIRONMENT_MISMATCH,
        )
    signed = composer.sign(xml.canonical(root))  # 2
    await database.write(
        lambda c: journal.record(
            c,
            at=clock.now(),
            actor=by.name,
            act="document signed",
            subject=str(claimed.message_id),
            detail={"kind": claimed.kind, "digest": xml.digest_of(xml.canonical(root))},
        )
    )
    return signed

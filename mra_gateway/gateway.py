"""The composition root: settings → Gateway. The one module that knows every part.

Nothing is decided here; parts are made and handed to one another.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from mra_gateway.clock import Clock, SystemClock
from mra_gateway.errors import Reason, SetupError
from mra_gateway.flows.accept_table import Accepter
from mra_gateway.flows.adopt_correspondence import Adopter
from mra_gateway.flows.announce import Announcer
from mra_gateway.flows.approve import Approver
from mra_gateway.flows.authenticate import Authenticator
from mra_gateway.flows.compose import Composer
from mra_gateway.flows.confirm_correspondence import Correspondent
from mra_gateway.flows.consult import PartnerBook
from mra_gateway.flows.control import Controller
from mra_gateway.flows.correct import Corrector
from mra_gateway.flows.decide import Decider
from mra_gateway.flows.deliver import Courier
from mra_gateway.flows.dispatch import Dispatcher
from mra_gateway.flows.enquire import Enquirer
from mra_gateway.flows.extract_into_view import ViewKeeper
from mra_gateway.flows.follow_feed import Follower
from mra_gateway.flows.hear_notice import Listener
from mra_gateway.flows.hold_list import HeldLists
from mra_gateway.flows.import_register import Importer
from mra_gateway.flows.intervene import Intervener
from mra_gateway.flows.judge import Bench
from mra_gateway.flows.negotiate import Negotiator
from mra_gateway.flows.notify import Notifier
from mra_gateway.flows.oversee import Overseer
from mra_gateway.flows.pack import Packer
from mra_gateway.flows.pause import Pauser
from mra_gateway.flows.purge import Purger
from mra_gateway.flows.receive import Receiver
from mra_gateway.flows.record import Recorder
from mra_gateway.flows.review import Reviewer
from mra_gateway.flows.send_profile import ProfileSender
from mra_gateway.flows.suspend import Suspender
from mra_gateway.flows.tell_of_disruption import DisruptionTeller
from mra_gateway.flows.watch import Watcher
from mra_gateway.model.identifiers import Territory
from mra_gateway.model.messages import SCHEMA_VERSION, Capabilities, MessageKind
from mra_gateway.model.officers import ApprovalKind
from mra_gateway.registry.load import Registry, load_registry
from mra_gateway.settings import Settings, data_folder, load_settings
from mra_gateway.store import migrate, properties
from mra_gateway.store.database import Database, open_database
from mra_gateway.transport.carrier import Carrier
from mra_gateway.transport.https import HttpsCarrier, Route
from mra_gateway.trust.keys import to_pem
from mra_gateway.trust.signer import FileSigner, Signer
from mra_gateway.trust.tls import client_context, server_context
from mra_gateway.trust.verifier import Verifier


@dataclass(frozen=True)
class Gateway:
    """Every part of one administration's gateway, ready to work together."""

    settings: Settings
    clock: Clock
    database: Database
    book: PartnerBook
    signer: Signer
    composer: Composer
    verifier: Verifier
    carrier: Carrier
    announcer: Announcer
    packer: Packer
    courier: Courier
    enquirer: Enquirer
    dispatcher: Dispatcher
    receiver: Receiver
    importer: Importer
    corrector: Corrector
    follower: Follower
    decider: Decider
    authenticator: Authenticator
    overseer: Overseer
    suspender: Suspender
    listener: Listener
    adopter: Adopter
    profile_sender: ProfileSender
    controller: Controller
    pauser: Pauser
    disruptions: DisruptionTeller
    accepter: Accepter
    correspondent: Correspondent
    purger: Purger
    view_keeper: ViewKeeper
    negotiator: Negotiator
    approver: Approver
    intervener: Intervener

    @property
    def registry(self) -> Registry:
        """The facts of `partners/` as they stand now."""
        return self.book.registry

    async def close(self) -> None:
        """Ends every connection."""
        await self.carrier.close()
        await self.database.close()


def build(
    settings: Settings,
    *,
    clock: Clock,
    database: Database,
    registry: Registry,
    signer: Signer,
    carrier: Carrier | None = None,
    reload: Callable[[], Registry] | None = None,
    reopen: Callable[[], Database] | None = None,
) -> Gateway:
    """Makes a gateway of its parts; nothing is opened, read or started.

    Args:
        settings: Of the home.
        clock: Time, ids and chance.
        database: The store.
        registry: The facts of `partners/`, the home's copies included.
        signer: Signs messages.
        carrier: The road to partners; HTTPS when None.
        reload: Reads the facts anew, when officers decided something.
        reopen: Opens the store once more, for work that is to be done apart.
    """
    us, environment = settings.territory, settings.environment
    holder = clock.new_uuid()
    book = PartnerBook(us=us, environment=environment, registry=registry, reload=reload)
    composer = Composer(us=us, environment=environment, signer=signer, clock=clock)
    verifier = Verifier(
        us=us,
        environment=environment,
        max_bytes=settings.partner_api.max_bytes,
        clock_ahead=timedelta(seconds=settings.guard.clock_ahead_seconds),
    )
    carrier = carrier or HttpsCarrier(
        route_of=Routes(settings, book).find,
        timeout_seconds=settings.delivery.timeout_seconds,
        max_reply_bytes=settings.partner_api.max_bytes,
    )
    announcer = Announcer(book=book, clock=clock)
    packer = Packer(
        database=database,
        announcer=announcer,
        composer=composer,
        clock=clock,
        merge=settings.delivery.merge,
    )
    courier = Courier(
        database=database,
        packer=packer,
        carrier=carrier,
        verifier=verifier,
        book=book,
        clock=clock,
        settings=settings.delivery,
        holder=holder,
        heal=announcer.heal,
    )
    enquirer = Enquirer(
        database=database,
        announcer=announcer,
        composer=composer,
        verifier=verifier,
        book=book,
        clock=clock,
    )
    importer = Importer(
        database=database, announcer=announcer, book=book, clock=clock, guard=settings.guard
    )
    overseer = Overseer(book=book, announcer=announcer, clock=clock)
    notifier = Notifier(book=book, clock=clock)
    listener = Listener(book=book, clock=clock)
    suspender = Suspender(
        book=book,
        notifier=notifier,
        clock=clock,
        confirm_within=timedelta(hours=settings.guard.confirm_suspension_hours),
    )
    pauser = Pauser(book=book, clock=clock)
    accepter = Accepter(book=book, clock=clock)
    follower = Follower(database=database, book=book, clock=clock)
    purger = Purger(book=book, clock=clock)
    held_lists = HeldLists(composer=composer, clock=clock)
    return Gateway(
        settings=settings,
        clock=clock,
        database=database,
        book=book,
        signer=signer,
        composer=composer,
        verifier=verifier,
        carrier=carrier,
        announcer=announcer,
        packer=packer,
        courier=courier,
        enquirer=enquirer,
        dispatcher=Dispatcher(
            database=database,
            book=book,
            courier=courier,
            enquirer=enquirer,
            reviewer=Reviewer(database=database, announcer=announcer, book=book, clock=clock),
            watcher=Watcher(
                database=database,
                clock=clock,
                alert_after=timedelta(seconds=settings.delivery.alert_after_seconds),
            ),
            clock=clock,
            poll_seconds=settings.delivery.poll_seconds,
            holder=holder,
        ),
        receiver=Receiver(
            database=database,
            verifier=verifier,
            bench=Bench(
                book=book,
                composer=composer,
                clock=clock,
                guard=settings.guard,
                listener=listener,
                held_lists=held_lists,
                capabilities=_capabilities(settings),
            ),
            ask_again=timedelta(seconds=settings.delivery.first_retry_seconds),
            heal=announcer.heal,
        ),
        importer=importer,
        corrector=Corrector(database=database, announcer=announcer, book=book, clock=clock),
        follower=follower,
        decider=Decider(
            database=database,
            follower=follower,
            recorder=Recorder(database=database, clock=clock),
            clock=clock,
        ),
        authenticator=Authenticator(database=database, clock=clock),
        overseer=overseer,
        suspender=suspender,
        listener=listener,
        adopter=Adopter(announcer=announcer, book=book, clock=clock),
        profile_sender=ProfileSender(database=database, composer=composer, book=book, clock=clock),
        controller=Controller(book=book, clock=clock),
        pauser=pauser,
        disruptions=DisruptionTeller(book=book, notifier=notifier, clock=clock),
        accepter=accepter,
        correspondent=Correspondent(
            database=database, follower=follower, notifier=notifier, book=book, clock=clock
        ),
        purger=purger,
        view_keeper=ViewKeeper(
            database=database,
            reopen=reopen,
            follower=follower,
            clock=clock,
            every=timedelta(minutes=settings.extract.view_minutes),
            holder=holder,
        ),
        negotiator=Negotiator(book=book, clock=clock),
        approver=Approver(
            clock=clock,
            on_approved={
                ApprovalKind.PIN_PARTNER: overseer.pin,
                ApprovalKind.CONFIRM_ARRANGEMENT: overseer.confirm,
                ApprovalKind.APPLY_LIST: held_lists.apply,
                ApprovalKind.APPLY_IMPORT: importer.carry_out,
                ApprovalKind.CONFIRM_SUSPENSION: suspender.confirm,
                ApprovalKind.RESTORE_BENEFITS: suspender.restore,
                ApprovalKind.RESUME_ARRANGEMENT: pauser.resume,
                ApprovalKind.PILOT_ARRANGEMENT: pauser.pilot,
                ApprovalKind.END_PILOT: pauser.end_pilot,
                ApprovalKind.ACCEPT_TABLE: accepter.accept,
                ApprovalKind.WITHDRAW_TABLE: accepter.withdraw,
                ApprovalKind.PURGE_DATA: purger.carry_out,
            },
            on_rejected={
                ApprovalKind.APPLY_LIST: held_lists.refuse,
                ApprovalKind.CONFIRM_SUSPENSION: suspender.keep,
            },
        ),
        intervener=Intervener(
            database=database, composer=composer, announcer=announcer, clock=clock
        ),
    )


@asynccontextmanager
async def open_gateway(home: Path, *, clock: Clock | None = None) -> AsyncIterator[Gateway]:
    """Opens a home: settings, keys, data files, database; closes it again at the end.

    Raises:
        SetupError: Something has to be put right before the gateway can work; says what and where.
        StoreError: The database cannot be reached.
    """
    settings = load_settings(home)
    clock = clock or SystemClock()
    registry = load_home_registry(settings)
    signer = FileSigner.load(
        settings.path(settings.keys.signing_key),
        certificate_file=settings.path(settings.keys.signing_certificate),
        password=key_password(settings),
    )
    database = open_home_database(settings)
    try:
        if not await database.read(migrate.is_current):
            await database.write(migrate.upgrade)
        await database.read(
            lambda c: properties.check_home(
                c, territory=settings.territory, environment=settings.environment
            )
        )
        gateway = build(
            settings,
            clock=clock,
            database=database,
            registry=registry,
            signer=signer,
            reload=partial(load_home_registry, settings),
            reopen=partial(open_home_database, settings),
        )
        await gateway.book.refresh(database)
        try:
            yield gateway
        finally:
            await gateway.carrier.close()
    finally:
        await database.close()


def load_home_registry(settings: Settings) -> Registry:
    """Loads the shipped drafts, with the home's own copies over them.

    Raises:
        SetupError: A data file cannot be used, or the administration itself is not described.
    """
    folders = [data_folder("partners")]
    if (settings.home / "partners").is_dir():
        folders.append(settings.home / "partners")
    registry = load_registry(*folders)
    if settings.territory not in registry.administrations:
        raise SetupError(
            f"partners/administrations/{settings.territory}.toml is missing",
            reason=Reason.DATA_FILE_INVALID,
            where=str(folders[-1]),
        )
    return registry


def open_home_database(settings: Settings) -> Database:
    """Opens the database of a home; nothing is connected to yet.

    Raises:
        SetupError: The password file cannot be read.
    """
    password_file = settings.database.password_file
    password = None if password_file is None else _read_secret(settings.path(password_file))
    return open_database(settings.database_url, password=password)


def key_password(settings: Settings) -> bytes:
    """Returns the password of our keys, from the file the settings refer to.

    Raises:
        SetupError: The file cannot be read.
    """
    return _read_secret(settings.path(settings.keys.password_file)).encode()


def partner_tls_context(gateway: Gateway) -> ssl.SSLContext:
    """Returns the context of the partner API: nobody without a certificate under a pinned anchor.

    Raises:
        SetupError: Our TLS key or certificate is not usable.
    """
    settings = gateway.settings
    return server_context(
        settings.path(settings.keys.tls_certificate),
        key_file=settings.path(settings.keys.tls_key),
        password=key_password(settings),
        anchors_pem=[
            to_pem(anchor) for partner in gateway.book.trusted() for anchor in partner.tls_anchors
        ],
    )


class Routes:
    """Where each partner is reached, with a TLS context that trusts only it."""

    def __init__(self, settings: Settings, book: PartnerBook) -> None:
        self._settings = settings
        self._book = book
        self._held: dict[Territory, tuple[object, Route]] = {}

    def find(self, partner: Territory) -> Route | None:
        """Returns the route to a partner, or None when no address is pinned."""
        trust, url = self._book.find_trust(partner), self._book.find_url(partner)
        if trust is None or url is None:
            return None
        held = self._held.get(partner)
        if held is not None and held[0] is trust and held[1].url == url:
            return held[1]
        keys = self._settings.keys
        context = client_context(
            self._settings.path(keys.tls_certificate),
            key_file=self._settings.path(keys.tls_key),
            password=key_password(self._settings),
            anchors_pem=[to_pem(anchor) for anchor in trust.tls_anchors],
        )
        route = Route(url, context)
        self._held[partner] = (trust, route)
        return route


def _capabilities(settings: Settings) -> Capabilities:
    return Capabilities(
        kinds=tuple(MessageKind),
        versions=(SCHEMA_VERSION,),
        max_bytes=settings.partner_api.max_bytes,
        max_records=settings.partner_api.max_records,
    )


def _read_secret(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SetupError(
            f"a secret cannot be read: {error.strerror}",
            reason=Reason.KEY_UNUSABLE,
            where=str(file),
        ) from None

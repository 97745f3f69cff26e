"""Where the text of what was erased may still be: what no erasure in a store reaches, by what the store promises."""

from enum import StrEnum

from coachcore.storage.contract import AsyncEventStore, EventStore

__all__ = ["Copies", "copies_of_erased"]


class Copies(StrEnum):
    """Where the text of erased events may still be, out of the reach of an erasure."""

    WRITE_AHEAD_LOG = "write_ahead_log"
    """The file `-wal` beside an SQLite store, as long as a reader needs it; it is emptied as soon as none does."""
    SERVER = "server"
    """A database server's pages, until it reuses them (VACUUM in PostgreSQL), its log, and archives of that."""
    REPLICAS = "replicas"
    """Copies of the database that its server keeps elsewhere: they follow in time, and their backups do not."""
    BACKUPS = "backups"
    """Backups of the store, and unused blocks of the disk, a flash disk's in particular."""
    PROCESSES = "processes"
    """Handles in other processes, until they next read; snapshots, views and frames that somebody holds, anywhere."""
    READERS = "readers"
    """Journals, reports, frames and messages that were made of it, and whatever those who read it have noted."""
    SUBSCRIBERS = "subscribers"
    """What hooks, subscriptions and webhooks with content have passed on: they get the event ContentErased, and have to
    act on it.
    """


def copies_of_erased(store: EventStore | AsyncEventStore) -> tuple[Copies, ...]:
    """Where the text of what was erased from a store may be at this moment."""
    everywhere = (Copies.PROCESSES, Copies.READERS, Copies.SUBSCRIBERS)
    match store.promises.durability:
        case "none":
            return everywhere
        case "server":
            return (Copies.SERVER, Copies.REPLICAS, Copies.BACKUPS, *everywhere)
    in_log = () if getattr(store, "is_log_clean", True) else (Copies.WRITE_AHEAD_LOG,)
    return (*in_log, Copies.BACKUPS, *everywhere)

"""The shell: a practice binds a store, a clock, hooks, charters and rules; an engagement is a handle on one of its event logs.

This is the only place where the pure core meets time and storage. A command passes: role object -> `record` -> `decide` (pure) ->
before hooks -> `encode` -> store -> fold -> after hooks. A question passes: store -> fold -> `Snapshot` -> a part of it.

`Practice` and `Engagement` are synchronous, `AsyncPractice` and `AsyncEngagement` asynchronous; both run the same flows. What a
handle has read is one immutable `EventLog`, replaced as a whole once its events are committed: a reader never waits, and an
interrupt or a cancelled task leaves the earlier one or the later. The store refuses what was decided on an earlier version; the
turns here only save threads and tasks from deciding again.
"""

from coachcore.practice.base import Clock, utc_now
from coachcore.practice.copies import Copies
from coachcore.practice.erasing import Erasure
from coachcore.practice.faces import Engagement, Practice, open_practice

__all__ = ["Clock", "Copies", "Engagement", "Erasure", "Practice", "open_practice", "utc_now"]

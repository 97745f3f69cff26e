"""Subscriptions: named, durable readers of a practice's events, for mails, search indexes, webhooks and other things that follow them.

    def mail(delivery):
        send_mail(about=delivery.event.type, to=delivery.event.engagement_id)

    mailer = Subscription(practice, "mailer", mail, types=(SessionScheduled, SessionCancelled))
    mailer.run_once()             # deliver what is there, in a cron job
    mailer.run(stop, every=1.0)   # or deliver until asked to stop, in a thread or a process of its own

Every committed event is delivered at least once, and the events of one engagement in the order in which they were recorded.
What the handler records through `delivery.unit` is stored together with the fact that the event was delivered: exactly once,
whatever crashes. An attempt is counted before the handler runs. A delivery that fails is repeated later (`RetryPolicy`), and
meanwhile its engagement waits while the others go on; after the last attempt the engagement is set aside until somebody calls
`retry` or `skip`. So does one whose handler ends the process. Erased events are delivered as erased, corrections as events of
their own. An event of a newer release is delivered like others, with its content as `Unknown` to a handler of every type; to
one that asks for content of its type its delivery fails, and it is repeated, or set aside, until a release runs that can read
it.

One runner of a name at a time: a second one takes over, and the first ends with Conflict subscription.conflict. All that is
remembered is the checkpoint of the subscription's name in the store.
"""

from coachcore.subscriptions.delivery import AsyncDelivery, Delivery
from coachcore.subscriptions.retry_policy import RetryPolicy
from coachcore.subscriptions.saved_state import Waiting
from coachcore.subscriptions.status import RunResult, SubscriptionStatus
from coachcore.subscriptions.subscription import AsyncSubscription, Subscription, async_statuses, statuses

__all__ = [
    "AsyncDelivery",
    "AsyncSubscription",
    "Delivery",
    "RetryPolicy",
    "RunResult",
    "Subscription",
    "SubscriptionStatus",
    "Waiting",
    "async_statuses",
    "statuses",
]

"""posthog-python: every kind of message it has, flushed in twos and at the end. Writes what it told the SDK to stdout."""

import datetime
import json
import sys
import time
import uuid

options = json.loads(sys.argv[1])
skew = datetime.timedelta(milliseconds=options["skewMs"])


class WrongClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + skew


# Before the SDK takes its own reference.
datetime.datetime = WrongClock

from posthog import Posthog  # noqa: E402

ERIC = "eric"
THREE_DAYS = datetime.timedelta(days=3)

client = Posthog(
    options["token"],
    host=options["host"],
    flush_at=2,
    capture_mode="v1" if options["mode"] == "v1" else "v0",
    capture_compression="deflate" if options["mode"] == "v1" else None,
)
sender = {"$lib": "posthog-python", "$lib_version": options["version"]}
told = []


def tell(event, distinct_id, properties, ago=datetime.timedelta(), **more):
    at = (time.time() - ago.total_seconds()) * 1000
    told.append(
        {"atMs": at, "event": event, "distinct_id": distinct_id, "properties": {**sender, **properties}, **more}
    )


tell("order placed", ERIC, {**options["received"], "ratio": None, "$groups": {"company": "acme"}})
client.capture(
    "order placed",
    distinct_id=ERIC,
    properties={**options["awkward"], "ratio": float("nan")},
    groups={"company": "acme"},
)

imported = str(uuid.uuid4())
tell("imported", "ⓚ 7", {"row": 1}, ago=THREE_DAYS, uuid=imported)
client.capture(
    "imported",
    distinct_id="ⓚ 7",
    properties={"row": 1},
    timestamp=WrongClock.now(datetime.timezone.utc) - THREE_DAYS,
    uuid=imported,
)

tell("$set", ERIC, {}, **{"$set": {"plan": "größer"}})
client.set(distinct_id=ERIC, properties={"plan": "größer"})

group = {"$group_type": "company", "$group_key": "acme", "$group_set": {"name": "Acme & Söhne"}}
tell("$groupidentify", ERIC, group)
client.group_identify("company", "acme", {"name": "Acme & Söhne"}, distinct_id=ERIC)

tell("$create_alias", ERIC, {"alias": "device-1", "distinct_id": ERIC})
client.alias(ERIC, "device-1")

client.shutdown()
json.dump(told, sys.stdout)

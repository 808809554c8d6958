"""A Kafka broker that this project did not write: librdkafka's mock cluster, filled with envelopes of Azure Monitor.

Prints one line of JSON, {"address", "sent": {category: [ids]}}, and serves until its standard input ends.
Arguments: topic, compression (none, gzip, snappy, lz4), events of each category.
"""

import json
import sys

from confluent_kafka import Producer

NOW_MS = 1_789_473_600_000  # 2026-09-15T12:00:00Z
TENANT = "aaaabbbb-0000-cccc-1111-dddd2222eeee"
CATEGORIES = {
    "AuditLogs": "activityDateTime",
    "SignInLogs": "createdDateTime",
    "SomethingNew": "createdDateTime",
}


def event(category, time_name, number):
    """One event, some hours old."""
    hours, minutes = divmod(number * 7 % (100 * 60), 60)
    stamp = f"2026-09-{14 - hours // 24:02}T{hours % 24:02}:{minutes:02}:00.1234567Z"
    return {
        "time": stamp,
        "resourceId": f"/tenants/{TENANT}/providers/Microsoft.aadiam",
        "category": category,
        "tenantId": TENANT,
        "properties": {"id": f"{category}-{number:06}", time_name: stamp, "text": "Zo\u00eb \u2713 " + "x" * 900},
    }


def main():
    topic, compression, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    producer = Producer({
        "test.mock.num.brokers": 1,
        "bootstrap.servers": "ignored:1",
        "compression.type": compression,
        "linger.ms": 20,
        "batch.num.messages": 7,
    })
    sent = {}
    for category, time_name in CATEGORIES.items():
        events = [event(category, time_name, number) for number in range(count)]
        sent[category] = [one["properties"]["id"] for one in events]
        for place, at in enumerate(range(0, count, 10)):
            body = json.dumps({"records": events[at:at + 10]}, ensure_ascii=False).encode()
            # At least once: every fifth message is sent a second time.
            for _ in range(2 if place % 5 == 4 else 1):
                producer.produce(topic, body, partition=place % 4, timestamp=NOW_MS - 3_600_000)
                producer.poll(0)
    producer.produce(topic, b"{\"records\": [{\"cut off", partition=1) if "damaged" in sys.argv else None
    left = producer.flush(30)
    brokers = list(producer.list_topics(topic, timeout=10).brokers.values())
    address = f"{brokers[0].host}:{brokers[0].port}"
    print(json.dumps({"address": address, "sent": sent, "left": left}), flush=True)
    sys.stdin.read()


main()

"""A stock consumer (librdkafka): reads every partition of a hub from its beginning to its end, with SASL PLAIN.

Prints {"messages", "events": {category: number}, "oldest": [per partition]}. Arguments: address, topic, connection string.
"""

import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition


def main():
    address, topic, secret = sys.argv[1:4]
    consumer = Consumer({
        "bootstrap.servers": address,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "PLAIN",
        "sasl.username": "$ConnectionString",
        "sasl.password": secret,
        "group.id": "none",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": False,
    })
    partitions = sorted(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
    ends = {}
    for number in partitions:
        ends[number] = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
    consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    open_ones = {number for number, (low, high) in ends.items() if high > low}
    messages, events, empty = 0, {}, 0
    while open_ones and empty < 30:
        message = consumer.poll(1.0)
        if message is None or message.error():
            empty += 1
            continue
        messages += 1
        for one in json.loads(message.value())["records"]:
            category = one.get("category", one.get("Category"))
            events[category] = events.get(category, 0) + 1
        if message.offset() + 1 >= ends[message.partition()][1]:
            open_ones.discard(message.partition())
    consumer.close()
    oldest = [ends[number][0] for number in partitions]
    print(json.dumps({"messages": messages, "events": events, "oldest": oldest, "unread": sorted(open_ones)}))


main()

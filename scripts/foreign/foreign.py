"""A program in another language, which knows of the site nothing but docs/events.md.

foreign.py consume URL PREFIX COUNT   reads so many events, each against its schema, and says `event NAME` for each
foreign.py inject URL PREFIX QUEUE..  writes what is no event into the exchange and the queues, and says how many messages
"""

import itertools
import json
import re
import sys
import uuid
from datetime import datetime

import jsonschema_rs
import pika

DOCUMENT = "docs/events.md"
SECTION = re.compile(r"^### `([a-z-]+)`\n(.*?)(?=^##|\Z)", re.S | re.M)
SCHEMA = re.compile(r"Its schema:\n\n```json\n(.*?)\n```", re.S)


def schemas():
    """Name of the event: routing key and validator, as the document has them."""
    text = open(DOCUMENT, encoding="utf-8").read()
    known = {}
    for name, section in SECTION.findall(text):
        key = re.search(r"Routing key: `([^`]+)`", section).group(1)
        schema = json.loads(SCHEMA.search(section).group(1))
        known[name] = key, jsonschema_rs.validator_for(schema, validate_formats=True)
    return known


def check(known, method, properties, body):
    """Whatever the document promises of a message."""
    headers = properties.headers
    name = headers["cloudEvents_type"]
    key, validator = known[name]
    assert method.routing_key == key, (method.routing_key, key)
    validator.validate(json.loads(body))
    assert properties.type == name
    assert properties.app_id == "pancake"
    assert properties.content_type == headers["cloudEvents_datacontenttype"] == "application/json"
    assert properties.delivery_mode == 2
    assert uuid.UUID(properties.message_id) == uuid.UUID(headers["cloudEvents_id"])
    assert headers["cloudEvents_specversion"] == "1.0"
    assert headers["cloudEvents_source"] == "/" + key.split(".")[0]
    at = datetime.fromisoformat(headers["cloudEvents_time"].replace("Z", "+00:00"))
    assert int(at.timestamp()) == properties.timestamp
    assert headers["cloudEvents_partitionkey"] == headers["cloudEvents_subject"]
    uuid.UUID(headers["cloudEvents_partitionkey"])
    assert int(headers["cloudEvents_sequence"]) > 0 and int(headers["cloudEvents_epoch"]) > 0
    return name


def consume(channel, prefix, count):
    known = schemas()
    channel.queue_declare("stranger.all", durable=True)
    channel.queue_bind("stranger.all", f"{prefix}.events", routing_key="#")
    channel.basic_qos(prefetch_count=100)
    print("ready", len(known), flush=True)
    for method, properties, body in channel.consume("stranger.all", inactivity_timeout=60):
        if method is None:
            sys.exit("nothing came for a minute")
        print("event", check(known, method, properties, body), flush=True)
        channel.basic_ack(method.delivery_tag)
        count -= 1
        if count == 0:
            return


def headers(**changed):
    """Those of an event that could come next, but for what is changed."""
    member = str(uuid.uuid4())
    plain = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "type": "flirt-sent",
        "source": "/flirt",
        "time": "2026-06-01T12:00:00.000000Z",
        "datacontenttype": "application/json",
        "partitionkey": member,
        "subject": member,
        "sequence": "1",
        "epoch": "1",
    }
    return {f"cloudEvents_{name}": value for name, value in {**plain, **changed}.items() if value is not None}


def garbage():
    flirt = json.dumps({"from": str(uuid.uuid4()), "to": str(uuid.uuid4())}).encode()
    yield None, b""
    yield None, b"\x00\xff\xfe not text"
    yield {}, b"{}"
    yield {"cloudEvents_type": 7, "deep": {"er": [1, {"still": True}]}}, b"[" * 10_000
    yield headers(source=None), flirt
    yield headers(sequence="-1"), flirt
    yield headers(sequence="99999999999999999999"), flirt
    yield headers(epoch="one"), flirt
    yield headers(source="/nobody"), flirt
    yield headers(type="flirt-dreamt"), flirt
    yield headers(), b"{"
    yield headers(), b"x" * 1_000_000
    # What could be true, at every position that could come next.
    for sequence in range(1, 40):
        yield headers(sequence=str(sequence)), flirt


def inject(channel, prefix, queues, account):
    sent = 0
    # Under no name, and under the only one that the broker lets it use.
    for (fields, body), user in itertools.product(garbage(), (None, account)):
        properties = pika.BasicProperties(
            headers=fields, content_type="application/json", app_id="pancake", user_id=user
        )
        channel.basic_publish(f"{prefix}.events", "flirt.flirt-sent", body, properties)
        channel.basic_publish(f"{prefix}.signals", "", body, properties)
        for queue in queues:
            channel.basic_publish("", queue, body, properties)
            sent += 1
    print("sent", sent, flush=True)


def passes_for_another(connection, prefix):
    """The broker must not let one account use another's name."""
    channel = connection.channel()
    channel.confirm_delivery()
    try:
        named = pika.BasicProperties(headers=headers(), user_id="guest")
        channel.basic_publish(f"{prefix}.events", "flirt.flirt-sent", b"{}", named)
    except pika.exceptions.ChannelClosedByBroker:
        return False
    return True


def main():
    mode, url, prefix, *rest = sys.argv[1:]
    parameters = pika.URLParameters(url)
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    if mode == "consume":
        consume(channel, prefix, int(rest[0]))
    else:
        channel.confirm_delivery()
        inject(channel, prefix, rest, parameters.credentials.username)
        assert not passes_for_another(connection, prefix), "an account has passed for another"
    connection.close()


main()

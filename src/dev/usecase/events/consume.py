"""Prints every flirt once and in order. Needs pika: pip install pika"""
import json
import sys

import pika

QUEUE = "my-program"  # yours alone: two programs with one queue share what comes
BINDINGS = ["flirt.#"]  # all that `flirt` publishes; "#" is everything
PUBLISHER = "guest"  # the site's account: the broker lets nobody publish in another's name
last = {}  # source: (epoch, sequence). Keep it where your effects are, and write both in one transaction


def handle(name, event):
    if name == "flirt-sent":
        print(event["from"], "flirted with", event["to"], flush=True)


def on_message(channel, method, properties, body):
    if properties.user_id != PUBLISHER:
        channel.basic_ack(method.delivery_tag)
        return
    try:
        headers = properties.headers
        source, name = headers["cloudEvents_source"], headers["cloudEvents_type"]
        position = int(headers["cloudEvents_epoch"]), int(headers["cloudEvents_sequence"])
        event = None if headers.get("erased") else json.loads(body)
    except (KeyError, TypeError, ValueError) as error:
        print("not an event of pancake:", repr(error), file=sys.stderr)
        channel.basic_ack(method.delivery_tag)  # or it would come again and again
        return
    epoch, sequence = last.get(source, (position[0], 0))
    if position > (epoch, sequence):
        if sequence and position != (epoch, sequence + 1):
            print("a gap after", sequence, "of", source, file=sys.stderr)
        if event is not None:
            handle(name, event)
        last[source] = position
    channel.basic_ack(method.delivery_tag)


url = sys.argv[1] if len(sys.argv) > 1 else "amqp://guest:guest@127.0.0.1:5672/"
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.exchange_declare("pancake.events", exchange_type="topic", durable=True)
channel.queue_declare(QUEUE, durable=True)
for binding in BINDINGS:
    channel.queue_bind(QUEUE, "pancake.events", routing_key=binding)
channel.basic_qos(prefetch_count=100)
channel.basic_consume(QUEUE, on_message)
channel.start_consuming()

#!/usr/bin/env python3
"""Lists one after another, one page after another, as one would write it in a minute: `floor.py` compares with it.

Usage: pager.py OUT URL [URL]...     token in GRAPH_TOKEN; every record becomes a line of OUT; prints how many there were.
One connection that is kept, gzip when it is offered, the service's own page size; no retries, no budget, no check.
"""
import gzip
import http.client
import json
import os
import sys
import urllib.parse

HEADERS = {"Authorization": f"Bearer {os.environ['GRAPH_TOKEN']}", "Accept": "application/json",
           "Accept-Encoding": "gzip"}


def records(connection, url):
    while url:
        parts = urllib.parse.urlsplit(url)
        connection.request("GET", f"{parts.path}?{parts.query}", headers=HEADERS)
        reply = connection.getresponse()
        body = reply.read()
        if reply.status != 200:
            sys.exit(f"status {reply.status}")
        page = json.loads(gzip.decompress(body) if reply.getheader("Content-Encoding") == "gzip" else body)
        yield from page["value"]
        url = page.get("@odata.nextLink")


def main():
    host = urllib.parse.urlsplit(sys.argv[2]).netloc
    connection, count = http.client.HTTPConnection(host), 0
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for url in sys.argv[2:]:
            for record in records(connection, url):
                out.write(json.dumps(record, ensure_ascii=False) + "\n")
                count += 1
    print(count)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""The same faults for entra-bundle and for SDKs with their page iterators: who loses records without a word?

Starts `simulate --faults` anew for every cell, lets each program list the users, prints a Markdown table. Ends only what
it started. Usage: see README.md beside it.
"""

import argparse
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
USERS, PAGE = 60, 10
BOUND_S = 180


def answer(status, code="UnknownError", message="", **more):
    return {"answer": {"status": status, "code": code, "message": message, **more}}


ALWAYS = "always"
# name, page, times, fault; `{elsewhere}` is an address that nobody should ask.
FAULTS = [
    ("none", None, 1, None),
    ("429 without Retry-After", 3, 1, answer(429, "TooManyRequests")),
    ("429 ×3, Retry-After 1", 3, 3, answer(429, "TooManyRequests", retry_after="1")),
    ("429 ×5, Retry-After 1", 3, 5, answer(429, "TooManyRequests", retry_after="1")),
    ("429, Retry-After 2.128", 3, 1, answer(429, "TooManyRequests", retry_after="2.128")),
    ("429, Retry-After a date", 3, 1, answer(429, "TooManyRequests", retry_after="+2")),
    ("503 ×1", 3, 1, answer(503)),
    ("500 ×1", 3, 1, answer(500)),
    ("502 with a gateway's page", 3, 1, answer(502, body="html")),
    ("reset before the reply", 3, 1, {"reset": "before"}),
    ("reset in the body", 3, 1, {"reset": "during"}),
    ("body cut, end in good order", 3, 1, "cut"),
    ("half the JSON, right length", 3, 1, "truncated"),
    ("a proxy's sign-in page, 200", 3, 1, "html"),
    ("`error` beside the list, 200", 3, 1, "error-inside"),
    ("`\"value\": null`, 200", 3, 1, "null-value"),
    ("401 in mid-run", 3, 1, {"unauthorised": {"claims": False}}),
    ("page token expired", 3, 1, answer(400, "Directory_ExpiredPageToken", "The page token has expired.")),
    ("403 licence, once", 1, 1, answer(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant")),
    ("empty pages with a link", 3, 1, {"empty-pages": 2}),
    ("link to the page itself, once", 3, 1, "repeated-link"),
    ("link to the first page, always", 3, ALWAYS, "cycle"),
    ("link to another port", 3, 1, {"elsewhere": "{elsewhere}"}),
    ("records again on the next page", 2, ALWAYS, {"duplicates": 3}),
    ("two records of a page lost, always", 3, ALWAYS, {"lose": 2}),
    ("500, always", 3, ALWAYS, answer(500)),
    ("403 permission, always", 3, ALWAYS, answer(403, "Authorization_RequestDenied")),
]


class Stranger:
    """Somebody who must never hear a token."""

    def __init__(self):
        self.heard = heard = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                heard.append("authorization" in self.headers)
                body = b'{"value": []}'
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


def plan(page, times, fault, stranger):
    if fault is None:
        return {"rule": []}
    rule = {"dataset": "users", "times": times, "fault": fault}
    if page:
        rule["page"] = page
    return json.loads(json.dumps({"rule": [rule]}).replace("{elsewhere}", stranger.url))


def entra_bundle(binary, told, folder):
    out = os.path.join(folder, "out.zip")
    home = dict(os.environ, ENTRA_BUNDLE_HOME=os.path.join(folder, "home"), ENTRA_BUNDLE_TOKEN=told["token"])
    url = told["graph_url"]
    command = [binary, "collect", "--tenant", told["tenant_id"], "--auth", "token", "--out", out, "--json"]
    command += ["--graph-url", url, "--login-url", url, "--arm-url", url, "--include", "users"]
    ran = subprocess.run(command, env=home, capture_output=True, timeout=BOUND_S)
    row = next(row for row in json.loads(ran.stdout)["datasets"] if row["id"] == "users")
    with zipfile.ZipFile(out) as bundle:
        names = [name for name in bundle.namelist() if name.endswith("data/objects/users.jsonl")]
        ids = [json.loads(line)["id"] for name in names for line in bundle.read(name).splitlines()]
    # A run that says so (code 3) loses nothing in silence; the outcome stands in the manifest.
    return ids, f"code {ran.returncode}, {row['outcome']}", ran.returncode != 0


def script(command, told):
    env = dict(os.environ, GRAPH_URL=told["graph_url"], GRAPH_TOKEN=told["token"])
    ran = subprocess.run(command, env=env, capture_output=True, timeout=BOUND_S, text=True)
    said = (ran.stderr.strip().splitlines() or [""])[-1]
    return ran.stdout.split(), "no error" if ran.returncode == 0 else f"raises {said[:40]}", ran.returncode != 0


def cell(binary, run, fault, stranger):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "plan.json")
        with open(path, "w") as file:
            json.dump(plan(*fault[1:], stranger), file)
        command = [binary, "simulate", "--listen", "127.0.0.1:0", "--limits", "off", "--users", str(USERS)]
        command += ["--page-max", str(PAGE), "--faults", path]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            told = json.loads(server.stdout.readline())
            stranger.heard.clear()
            began = time.monotonic()
            try:
                ids, end, is_said = run(told, folder)
            except subprocess.TimeoutExpired:
                return f"does not end in {BOUND_S} s", False, True
            seconds = time.monotonic() - began
        finally:
            server.kill()
            server.wait()
    distinct = len(set(ids))
    twice = f" (+{len(ids) - distinct} twice)" if len(ids) > distinct else ""
    lost = distinct < USERS and not is_said
    leaked = ", **token sent elsewhere**" if any(stranger.heard) else ""
    silent = ", **silent loss**" if lost else ""
    return f"{distinct}{twice}, {end}, {seconds:.0f} s{silent}{leaked}", lost, bool(leaked or twice)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--binary", default="target/release/entra-bundle")
    arguments.add_argument("--python", help="Python of a virtual environment that has msgraph-sdk")
    arguments.add_argument("--only", default="", help="faults whose name contains this")
    given = arguments.parse_args()
    binary = os.path.abspath(given.binary)
    programs = [("entra-bundle", lambda told, folder: entra_bundle(binary, told, folder))]
    if given.python:
        command = [given.python, os.path.join(HERE, "msgraph_sdk_users.py")]
        programs.append(("msgraph-sdk (Python)", lambda told, _: script(command, told)))
    stranger = Stranger()
    print(f"| fault ({USERS} users served, {PAGE} on a page) | " + " | ".join(name for name, _ in programs) + " |")
    print("|---" * (len(programs) + 1) + "|")
    losses, oddities = [0] * len(programs), [0] * len(programs)
    for fault in (fault for fault in FAULTS if given.only in fault[0]):
        cells = [cell(binary, run, fault, stranger) for _, run in programs]
        print(f"| {fault[0]} | " + " | ".join(text for text, _, _ in cells) + " |", flush=True)
        for at, (_, lost, odd) in enumerate(cells):
            losses[at] += lost
            oddities[at] += odd
    print("| **silent losses** | " + " | ".join(str(count) for count in losses) + " |")
    # Ours may neither lose in silence, nor bring anything twice, nor speak to a stranger.
    sys.exit(1 if losses[0] or oddities[0] else 0)


main()

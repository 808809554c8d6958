#!/usr/bin/env python3
"""How near `collect` comes to what the service allows, and how far ahead of one page after another it is.

Usage: floor.py BINARY [SECTION]... [--times N] [--sign-ins N] [--users N] [--latency-ms N] [--python VENV/bin/python]
Sections: throttled (the published limits, N times), free (no limits, `pager.py` and msgraph-sdk on the same data).

throttled: `simulate --limits scaled:N --counts` against `collect --rate` of as much. The floor is the requests that the
records need at the service's largest pages, divided by the budget; the earliest the same less the first window, whose
requests start at once. Asking is from the first to the last request, as the server saw it; closing is what this machine
does then: the second look, the zip, the leak check. Closing does not shrink when limits grow: with N above 1 it weighs N
times what it does in a real run, and so does the time for users, which is theirs and the latency's.
free: no limits, N ms a request: `pager.py` and msgraph-sdk on the same data. The SDK needs a virtual environment
(faults/README.md), has no other kinds of sign-ins than the interactive ones, and is given fewer, for it takes long.
Ends only what it started.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ["interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"]
PAGE, PAGE_OF_USERS = 1_000, 999
# As published: requests (directory: resource units) in seconds; a tenant of more than 500 users.
BUDGETS = {"reports": (5, 10), "directory": (8_000, 10)}


class Served:
    """`simulate`, from `with` to its end."""

    def __init__(self, here, *options):
        self.here, self.counts_path = here, f"{here.folder}/counts.json"
        self.command = [here.binary, "simulate", "--listen", "127.0.0.1:0", "--users", str(here.users),
                        "--counts", self.counts_path, *map(str, options)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.told = json.loads(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        with open(self.counts_path, encoding="utf-8") as file:
            self.counts = {count["class"]: count for count in json.load(file)}


def run(command, told):
    """Wall seconds, processor seconds, peak MB, and what it printed."""
    environment = dict(os.environ, ENTRA_BUNDLE_TOKEN=told["token"], GRAPH_TOKEN=told["token"],
                       GRAPH_URL=told["graph_url"])
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=out, stderr=err, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        if process.returncode != 0:
            sys.exit(f"{command[0]} ended with {process.returncode}: {err.read().decode()[-2000:]}")
        return seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out.read().decode()


def collect(here, told, include, *options):
    out = f"{here.folder}/bundle.zip"
    for path in [out, out + ".sha256"]:
        if os.path.exists(path):
            os.remove(path)
    url = told["graph_url"]
    command = [here.binary, "collect", "--tenant", told["tenant_id"], "--auth", "token", "--out", out, "--json",
               "--key", here.key, "--graph-url", url, "--login-url", url, "--arm-url", url, *options]
    for name in include:
        command += ["--include", name]
    seconds, cpu, peak, said = run(command, told)
    manifest = json.loads(said)
    records = sum(dataset["records"] for dataset in manifest["datasets"] if dataset["source"]["kind"] == "graph")
    if any(dataset["outcome"] != "complete" for dataset in manifest["datasets"] if dataset["id"] in include):
        sys.exit("a dataset is not complete")
    return seconds, cpu, peak, records, manifest


def section_throttled(here):
    each, times = here.sign_ins, here.times
    rates = [f"--rate={name}={limit * times}/{span}" for name, (limit, span) in BUDGETS.items()]
    served = Served(here, "--sign-ins", each, "--limits", f"scaled:{times}", "--latency-ms", here.latency_ms)
    with served:
        seconds, cpu, peak, records, manifest = collect(here, served.told, ["users", "sign-ins*"], *rates)
    verify = [here.binary, "verify", f"{here.folder}/bundle.zip", "--key", here.key]
    leak_check = run(verify, served.told)[0]
    needed = {"reports": len(KINDS) * -(-each // PAGE), "directory": -(-here.users // PAGE_OF_USERS)}
    print(f"\nthrottled: {times} x the published limits, {here.latency_ms} ms a request, {each:,} sign-ins of each of "
          f"{len(KINDS)} kinds and {here.users:,} users")
    print(f"{'class':12}{'needed':>8}{'asked':>8}{'429':>6}{'floor s':>9}{'earliest s':>12}{'asking s':>10}")
    floors = {}
    for name, (limit, span) in BUDGETS.items():
        count, budget = served.counts[name], limit * times
        floors[name] = needed[name] * span / budget
        earliest = max(0, needed[name] - budget) * span / budget
        print(f"{name:12}{needed[name]:>8,}{count['answered']:>8,}{count['refused']:>6}{floors[name]:>9.1f}{earliest:>12.1f}"
              f"{count['last_s'] - count['first_s']:>10.1f}")
    floor = max(floors.values())
    asking = max(count["last_s"] for count in served.counts.values()) - served.counts["directory"]["first_s"]
    closing = seconds - asking
    refused = sum(count["refused"] for count in served.counts.values())
    print(f"{records:,} records in {seconds:.1f} s ({seconds / floor:.3f} x the floor) = asking {asking:.1f} s "
          f"({asking / floor:.3f} x) + closing {closing:.1f} s\nof closing, the leak check takes about {leak_check:.1f} s "
          f"(`verify --key` of the bundle); 429s {refused}, in the manifest {manifest['run']['throttled']}; "
          f"{cpu:.0f} processor s, peak {peak:.0f} MB", flush=True)


def page_urls(told, select, with_sign_ins):
    """What collect asks for, without its slices."""
    graph = told["graph_url"]
    urls = [f"{graph}/v1.0/users?$top={PAGE_OF_USERS}&$select={select}"]
    for kind in KINDS if with_sign_ins == "all" else KINDS[:1] if with_sign_ins else []:
        condition = urllib.parse.quote(f"signInEventTypes/any(t: t eq '{kind}')")
        urls.append(f"{graph}/beta/auditLogs/signIns?$top={PAGE}&$filter={condition}")
    return urls


def line(name, result, ours):
    seconds, cpu, peak, records = result
    print(f"{name:40}{records:>11,}{seconds:>9.1f}{cpu:>9.1f}{peak:>9.0f}{records / seconds:>11,.0f}"
          f"{seconds / ours[0]:>8.1f}", flush=True)


def section_free(here):
    shown = subprocess.run([here.binary, "catalog", "show", "users", "--json"], capture_output=True, check=True).stdout
    select = ",".join(json.loads(shown)["select"])
    lifted = [f"--rate={name}=off" for name in ["reports", "identity", "directory"]]
    rounds = [("users", 0, ["users"]), ("users and sign-ins of one kind", here.sdk_sign_ins, ["users", "sign-ins"]),
              ("users and sign-ins of four kinds", here.sign_ins, ["users", "sign-ins*"])]
    for title, each, include in rounds:
        every = include[-1].endswith("*")
        with Served(here, "--sign-ins", each, "--limits", "off", "--latency-ms", here.latency_ms) as served:
            told = served.told
            print(f"\nfree: {title}, no limits, {here.latency_ms} ms a request, load {os.getloadavg()[0]:.1f}\n"
                  f"{'':40}{'records':>11}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'records/s':>11}{'time x':>8}", flush=True)
            ours = collect(here, told, include, *lifted)[:4]
            line("collect (pseudonyms, zip, leak check)", ours, ours)
            urls = page_urls(told, select, "all" if every else len(include) > 1)
            pager = run([sys.executable, f"{HERE}/pager.py", f"{here.folder}/pages.jsonl", *urls], told)
            line("one page after another (Python)", (*pager[:3], int(pager[3])), ours)
            if here.python and not every:
                lists = [("users", PAGE_OF_USERS, select)] + [("sign-ins", PAGE, "")][:len(include) - 1]
                ran = [run([here.python, f"{HERE}/msgraph_lists.py", name, str(top), names], told)
                       for name, top, names in lists]
                sdk = (sum(one[0] for one in ran), sum(one[1] for one in ran), max(one[2] for one in ran),
                       sum(int(one[3]) for one in ran))
                line("msgraph-sdk (Python)", sdk, ours)
            os.remove(f"{here.folder}/pages.jsonl")


SECTIONS = {"throttled": section_throttled, "free": section_free}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("sections", nargs="*", metavar="SECTION")
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--sign-ins", type=int, default=250_000)
    parser.add_argument("--sdk-sign-ins", type=int, default=20_000)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--latency-ms", type=int, default=200)
    parser.add_argument("--python", default=None, help="Python of a virtual environment that has msgraph-sdk")
    here = parser.parse_args()
    here.binary, here.folder = os.path.abspath(here.binary), tempfile.mkdtemp()
    here.key = f"{here.folder}/keys/bench.key"
    os.environ["ENTRA_BUNDLE_HOME"] = f"{here.folder}/home"
    try:
        os.makedirs(f"{here.folder}/keys")
        subprocess.run([here.binary, "key", "new", "--out", here.key], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
        for name in here.sections or list(SECTIONS):
            SECTIONS[name](here)
    finally:
        shutil.rmtree(here.folder)


if __name__ == "__main__":
    main()

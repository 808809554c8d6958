#!/usr/bin/env python3
"""The table of speed: `redact`, `verify`, `reveal`, the start, the binary; beside what one would run otherwise.

Usage: speed.py BINARY [SECTION]... [--megabytes N] [--users N] [--folder DIR] [--rounds N]
Sections: redact cores others verify reveal start memory, and scaling, which is not run unless it is named. `others`
takes minutes.
Needs pigz, jq, zip, unzip (Debian packages of these names); `others` uses Presidio (PyPI: presidio-analyzer,
presidio-anonymizer, in the Python that runs this) and `sos clean` (Debian: sosreport) if they are there and says so
if not.

Every row: wall seconds, processor seconds (user and system), peak memory, each the median of the rounds, and both ratios
to `pigz -6` of the same file in the same round. On a machine that others use, the ratio of processor seconds is the one
that means something.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def run(command, stdout=subprocess.DEVNULL, cores=None, quiet=True):
    """Runs a command (a list, or a string for the shell); gives (wall, processor seconds, peak MB, exit code)."""
    if cores:
        prefix = ["taskset", "-c", f"0-{cores - 1}" if cores > 1 else "0"]
        command = prefix + (["sh", "-c", command] if isinstance(command, str) else command)
    started = time.monotonic()
    process = subprocess.Popen(command, shell=isinstance(command, str), stdout=stdout,
                               stderr=subprocess.DEVNULL if quiet else None)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, process.returncode


class Table:
    """Rows of medians, with ratios to the first one."""

    def __init__(self, title, rounds):
        self.rounds, self.base = rounds, None
        print(f"\n{title}\n{'':44}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'wall x':>8}{'CPU x':>8}  output", flush=True)

    def row(self, name, command, output=None, clean=None, cores=None, ok=(0,), rounds=None, beside=None):
        seen = []
        for _ in range(rounds or self.rounds):
            for path in clean or []:
                shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.remove(path)
            seen.append(run(command, cores=cores))
            if seen[-1][3] not in ok:
                print(f"{name:44} failed with exit code {seen[-1][3]}", flush=True)
                return None
        wall, cpu, peak = (statistics.median(column) for column in list(zip(*seen))[:3])
        self.base = self.base or (wall, cpu)
        size = f"{os.path.getsize(output) / 1e6:.1f} MB" if output else ""
        ratios = f"{wall / self.base[0]:>8.2f}{cpu / self.base[1]:>8.2f}"
        if beside:
            size += f"  {wall / beside[0]:.1f} x the wall time of redact, {cpu / beside[1]:.1f} x its processor time"
        print(f"{name:44}{wall:>9.2f}{cpu:>9.2f}{peak:>9.0f}{ratios}  {size}", flush=True)
        return wall, cpu, peak


def redact(here):
    return [here.binary, "redact", here.log, "--learn", here.users, "--key", here.key, "--out", here.zip]


def section_redact(here):
    table = Table(f"redact, {os.path.getsize(here.log) / 1e6:.0f} MB of sign-ins, {here.arguments.users} users learnt",
                  here.arguments.rounds)
    table.row("pigz -6", f"pigz -6 -c {here.log} > {here.folder}/log.gz", f"{here.folder}/log.gz")
    for how in ["default", "fast", "small"]:
        table.row(f"redact --compression {how}", redact(here) + ["--compression", how], here.zip, here.made)


def section_cores(here):
    for cores in [1, 2, 4]:
        if cores <= os.cpu_count():
            table = Table(f"{cores} processors", here.arguments.rounds)
            pigz = f"pigz -6 -p {cores} -c {here.log} > {here.folder}/log.gz"
            table.row("pigz -6", pigz, f"{here.folder}/log.gz", cores=cores)
            table.row("redact", redact(here), here.zip, here.made, cores=cores)


def section_others(here):
    table = Table("what one would run otherwise, on the same file", 1)
    table.row("pigz -6", f"pigz -6 -c {here.log} > {here.folder}/log.gz", f"{here.folder}/log.gz")
    ours = table.row("redact", redact(here), here.zip, here.made)
    naive = f"{here.folder}/naive.zip"
    table.row("Python script (json, re, hmac, zipfile)", [sys.executable, f"{HERE}/naive.py", here.log, naive], naive,
              beside=ours)
    fields = ".userDisplayName,.userPrincipalName,.userId,.ipAddress,.signInIdentifier,.deviceDetail.displayName"
    jq = f"jq -c '({fields})|=(if . then @base64 else . end)' {here.log} > {here.folder}/jq.jsonl && " \
         f"sha256sum {here.folder}/jq.jsonl && zip -q -6 {here.folder}/jq.zip {here.folder}/jq.jsonl"
    table.row("jq | sha256sum | zip", jq, f"{here.folder}/jq.zip", [f"{here.folder}/jq.zip"], beside=ours)
    # Slow ones get the first megabytes; the ratio is to redact of as many.
    small = f"{here.folder}/small.jsonl"
    subprocess.run(f"head -c 8000000 {here.log} | sed '$d' > {small}", shell=True, check=True)
    table = Table(f"the slow ones, on its first {os.path.getsize(small) / 1e6:.1f} MB", 1)
    table.row("pigz -6", f"pigz -6 -c {small} > {here.folder}/log.gz", f"{here.folder}/log.gz")
    ours = table.row("redact", [here.binary, "redact", small, "--key", here.key, "--out", here.zip], here.zip,
                     here.made)
    if subprocess.run([sys.executable, "-c", "import presidio_analyzer, presidio_anonymizer"],
                      stderr=subprocess.DEVNULL).returncode == 0:
        table.row("Presidio (patterns, no language model)", [sys.executable, f"{HERE}/presidio_lines.py", small],
                  beside=ours)
    else:
        print("Presidio is not installed: pip install presidio-analyzer presidio-anonymizer")
    if shutil.which("sos"):
        report = f"{here.folder}/sosreport-bench"
        shutil.rmtree(report, ignore_errors=True)
        os.makedirs(f"{report}/sos_logs"), os.makedirs(f"{report}/var/log")
        open(f"{report}/version.txt", "w").write("sosreport: 4.0\n")
        open(f"{report}/sos_logs/sos.log", "w").close()
        shutil.copy(small, f"{report}/var/log/sign-ins.log")
        with open(small, encoding="utf-8") as lines:
            names = re.findall(r'"userPrincipalName":"[^"@]+@([^"]+)"', lines.read())
        table.row("sos clean", ["sos", "clean", "--batch", "--no-update", "--domains", ",".join(sorted(set(names))),
                                "--tmp-dir", here.folder, report], ok=(0, 1), beside=ours)
    else:
        print("sos is not installed: apt-get install sosreport")


def section_verify(here):
    run(redact(here))
    table = Table("verify, of the bundle of redact", here.arguments.rounds)
    table.row("unzip -p | sha256sum", f"unzip -p {here.zip} | sha256sum")
    table.row("verify", [here.binary, "verify", here.zip])
    table.row("verify --key (leak check too)", [here.binary, "verify", here.zip, "--key", here.key])


def section_reveal(here):
    names = [f"person{number}@contoso.example" for number in range(10_000)]
    made = subprocess.run([here.binary, "token", "--json", "--key", here.key] + names, capture_output=True, text=True)
    tokens = sorted(set(re.findall(r"px[0-9a-z]{10,}@[0-9a-z.]+", made.stdout)))
    table = Table(f"reveal of {len(tokens)} tokens", here.arguments.rounds)
    table.row("reveal", [here.binary, "reveal", "--key", here.key, "--reason", "bench", "--json"] + tokens)


def section_start(here):
    seen = {}
    for _ in range(200):
        for name, command in [("true", ["/bin/true"]), ("--help", [here.binary, "--help"])]:
            seen.setdefault(name, []).append(run(command))
    wall = {name: statistics.median(one[0] for one in runs) * 1000 for name, runs in seen.items()}
    print(f"\nstart, median of 200: true {wall['true']:.2f} ms, --help {wall['--help']:.2f} ms, "
          f"{wall['--help'] / wall['true']:.2f} x; binary {os.path.getsize(here.binary) / 1e6:.1f} MB")


def section_memory(here):
    table = Table("memory: a tenth of the file, the file", 1)
    tenth = f"{here.folder}/tenth.jsonl"
    size = os.path.getsize(here.log) // 10
    subprocess.run(f"head -c {size} {here.log} | sed '$d' > {tenth}", shell=True, check=True)
    for name, log in [("a tenth", tenth), ("all", here.log)]:
        command = [word if word != here.log else log for word in redact(here)]
        table.row(f"redact, {name}", command, here.zip, here.made)


def section_scaling(here):
    """Needs 3.2 GB for ten million records."""
    print(f"\nscaling: redact of small records\n{'records':>12}{'MB':>9}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}"
          f"{'wall us each':>14}{'CPU us each':>13}", flush=True)
    small, count = f"{here.folder}/records.jsonl", 10_000
    while count <= here.arguments.records_max:
        subprocess.run([sys.executable, f"{HERE}/small_records.py", small, str(count)], check=True)
        rounds = here.arguments.rounds if count <= 1_000_000 else 1
        seen = []
        for _ in range(rounds):
            for path in here.made:
                os.path.exists(path) and os.remove(path)
            seen.append(run([here.binary, "redact", small, "--key", here.key, "--out", here.zip]))
        if any(one[3] for one in seen):
            print(f"{count:>12,} failed with exit code {seen[-1][3]}", flush=True)
            break
        wall, cpu, peak = (statistics.median(column) for column in list(zip(*seen))[:3])
        print(f"{count:>12,}{os.path.getsize(small) / 1e6:>9.1f}{wall:>9.2f}{cpu:>9.2f}{peak:>9.0f}"
              f"{wall / count * 1e6:>14.2f}{cpu / count * 1e6:>13.2f}", flush=True)
        os.remove(small)
        count *= 10


SECTIONS = {name[8:]: value for name, value in globals().items() if name.startswith("section_")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("sections", nargs="*", metavar="SECTION")
    parser.add_argument("--megabytes", type=int, default=500)
    parser.add_argument("--users", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=None)
    parser.add_argument("--records-max", type=int, default=10_000_000, help="where scaling ends")
    here = argparse.Namespace(arguments=parser.parse_args())
    here.binary = os.path.abspath(here.arguments.binary)
    own = here.arguments.folder is None
    here.folder = os.path.abspath(here.arguments.folder or __import__("tempfile").mkdtemp())
    os.environ["ENTRA_BUNDLE_HOME"] = f"{here.folder}/home"
    here.log, here.users = f"{here.folder}/sign-ins.jsonl", f"{here.folder}/users.jsonl"
    here.key, here.zip = f"{here.folder}/bench.key", f"{here.folder}/out/bench.zip"
    here.made = [here.zip, here.zip + ".sha256"]
    os.makedirs(f"{here.folder}/out", exist_ok=True)
    try:
        model = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
        print(f"{model}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)
        if not os.path.exists(here.log) and here.arguments.sections != ["scaling"]:
            subprocess.run([sys.executable, f"{HERE}/records.py", here.binary, here.folder,
                            str(here.arguments.megabytes), str(here.arguments.users)], check=True)
        if not os.path.exists(here.key):
            subprocess.run([here.binary, "key", "new", "--out", here.key], check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        for name in here.arguments.sections or ["redact", "cores", "others", "verify", "reveal", "start", "memory"]:
            SECTIONS[name](here)
    finally:
        if own:
            shutil.rmtree(here.folder, ignore_errors=True)


if __name__ == "__main__":
    main()

#!/usr/bin/env bash
# Memory and speed of `collect` over loopback, budgets lifted: the peak must not grow with the number of records.
# Usage: tests/bench/collect.sh [SIGN_INS_PER_KIND]...      default: 25000 250000 (100,000 and 1,000,000 in all)
# Needs a release build (or BINARY=FILE) and GNU time (Debian package "time"). Ends only the server it started.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${BINARY:-${CARGO_TARGET_DIR:-target}/release/entra-bundle}
[ -x "$binary" ] || { echo "build it first: cargo build --release"; exit 1; }
binary=$(realpath "$binary")
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
export ENTRA_BUNDLE_HOME=$folder/home
printf '%s, %s processors\n' "$(uname -m)" "$(nproc)"
printf '%12s %9s %9s %11s %10s %10s %8s\n' records MB "zip MB" "records/s" MB/s "peak MB" seconds
for count in "${@:-25000 250000}"; do
    for each in $count; do
        "$binary" simulate --listen 127.0.0.1:0 --users 2000 --sign-ins "$each" --limits off --no-gzip >"$folder/ready" &
        server=$!
        for _ in $(seq 100); do [ -s "$folder/ready" ] && break; sleep 0.1; done
        field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$folder/ready"; }
        url=$(field graph_url)
        ENTRA_BUNDLE_TOKEN=$(field token) /usr/bin/time -f '%M %e' -o "$folder/time" "$binary" collect --json \
            --tenant "$(field tenant_id)" --auth token --graph-url "$url" --login-url "$url" --arm-url "$url" \
            --rate reports=off --rate identity=off --rate directory=off \
            --include users --include 'sign-ins*' --out "$folder/$each.zip" >"$folder/manifest" 2>"$folder/talk" ||
            { cat "$folder/talk"; exit 1; }
        kill "$server"; wait "$server" 2>/dev/null || true; server=
        read -r peak_kb seconds <"$folder/time"
        python3 - "$folder/manifest" "$folder/$each.zip" "$peak_kb" "$seconds" <<'PY'
import json, os, sys
manifest, zip_path, peak_kb, seconds = json.load(open(sys.argv[1])), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
records = sum(dataset["records"] for dataset in manifest["datasets"])
megabytes = sum(entry["bytes"] for entry in manifest["entries"]) / 1e6
print(f"{records:>12,} {megabytes:>9,.0f} {os.path.getsize(zip_path) / 1e6:>9.1f} {records / seconds:>11,.0f} {megabytes / seconds:>10.1f} {peak_kb / 1024:>10.1f} {seconds:>8.1f}")
PY
        rm -f "$folder/$each.zip"*
    done
done

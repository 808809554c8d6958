#!/usr/bin/env bash
# 250,001 audits and 1,000,001 sign-ins from each place that can hold them: do they arrive whole, how fast, in how much
# memory? Usage: tests/bench/places.sh [AUDITS SIGN_INS [PLACE]...]      default: 250001 1000001, all places
# Needs a release build and GNU time (Debian package "time"). Ends only the server it started.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=${CARGO_TARGET_DIR:-target}/release/entra-bundle
[ -x "$binary" ] || { echo "build it first: cargo build --release"; exit 1; }
binary=$(realpath "$binary")
audits=${1:-250001} sign_ins=${2:-1000001}
shift $(($# < 2 ? $# : 2))
[ $# -gt 0 ] || set -- graph log-analytics storage event-hub
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$folder"' EXIT
export ENTRA_BUNDLE_HOME=$folder/home
printf '%s, %s processors, load %s\n' "$(uname -m)" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
"$binary" simulate --listen 127.0.0.1:0 --users 2000 --audits "$audits" --sign-ins "$sign_ins" --routing all \
    --limits off --no-gzip >"$folder/ready" &
server=$!
for _ in $(seq 100); do [ -s "$folder/ready" ] && break; sleep 0.1; done
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$folder/ready"; }
url=$(field graph_url)
printf '%-14s %-9s %-9s %10s %10s %8s %9s\n' place dataset outcome records "records/s" seconds "peak MB"
for place in "$@"; do
    for dataset in audits sign-ins; do
        case $place in
            log-analytics) named=(--workspace "$(field workspace_id)") ;;
            storage) named=(--storage "$(field storage_url)") ;;
            event-hub) named=(--event-hub "$(field event_hub)") ;;
            *) named=() ;;
        esac
        code=0
        ENTRA_BUNDLE_TOKEN=$(field token) /usr/bin/time -f '%M %e' -o "$folder/time" "$binary" collect --json \
            --tenant "$(field tenant_id)" --auth token --graph-url "$url" --login-url "$url" --arm-url "$url" --logs-url "$url" \
            --rate reports=off --rate identity=off --rate directory=off --rate workspace=off --rate storage=off \
            --include "$dataset" --source "$dataset=$place" "${named[@]}" --out "$folder/one.zip" \
            >"$folder/manifest" 2>"$folder/talk" || code=$?
        [ -s "$folder/manifest" ] || { cat "$folder/talk"; exit 1; }
        read -r peak_kb seconds < <(tail -n 1 "$folder/time")
        python3 - "$folder/manifest" "$place" "$dataset" "$peak_kb" "$seconds" <<'PY'
import json, sys
manifest, place, dataset, peak_kb, seconds = json.load(open(sys.argv[1])), *sys.argv[2:4], int(sys.argv[4]), float(sys.argv[5])
row = next(row for row in manifest["datasets"] if row["id"] == dataset)
print(f"{place:<14} {dataset:<9} {row['outcome']:<9} {row['records']:>10,} {row['records'] / seconds:>10,.0f} {seconds:>8.1f} {peak_kb / 1024:>9.1f}", flush=True)
PY
        rm -f "$folder"/one.zip*
    done
done

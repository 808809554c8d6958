#!/usr/bin/env bash
# `redact` over the planted corpus: time, speed, peak memory, and what is left of each class of identifiers (must be 0).
# Usage: tests/bench/redact.sh [PEOPLE MEGABYTES]...      default: 2000 50
# Needs a release build (cargo build --release --example corpus --bin entra-bundle) and GNU time (Debian package "time").
set -euo pipefail
cd "$(dirname "$0")/../.."
release=$(realpath "${CARGO_TARGET_DIR:-target}/release")
[ -x "$release/entra-bundle" ] && [ -x "$release/examples/corpus" ] ||
    { echo "build it first: cargo build --release --example corpus --bin entra-bundle"; exit 1; }
[ $# -gt 0 ] || set -- 2000 50
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ENTRA_BUNDLE_HOME=$folder/home
# Fixed, as in tests/redact: addresses are mapped onto addresses, and under some keys one becomes what another one is.
printf '%s\n' entra-bundle-key-v1 j1e7-191r-ya8e-axvg-g6d4-ss7d-6dft-bckt-nhnx-yr33-jqrb-jyst-vh4g y4tf-n32w >"$folder/test.key"
printf '%s, %s processors, load %s\n' "$(uname -m)" "$(nproc)" "$(cut -d' ' -f1 /proc/loadavg)"
failed=0
while [ $# -ge 2 ]; do
    people=$1 megabytes=$2
    shift 2
    mkdir -p "$folder/out"
    "$release/examples/corpus" write "$folder/in" "$people" "$megabytes"
    code=0
    (cd "$folder" && /usr/bin/time -f '%M %e %U' -o time "$release/entra-bundle" redact in --key test.key --out out/planted.zip >said 2>&1) || code=$?
    read -r peak_kb seconds cpu < <(tail -n 1 "$folder/time")
    bytes=$(du -sb "$folder/in" | cut -f1)
    awk -v bytes="$bytes" -v peak="$peak_kb" -v seconds="$seconds" -v cpu="$cpu" -v code="$code" -v zip="$(stat -c %s "$folder/out/planted.zip")" \
        'BEGIN { printf "%.1f MB in %.2f s: %.1f MB/s, %.1f s of processor time, peak %.0f MB, zip %.1f MB, exit code %d\n", bytes / 1e6, seconds, bytes / 1e6 / seconds, cpu, peak / 1024, zip / 1e6, code }'
    grep -E 'withheld|damaged' "$folder/said" || true
    echo "left of each class:"
    "$release/examples/corpus" search "$people" "$folder/out/planted.zip" "$folder/out/planted.zip.sha256" "$folder/said" || failed=1
    echo "the same search over the corpus itself:"
    "$release/examples/corpus" search "$people" "$folder/in" 2>/dev/null || true
    rm -rf "$folder/in" "$folder/out"
done
exit "$failed"

#!/usr/bin/env bash
# Instructions of the hot paths against a recorded budget: a regression shows on a busy machine too.
# Usage: tests/bench/budget.sh [--record]      writes or checks tests/bench/budget.txt (instructions, slack 15 %)
# Needs a release build, python3 and valgrind (Debian package "valgrind"). valgrind has no SHA instructions, so SHA-256
# weighs here what it weighs on an old processor; counts vary by under 2 % because hash tables are seeded by chance.
set -euo pipefail
cd "$(dirname "$0")/../.."
binary=$(realpath "${BUDGET_BINARY:-${CARGO_TARGET_DIR:-target}/release/entra-bundle}")
[ -x "$binary" ] || { echo "build it first: cargo build --release"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ENTRA_BUNDLE_HOME=$folder/home SOURCE_DATE_EPOCH=1767225600
# A fixed key, so that the same work is done each time.
printf '%s\n' entra-bundle-key-v1 j1e7-191r-ya8e-axvg-g6d4-ss7d-6dft-bckt-nhnx-yr33-jqrb-jyst-vh4g y4tf-n32w >"$folder/test.key"
mkdir "$folder/out"
python3 tests/bench/records.py "$binary" "$folder/in" 8 2000
# Texts: what programs write about the same people.
python3 - "$folder/in/users.jsonl" >"$folder/in/app.log" <<'PY'
import json, sys
users = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
for number in range(8_000):
    user = users[number * 7 % len(users)]
    stamp = f"2025-12-{number % 28 + 1:02d}T{number % 24:02d}:{number % 60:02d}:{number * 7 % 60:02d}.{number % 1000:03d}Z"
    print(stamp, [
        f"INFO [worker-{number % 16}] user {user['userPrincipalName']} from 10.{number % 250}.{number % 7}.9 done in {number % 977} ms",
        f"WARN [sync] object CN={user['displayName']},OU=People,DC=alderwood,DC=example was changed",
        f"DEBUG token cache miss key=access_token:{user['id']}:organizations scope=.default",
        f"INFO GET https://login.example/authorize?client_id={user['id']}&login_hint={user['userPrincipalName'].replace('@', '%40')} 302",
    ][number % 4])
PY
count() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" >/dev/null 2>"$folder/talk" ||
        { cat "$folder/talk" >&2; return 1; }
    sed -n 's/.*Collected : //p' "$folder/talk"
}
redact=("$binary" redact --learn "$folder/in/users.jsonl" --key "$folder/test.key" --out)
note() {
    local name=$1 instructions
    shift
    instructions=$(count "$@")
    echo "$name $instructions" >>"$folder/now"
}
note start "$binary" --help
note redact-sign-ins "${redact[@]}" "$folder/out/a.zip" "$folder/in/sign-ins.jsonl"
note redact-text "${redact[@]}" "$folder/out/b.zip" "$folder/in/app.log"
note verify "$binary" verify "$folder/out/a.zip"
note verify-with-key "$binary" verify "$folder/out/a.zip" --key "$folder/test.key"
if [ "${1:-}" = --record ]; then
    cp "$folder/now" tests/bench/budget.txt
    cat tests/bench/budget.txt
    exit
fi
# Both files have the same names in the same order.
paste -d ' ' tests/bench/budget.txt "$folder/now" | awk '
    $1 != $3 || $4 + 0 == 0 { print "no count for " $1; failed = 1; next }
    { printf "%-18s %15.0f of %15.0f  %.3f%s\n", $1, $4, $2, $4 / $2, ($4 > $2 * 1.15 ? "  over the budget" : "") }
    $4 > $2 * 1.15 { failed = 1 }
    END { exit failed }' || { echo "more instructions than budgeted: find out why, or record the new budget with --record"; exit 1; }

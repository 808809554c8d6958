#!/usr/bin/env python3
"""Sign-ins (all four kinds) as JSON Lines and a directory of users to learn from, out of `simulate`'s own records.

Usage: records.py BINARY FOLDER [MEGABYTES [USERS]]     default: 500 MB, 30,000 users (some 300,000 terms)
Writes FOLDER/sign-ins.jsonl and FOLDER/users.jsonl. Same arguments, same bytes. Ends only the server it started.
"""
import json
import os
import subprocess
import sys
import urllib.request

FIELDS = ("id,userPrincipalName,displayName,givenName,surname,mail,mailNickname,proxyAddresses,accountEnabled,"
          "userType,onPremisesImmutableId,onPremisesSamAccountName,onPremisesDistinguishedName,onPremisesDomainName,"
          "onPremisesSecurityIdentifier,securityIdentifier,usageLocation")
BYTES_EACH = 4_300  # of a sign-in, the mean of the four kinds


def pages(url, token):
    while url:
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request) as reply:
            page = json.load(reply)
        yield page["value"]
        url = page.get("@odata.nextLink")


def write(path, url, token, bytes_max=None):
    written = 0
    with open(path, "w", encoding="utf-8") as out:
        for records in pages(url, token):
            for record in records:
                line = json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n"
                written += out.write(line)
            if bytes_max and written >= bytes_max:
                break
    return written


def main():
    binary, folder = sys.argv[1:3]
    megabytes, users = (int(word) for word in (sys.argv[3:] + ["500", "30000"][len(sys.argv) - 3:])[:2])
    os.makedirs(folder, exist_ok=True)
    each = megabytes * 1_000_000 // BYTES_EACH // 4 + 4_000
    environment = dict(os.environ, SOURCE_DATE_EPOCH="1767225600")
    server = subprocess.Popen(
        [binary, "simulate", "--listen", "127.0.0.1:0", "--users", str(users), "--sign-ins", str(each),
         "--limits", "off", "--no-gzip"], stdout=subprocess.PIPE, text=True, env=environment)
    try:
        ready = json.loads(server.stdout.readline())
        graph, token = ready["graph_url"].rstrip("/"), ready["token"]
        write(f"{folder}/users.jsonl", f"{graph}/v1.0/users?$top=999&$select={FIELDS}", token)
        kinds = "signInEventTypes/any(t:t%20ne%20'x')"
        total = write(f"{folder}/sign-ins.jsonl", f"{graph}/beta/auditLogs/signIns?$top=1000&$filter={kinds}", token,
                      megabytes * 1_000_000)
        print(f"{total:,} characters of sign-ins, {os.path.getsize(f'{folder}/users.jsonl'):,} bytes of users")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()

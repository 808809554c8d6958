#!/usr/bin/env python3
"""Small sign-ins as JSON Lines, 320 bytes each, of 5,000 people: so many that it is the number of records that counts.

Usage: small_records.py FILE COUNT     Same arguments, same bytes. Every record has an id, a time and an address of its own.
"""
import sys

PEOPLE = [(f"user{number:05}@contoso.com", f"{first} {last}")
          for number, (first, last) in enumerate((f"Fn{one:02}", f"Ln{two:03}") for one in range(50) for two in range(100))]
AT_ONCE = 10_000


def line(number):
    name, shown = PEOPLE[number * 7919 % len(PEOPLE)]
    mixed = number * 0x9E3779B97F4A7C15 % (1 << 64)
    second = number % 86_400
    return (f'{{"id":"{mixed >> 32:08x}-{mixed >> 16 & 0xffff:04x}-4{mixed >> 4 & 0xfff:03x}-8{number & 0xfff:03x}-'
            f'{number:012x}","createdDateTime":"2026-01-{1 + number // 86_400 % 28:02}T{second // 3_600:02}:'
            f'{second // 60 % 60:02}:{second % 60:02}Z","userDisplayName":"{shown}","userPrincipalName":"{name}",'
            f'"ipAddress":"10.{mixed >> 8 & 255}.{mixed >> 24 & 255}.{mixed >> 40 & 255}","appDisplayName":"Office 365",'
            f'"appId":"00000002-0000-0ff1-ce00-000000000000","isInteractive":true,'
            f'"status":{{"errorCode":{(0, 50126, 53003)[mixed % 3]}}}}}\n')


def main():
    count = int(sys.argv[2])
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        for first in range(0, count, AT_ONCE):
            out.writelines(map(line, range(first, min(count, first + AT_ONCE))))


if __name__ == "__main__":
    main()

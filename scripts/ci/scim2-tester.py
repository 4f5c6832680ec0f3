"""Runs scim2-tester against a SCIM server and prints what failed.

Differences that are the suite's own mistake stand, each with its reason, in scim2-tester-differences.json. One that
no longer occurs is a failure too, so that the list stays true.
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

FAILED = {Status.ERROR, Status.CRITICAL}


def main(url: str) -> int:
    known = json.loads(Path(__file__).with_name("scim2-tester-differences.json").read_text())
    client = Client(base_url=url, headers={"Authorization": f"Bearer {os.environ['SCIM_TOKEN']}"})
    results = check_server(SyncSCIMClient(client))
    seen = set()
    failures = 0
    for result in results:
        if result.status not in FAILED:
            continue
        urn = result.data.get("urn") if isinstance(result.data, dict) else None
        place = next((at for at, entry in enumerate(known) if is_known(entry, result, urn)), None)
        if place is not None:
            seen.add(place)
            continue
        failures += 1
        print(f"{result.status.name} {result.title} {result.resource_type or ''} {urn or ''}\n  {result.reason}")
    for place, entry in enumerate(known):
        if place not in seen:
            failures += 1
            print(f"GONE {entry['check']} {entry['urn']}: take it off the list of differences")
    counts = Counter(result.status.name.lower() for result in results)
    print(", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    print(f"{len(seen)} differences that are the suite's, {failures} failures")
    return 0 if failures == 0 else 1


def is_known(entry: dict, result, urn: str | None) -> bool:
    return entry["check"] == result.title and entry["urn"] == urn


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

#!/usr/bin/env python3
"""Verifies exported events: verify-events.py FILE [HASH OF THE NEWEST EVENT]"""
import hashlib
import json
import sys

ZEROS = "0" * 64


def canonical(event):
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


last, before, unchained, trials = None, None, 0, 0
with open(sys.argv[1], "rb") as lines:
    for number, line in enumerate(lines, 1):
        event = json.loads(line)
        if canonical(event) != line.removesuffix(b"\n"):
            sys.exit(f"line {number}: this is not written as an export writes it")
        if event.get("test") is True and "sequence" not in event:
            trials += 1  # somebody tried the destination
            continue
        if "sequence" not in event:
            sys.exit(f"line {number}: this is no event")
        here = (event["sequence"], event.get("organization"))
        if before and here[1] != before[1]:
            sys.exit(f"line {number}: the event is of another place")
        if before and here[0] <= before[0]:
            sys.exit(f"line {number}: the numbers go back: it was moved, or the log was put back from a backup")
        before = here
        claimed = event.pop("hash", None)
        if claimed is None and last is None and "previous" not in event:
            unchained += 1  # from before there were chains
            continue
        if hashlib.sha256(canonical(event)).hexdigest() != claimed:
            sys.exit(f"line {number}: the event was changed")
        if event["previous"] != (last or (ZEROS if unchained else event["previous"])):
            sys.exit(f"line {number}: an event before it is missing, new or moved")
        last = claimed
if trials:
    print(f"left out {trials} that are no events of the chain: trials of a destination, which nothing proves")
if before is None:
    sys.exit("there are no events: nothing can be verified")
if last is None:
    sys.exit(f"{unchained} events are from before there were chains: nothing can be verified")
if len(sys.argv) > 2 and last != sys.argv[2]:
    sys.exit("the newest event is another")
if unchained:
    print(f"the first {unchained} events are from before there were chains: nothing proves them")
print(f"whole, up to {last}, of {before[1] or 'the provider'}")

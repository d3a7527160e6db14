#!/usr/bin/env python3
"""Measures `verifull scan` against hand labels of real files.

    measure.py MANIFEST FOLDER [--verifull PROGRAM] [--list]

MANIFEST has one JSON object a line: id, path, expect, tolerated, traps (line, end_line, class). FOLDER holds each file as
FOLDER/<id>/<path>. A finding hits a label when file and class agree and its lines touch the label's lines by at most one line more.
Precision is hits / (hits + findings that touch neither `expect` nor `tolerated`); recall is over `expect`; several findings on
one label count once. Noise is tolerated lines that are reported at medium or above.
"""

import argparse
import collections
import json
import pathlib
import subprocess

RANK = {"info": 0, "low": 1, "medium": 2, "high": 3, "critical": 4}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("manifest", type=pathlib.Path)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--verifull", default="verifull")
    arguments.add_argument("--list", action="store_true", help="list what is missed and what is wrong")
    given = arguments.parse_args()
    register = json.loads(subprocess.run([given.verifull, "explain", "--format", "json"], capture_output=True, check=True).stdout)
    classes = {check["id"]: check["class"] for check in register["checks"]}
    hits, missed, wrong = collections.Counter(), collections.Counter(), collections.Counter()
    noise = tolerated_hits = traps = 0
    for line in given.manifest.read_text().splitlines():
        entry = json.loads(line)
        folder = given.folder / entry["id"]
        ran = subprocess.run([given.verifull, "scan", str(folder), "--format", "json"], capture_output=True, text=True)
        document = json.loads(ran.stdout)
        found = []
        for finding in document["findings"]:
            kind = classes.get(finding["check"])
            place = finding.get("location")
            if kind and place:
                found.append((kind, place["line"], place.get("end_line", place["line"]), finding["severity"], finding["message"]))
        def touches(item, label):
            return item[0] == label["class"] and item[1] <= label["end_line"] + 1 and item[2] >= label["line"] - 1
        used = set()
        for label in entry["expect"]:
            on = [place for place, item in enumerate(found) if touches(item, label)]
            used.update(on)
            if on:
                hits[label["class"]] += 1
            else:
                missed[label["class"]] += 1
                if given.list:
                    print(f"missed {entry['id']} {entry['path']}:{label['line']} {label['class']}: {label['why']}")
        seen = set()
        for place, item in enumerate(found):
            if place in used:
                continue
            labels = [label for label in entry["tolerated"] if touches(item, label)]
            if labels:
                tolerated_hits += 1
                noise += RANK[item[3]] >= RANK["medium"]
                if given.list and RANK[item[3]] >= RANK["medium"]:
                    print(f"noise  {entry['id']} {entry['path']}:{item[1]} {item[0]} {item[3]}: {item[4]}")
                continue
            if (item[0], item[1]) in seen:
                continue
            seen.add((item[0], item[1]))
            wrong[item[0]] += 1
            trapped = any(touches(item, label) for label in entry["traps"])
            traps += trapped
            if given.list:
                print(f"wrong  {entry['id']} {entry['path']}:{item[1]} {item[0]} {item[3]}{' TRAP' if trapped else ''}: {item[4]}")
    print(f"{'class':24} {'expected':>8} {'found':>6} {'wrong':>6} {'precision':>9} {'recall':>7}")
    for kind in sorted(set(hits) | set(missed) | set(wrong)) + ["all"]:
        pick = (lambda counter: sum(counter.values())) if kind == "all" else (lambda counter: counter[kind])
        hit, miss, bad = pick(hits), pick(missed), pick(wrong)
        precision = f"{hit / (hit + bad):.2f}" if hit + bad else "–"
        recall = f"{hit / (hit + miss):.2f}" if hit + miss else "–"
        print(f"{kind:24} {hit + miss:8} {hit:6} {bad:6} {precision:>9} {recall:>7}")
    print(f"tolerated lines reported: {tolerated_hits}, of them at medium or above (noise): {noise}; traps hit: {traps}")


main()

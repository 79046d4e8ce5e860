"""The table of results."""

from collections import Counter


def report(results, stream, figures, decoder):
    statuses = Counter(result.status for result in results)
    lines = [f"tests {len(results)}: " + ", ".join(f"{count} {status}" for status, count in statuses.most_common()),
             f"nodes started {sum(len(result.processes) for result in results)}, with a log {figures.runs}; events {stream.events}, of them {figures.events} of these nodes", ""]
    lines += ["| kind | events | compared with lines |", "| --- | ---: | ---: |"]
    for kind in sorted(stream.kinds | figures.compared):
        lines.append(f"| {kind} | {stream.kinds[kind]} | {figures.compared[kind] or '-'} |")
    lines += ["", f"captured messages compared byte by byte: {figures.captured}, {figures.captured_bytes} bytes",
              f"payloads decoded by Core's test framework as well: {decoder.compared}; it had no form for these: {dict(decoder.not_by_core)}",
              f"sends that another thread overtook: {figures.overtaken}"]
    lines += [f"undecodable, and Core threw nothing: {count} × {why}" for why, count in figures.accepted.most_common()]
    lines += [f"not compared: {count} × {why}" for why, count in figures.not_compared.most_common() if count]
    lines += [f"lost, as reported: {count} × {name}" for name, count in stream.lost.items()]
    lines += ["", "Differences by sort:"]
    sorts = Counter(difference.sort for _, difference in figures.differences)
    lines += [f"{count:7} {sort}" for sort, count in sorts.most_common()] or ["none"]
    shown = Counter()
    for where, difference in figures.differences:
        shown[difference.sort] += 1
        if shown[difference.sort] <= 3:
            lines.append(f"- {difference.sort}: {where}: {difference.text[:1500]}")
    lines += [f"- {result.command}: {result.status} after {result.seconds:.0f} s" for result in results if result.status in ("failed", "timed out")]
    return "\n".join(lines) + "\n"

"""The table as Markdown and JSON, and learning curves as SVG."""
import json
import statistics
from html import escape

COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7f7f7f"]
DASHES = ["", "7 3", "2 3", "10 3 2 3", "12 4"]


def summary(row):
    """The figures of one row."""
    results = row["results"]
    tests = [result["test_accuracy"] for result in results]
    first = results[0]
    arena = first.get("arena", {}).get("total", first.get("training_bytes"))
    return {
        "group": row["group"], "name": row["name"],
        "mean": statistics.mean(tests),
        "deviation": statistics.stdev(tests) if len(tests) > 1 else None,
        "tests": tests, "training_bytes": arena,
        "training_bytes_in_place": first.get("training_bytes_in_place"),
        "seconds": statistics.mean(result["seconds"] for result in results),
        "macs": first.get("macs_training"),
        "chosen": row["chosen"], "options": row["options"],
        "curve": [mean_of(epochs) for epochs in
                  zip(*([e["validation_accuracy"] for e in result.get("epochs", [])]
                        for result in results))],
    }


def mean_of(values):
    return None if None in values else statistics.mean(values)


def percent(row):
    if row["deviation"] is None:
        return f"{100 * row['mean']:.2f}"
    return f"{100 * row['mean']:.2f} ± {100 * row['deviation']:.2f}"


def number(value):
    return "" if value is None else f"{value:,.0f}"


def markdown(table):
    """A table for each group, in order."""
    lines, rows = [], [summary(row) for row in table]
    for group in dict.fromkeys(row["group"] for row in rows):
        lines += [f"### {group}", "",
                  "| | test, % | training bytes | CPU seconds | MACs a sample | chosen |",
                  "|---|---|---|---|---|---|"]
        for row in rows:
            if row["group"] == group:
                chosen = ", ".join(f"{name} {value}" for name, value in row["chosen"].items())
                lines.append(f"| {row['name']} | {percent(row)} | {number(row['training_bytes'])} "
                             f"| {row['seconds']:.1f} | {number(row['macs'])} | {chosen} |")
        lines.append("")
    return "\n".join(lines)


def write(table, folder):
    """table.md, table.json and a curves-GROUP.svg for each group with curves."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [summary(row) for row in table]
    (folder / "table.md").write_text(markdown(table))
    (folder / "table.json").write_text(json.dumps(rows, indent=1) + "\n")
    for group in dict.fromkeys(row["group"] for row in rows):
        curves = [(row["name"], row["curve"]) for row in rows
                  if row["group"] == group and len(row["curve"]) > 1 and None not in row["curve"]]
        if curves:
            (folder / f"curves-{group}.svg").write_text(svg(group, curves))


def shortened(name):
    """The ends of a name that is wider than the picture has room for."""
    return name if len(name) <= 42 else name[:24] + "\u2026" + name[-16:]


def svg(title, curves):
    """Validation accuracy after every epoch, mean over the seeds, a line for each row."""
    width, left, top, right, bottom = 860, 52, 36, 350, 44
    height = max(360, top + 20 * len(curves) + bottom)
    epochs = max(len(curve) for _, curve in curves)
    values = [value for _, curve in curves for value in curve]
    # Below, only a rule that hardly learns is cut off.
    low = max(min(values), statistics.median(values) - 0.15)
    low = int(low * 50) / 50
    high = min(1, int(max(values) * 50 + 1) / 50)
    low = min(low, high - 0.02)

    def x(epoch):
        return left + (width - left - right) * (epoch - 1) / max(1, epochs - 1)

    def y(value):
        return top + (height - top - bottom) * (high - max(low, value)) / (high - low)

    ticks = [low + (high - low) * k / 4 for k in range(5)]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{escape(title)}: validation accuracy after every epoch">',
        "<style>",
        "text { font: 12px sans-serif; fill: #24292f } .grid { stroke: #d0d7de }",
        ".ground { fill: #ffffff } polyline { fill: none; stroke-width: 2 }",
        "@media (prefers-color-scheme: dark) {",
        "  text { fill: #e6edf3 } .grid { stroke: #3d444d } .ground { fill: #0d1117 }",
        "}",
        "</style>",
        f'<rect class="ground" width="{width}" height="{height}"/>',
        f'<text x="{left}" y="20">{escape(title)}: validation accuracy in %, mean over seeds'
        "</text>",
    ]
    for tick in ticks:
        parts += [f'<line class="grid" x1="{left}" x2="{width - right}" y1="{y(tick):.1f}" '
                  f'y2="{y(tick):.1f}"/>',
                  f'<text x="{left - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">'
                  f"{100 * tick:.1f}</text>"]
    for epoch in sorted({1, epochs, *range(0, epochs + 1, max(1, -(-epochs // 10)))} - {0}):
        parts.append(f'<text x="{x(epoch):.1f}" y="{height - bottom + 18}" text-anchor="middle">'
                     f"{epoch}</text>")
    parts.append(f'<text x="{(left + width - right) / 2}" y="{height - 8}" '
                 'text-anchor="middle">epoch</text>')
    for k, (name, curve) in enumerate(curves):
        colour = COLOURS[k % len(COLOURS)]
        # Colour alone must not tell curves apart.
        dashes = f' stroke-dasharray="{DASHES[k % len(DASHES)]}"' if k % len(DASHES) else ""
        points = " ".join(f"{x(epoch + 1):.1f},{y(value):.1f}" for epoch, value in enumerate(curve))
        line = top + 8 + 20 * k
        parts += [f'<polyline points="{points}" stroke="{colour}"{dashes}/>',
                  f'<line x1="{width - right + 14}" x2="{width - right + 38}" y1="{line}" '
                  f'y2="{line}" stroke="{colour}" stroke-width="2"{dashes}/>',
                  f'<text x="{width - right + 46}" y="{line + 4}">{escape(shortened(name))}</text>']
    parts.append("</svg>")
    return "\n".join(parts) + "\n"

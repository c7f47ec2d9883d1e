#!/usr/bin/env python3
"""Opens pictures (SVG) and pages (HTML) in headless Chromium, in light and in dark, and refuses what is
blank, what overflows, what cannot be read, and what has errors or asks for other files.

    .ci/browser/check.py FILE...
    .ci/browser/check.py --self-test      broken pictures are refused, a sound one is not
"""
import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from browser import Browser

MEASURE = (Path(__file__).parent / "measure.js").read_text()
SCHEMES = ("light", "dark")


def faults(browser, path):
    """What is wrong with a file, in sentences."""
    found, grounds = [], []
    for scheme in SCHEMES:
        wrong = browser.open(path.resolve().as_uri(), scheme)
        measured = browser.evaluate(MEASURE)
        wrong += measured["faults"]
        colours = browser.colours(measured["view"])
        # Letters alone have some twenty shades.
        if len(colours) < 16:
            wrong.append(f"blank: only {len(colours)} colours")
        grounds.append(sum(colours.most_common(1)[0][0]))
        found += [f"{scheme}: {sentence}" for sentence in wrong]
    if not grounds[0] > 600 > 200 > grounds[1]:
        found.append("light and dark have the same ground")
    # A page must be usable on a telephone; a picture shrinks by itself.
    if path.suffix == ".html":
        wrong = browser.open(path.resolve().as_uri(), "light", width=390, height=800)
        wrong += browser.evaluate(MEASURE)["faults"]
        found += [f"narrow: {sentence}" for sentence in wrong]
    return found


SOUND = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" font-size="12">
<style>.ground { fill: #fff } text { fill: #111 } .band { fill: #9ec5f5 }
@media (prefers-color-scheme: dark) { .ground { fill: #111 } text { fill: #eee } .band { fill: #1f4e8c } }
</style><rect class="ground" width="100%" height="100%"/>
<g><rect class="band" x="20" y="20" width="200" height="40"/><text x="30" y="45">in a band</text></g>
<text x="20" y="100" font-size="16">a picture without faults</text></svg>"""
PAGE = f"""<!DOCTYPE html><html><head><meta charset="utf-8"/><style>body {{ background: #fff; color: #111 }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111; color: #eee }} }}</style></head>
<body><p>a page</p>{SOUND}</body></html>"""
BROKEN = {  # what the complaint says: what makes it, in which file
    "leaves the picture": (".svg", SOUND, '<text x="20" y="100"', '<text x="300" y="100"'),
    "leaves its band": (".svg", SOUND, 'width="200" height="40"', 'width="40" height="40"'),
    "lies over": (".svg", SOUND, '<text x="20" y="100"', '<text x="30" y="48"'),
    "dark: 'in a band' has a contrast": (".svg", SOUND, "text { fill: #eee }", ""),
    "the same ground": (".svg", SOUND, ".ground { fill: #111 } text", "text"),
    "blank": (".svg", SOUND, "</style>", "text, .band { opacity: 0 }</style>"),
    "no words": (".svg", SOUND, "text", "tspan"),
    "script": (".html", PAGE, "<p>", "<script>absent()</script><p>"),
    "asks for": (".html", PAGE, "<p>", '<img src="http://localhost:1/x.png" alt=""/><p>'),
    "the page is too wide": (".html", PAGE, "<p>", '<p style="width: 3000px">'),
    "narrow": (".html", PAGE, "<p>", '<p style="width: 600px">'),
}


def self_test(browser):
    """A sound picture and page pass, and every broken one is refused for what is wrong with it."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix, text in ((".svg", SOUND), (".html", PAGE)):
            path = Path(folder, "sound" + suffix)
            path.write_text(text)
            if found := faults(browser, path):
                sys.exit(f"FAILED: a sound {suffix} is refused: {found}")
        for number, (complaint, (suffix, text, old, new)) in enumerate(BROKEN.items()):
            path = Path(folder, f"{number}{suffix}")
            path.write_text(text.replace(old, new))
            found = faults(browser, path)
            if text == text.replace(old, new) or not any(complaint in fault for fault in found):
                sys.exit(f"FAILED: not refused as '{complaint}': {found}")
    print(f"{len(BROKEN)} broken pictures and pages are refused")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--self-test", action="store_true")
    arguments = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        sys.exit("there is no chromium; '.ci/install browser' installs it on Debian")
    bad = 0
    with Browser(program) as browser:
        if arguments.self_test:
            self_test(browser)
        for path in arguments.files:
            found = faults(browser, path)
            for fault in found[:10]:
                print(f"{path}: {fault}", file=sys.stderr)
            bad += bool(found)
            if not found:
                print(f"{path}: opened in light and dark")
    if not arguments.files and not arguments.self_test:
        parser.error("no files")
    sys.exit(f"FAILED: {bad} of {len(arguments.files)} files" if bad else 0)


if __name__ == "__main__":
    main()

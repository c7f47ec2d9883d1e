"""Headless Chromium behind its DevTools pipe, with nothing but Python's standard library."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
import zlib
from collections import Counter


class Browser:
    """One tab: opens files, runs JavaScript in them, takes screenshots."""

    def __init__(self, program):
        self.profile = tempfile.mkdtemp()
        to_browser, self.write_end = os.pipe()
        self.read_end, from_browser = os.pipe()
        flags = ["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                 "--disable-background-networking", "--disable-dev-shm-usage",
                 f"--user-data-dir={self.profile}", "--remote-debugging-pipe"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")

        def take_pipes():
            # Chromium reads commands from 3 and writes to 4; either may be in the other's way.
            reading, writing = os.dup(to_browser), os.dup(from_browser)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            [program, *flags, "about:blank"], preexec_fn=take_pipes, pass_fds=(3, 4),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer, self.number, self.session, self.events = b"", 0, None, []
        target = next(t for t in self.send("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.send(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(domain + ".enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        os.close(self.write_end)
        os.close(self.read_end)
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self):
        while b"\0" not in self.buffer:
            part = os.read(self.read_end, 1 << 20)
            if not part:
                raise RuntimeError("the browser has ended")
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **parameters):
        """The result of a command; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        # A pipe takes a part at a time.
        text = json.dumps(message).encode() + b"\0"
        while text:
            text = text[os.write(self.write_end, text):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def open(self, url, scheme, width=1300, height=900):
        """Loads a page in a colour scheme; the result is what went wrong meanwhile, in words."""
        self.send("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=False)
        self.events.clear()
        self.send("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())
        # What a page's own scripts do later is an error as well.
        time.sleep(0.05)
        self.evaluate("1")
        faults = []
        for event in self.events:
            parameters = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                faults.append("script: " + parameters["exceptionDetails"]["text"])
            if event.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
                faults.append(parameters["entry"]["text"])
            if event.get("method") == "Network.requestWillBeSent":
                asked = parameters["request"]["url"]
                if asked != url and not asked.startswith("data:"):
                    faults.append("asks for " + asked)
        return faults

    def evaluate(self, script):
        """The value of a JavaScript expression."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"]["description"])
        return answer["result"].get("value")

    def colours(self, view):
        """How many pixels of a part of the window, drawn smaller, have each colour."""
        clip = {**view, "scale": 0.4}
        data = self.send("Page.captureScreenshot", format="png", clip=clip)["data"]
        return Counter(pixels(base64.b64decode(data)))


def pixels(png):
    """The colours of an image of 8-bit RGB or RGBA, as tuples."""
    header = png[16:33]
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    size = {2: 3, 6: 4}[header[9]]
    position, data = 8, b""
    while position < len(png):
        length = int.from_bytes(png[position:position + 4], "big")
        if png[position + 4:position + 8] == b"IDAT":
            data += png[position + 8:position + 8 + length]
        position += length + 12
    data, stride, above = zlib.decompress(data), width * size, bytearray(width * size)
    for row in range(height):
        kind, line = data[row * (stride + 1)], bytearray(
            data[row * (stride + 1) + 1:(row + 1) * (stride + 1)])
        if kind == 2 and not any(above):
            kind = 0
        for i in range(stride if kind else 0):
            left = line[i - size] if i >= size else 0
            up, corner = above[i], above[i - size] if i >= size else 0
            if kind == 1:
                line[i] = line[i] + left & 255
            elif kind == 2:
                line[i] = line[i] + up & 255
            elif kind == 3:
                line[i] = line[i] + (left + up) // 2 & 255
            else:
                guess = left + up - corner
                line[i] = line[i] + min(
                    (abs(guess - left), 0, left), (abs(guess - up), 1, up),
                    (abs(guess - corner), 2, corner))[2] & 255
        yield from zip(line[0::size], line[1::size], line[2::size])
        above = line

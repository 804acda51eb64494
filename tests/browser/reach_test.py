#!/usr/bin/python3
"""reach_test.py SOURCE ACTIOND: the page in a real Chromium. Skipped (77) where it is not installed.

The page asks for little, and for nothing while it is hidden; other sites get nothing; axe-core, if
npm has it, finds nothing serious.
"""
import http.server
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import browser as chromium
from page_case import ACTIOND, PAGES, SOURCE, PageCase, main
from scene import Scene, busy_shop


class ReachTest(PageCase):
    def test_a_hidden_page_asks_nothing(self):
        with Scene(SOURCE, ACTIOND) as scene:
            poller = scene.add_poller()
            scene.serve()
            self.enter(scene)
            self.browser.execute_script("""
                Object.defineProperty(document, "hidden", {get: () => window.isAway});
                const fetch = window.fetch;
                window.asked = 0;
                window.fetch = (...all) => { window.asked += 1; return fetch(...all); };
                window.isAway = true;
                document.dispatchEvent(new Event("visibilitychange"));""")
            self.outlast_a_turn()
            self.assertEqual(self.browser.execute_script("return window.asked"), 0)
            before = len(poller.told)
            self.browser.execute_script(
                "window.isAway = false; document.dispatchEvent(new Event('visibilitychange'))")
            chromium.wait_for(self.browser, lambda _: len(poller.told) > before)

    def test_other_sites_get_nothing(self):
        with Scene(SOURCE, ACTIOND, "web: {hosts: [localhost.localdomain]}") as scene, \
                tempfile.TemporaryDirectory() as directory:
            poller = scene.add_poller()
            scene.serve()
            self.enter(scene)
            Path(directory, "evil.html").write_text(f"""<!doctype html><title>evil</title>
                <iframe id=frame src="{scene.address}"></iframe>
                <form id=form method=post enctype=text/plain action="{scene.address}api/v1/pollers/stop"
                  target=hidden><input name='{{"id":1,"pid":{poller.status["pid"]},"x":"' value='"}}'></form>
                <iframe name=hidden></iframe>""")
            port = serve_files(directory)
            self.browser.get(f"http://127.0.0.1:{port}/evil.html")
            outcome = self.browser.execute_async_script("""
                const [address, pid, done] = arguments;
                const post = (more) => fetch(address + "api/v1/pollers/stop", {method: "POST",
                  credentials: "include", body: JSON.stringify({id: 1, pid}), ...more})
                  .then((answer) => answer.type + answer.status, () => "refused");
                const answered = new Promise((next) => document.getElementsByName("hidden")[0].onload = next);
                document.getElementById("form").submit();
                Promise.all([post({mode: "no-cors"}), post({headers: {"Content-Type": "application/json"}}),
                  fetch(address + "api/v1/overview", {credentials: "include"})
                    .then((answer) => answer.text(), () => "refused"),
                  answered.then(() => "answered")]).then(done);
                """, scene.address, poller.status["pid"])
            self.assertEqual(outcome[1:], ["refused", "refused", "answered"])
            self.assertNotIn("stop", [each["command"] for each in poller.told])
            frame = self.browser.find_element("id", "frame")
            self.browser.switch_to.frame(frame)
            self.assertNotIn("shop", self.browser.execute_script("return document.documentElement.innerText"))
            self.browser.switch_to.default_content()

    def test_the_front_page_of_many_is_small_and_soon_there(self):
        with Scene(SOURCE, ACTIOND) as scene:
            for number in range(200):
                scene.add_poller(in_hand=[{"event": f"event_{each}", "id": f"{number}-{each}",
                                           "queue": "medium", "attempt": 1, "for_ms": 1000}
                                          for each in range(2 + number % 2)])
            scene.add_events("dead", 100_000, error="no")
            scene.add_events("medium", 1_000_000, attempt=1)
            for number in range(150):
                scene.count(f"event_{number}", number % 60, 100)
            scene.serve()
            self.enter(scene)
            self.open(scene, "", "200 pollers")
            sizes = self.browser.execute_script("""
                return performance.getEntries().filter((each) => each.responseStart)
                  .map((each) => [each.name, each.responseStart - each.requestStart, each.decodedBodySize])""")
            print(sizes)
            self.assertLessEqual(len({name for name, *_ in sizes}), 6)
            self.assertLess(sum(size for *_, size in sizes), 300_000)
            self.assertLess(sizes[0][1], 50)
            self.assert_quiet()

    def test_axe_finds_nothing_serious(self):
        script = axe_core()
        if not script:
            self.skipTest("npm does not bring axe-core")
        with Scene(SOURCE, ACTIOND, "cron: {sweep: {every: 10m, event: sweep_carts}}") as scene:
            busy_shop(scene)
            scene.serve()
            self.browser.get(scene.address + "login")
            self.judge(script, "login")
            self.enter(scene)
            for is_dark in (False, True):
                chromium.set_dark(self.browser, is_dark)
                for page in [*PAGES, "events/send_email"]:
                    self.open(scene, page)
                    if page == "dead":
                        self.click("Look ")
                        chromium.wait_for_text(self.browser, "Seen")
                    time.sleep(1)
                    self.judge(script, page)
            chromium.set_dark(self.browser, False)

    def judge(self, script, page):
        self.browser.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
        self.browser.execute_script(script)
        found = self.browser.execute_async_script(
            "const done = arguments[arguments.length - 1]; axe.run().then((each) => done(each.violations))")
        bad = [f"{page}: {each['id']}: {each['nodes'][0]['html']} {each['nodes'][0]['failureSummary']}"
               for each in found if each["impact"] in ("serious", "critical")]
        self.assertEqual(bad, [])


def serve_files(directory):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *words):
            super().__init__(*words, directory=directory)

        def log_message(self, *_):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


def axe_core():
    """Its text, fetched into a directory of the test's own; nothing without npm."""
    directory = Path(tempfile.gettempdir()) / "actiond-axe-core"
    script = directory / "node_modules/axe-core/axe.min.js"
    if not script.exists():
        directory.mkdir(exist_ok=True)
        try:
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "axe-core@4"],
                           cwd=directory, timeout=120, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
    return script.read_text() if script.exists() else None


if __name__ == "__main__":
    main()

#!/usr/bin/python3
"""page_test.py SOURCE ACTIOND: the page in a real Chromium. Skipped (77) where it is not installed.

What is hostile shows as it is; actions do what their buttons say, and nothing without a click; the
keyboard is enough; other sites get nothing; axe-core, if npm has it, finds nothing serious.
"""
import http.server
import json
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

import browser as chromium
from hostile import PAYLOADS
from scene import Scene, busy_shop

SOURCE, ACTIOND = Path(sys.argv[1]), sys.argv[2]
PAGES = ["", "events", "running", "pollers", "plugins", "dead", "later", "cron"]


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = chromium.open_browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.quit()

    def setUp(self):
        self.browser.get("about:blank")
        self.browser.get_log("browser")  # what the test before has left

    def enter(self, scene):
        self.browser.get("about:blank")
        self.browser.get(scene.link)
        chromium.wait_for(self.browser, lambda each: each.current_url == scene.address)
        chromium.wait_for_text(self.browser, "live")

    def open(self, scene, page, text="live"):
        self.browser.get(scene.address + page)
        chromium.wait_for_text(self.browser, text)

    def text(self):
        return self.browser.execute_script("return document.body.textContent")

    def click(self, text):
        """The button that begins so."""
        def find(browser):
            for each in browser.find_elements("css selector", "button"):
                if each.is_displayed() and each.is_enabled() and each.text.startswith(text):
                    return each
            return None
        chromium.wait_for(self.browser, find).click()

    def assert_quiet(self):
        self.assertNotRegex(self.text(), r"\[object |undefined|NaN")
        self.assertEqual(chromium.complaints(self.browser), [])

    def test_hostile_text_shows_as_it_is(self):
        with Scene(SOURCE, ACTIOND) as scene:
            for number, payload in enumerate(PAYLOADS):
                scene.add_poller(
                    state=payload, problem=payload, plugin_set=payload,
                    in_hand=[{"event": payload, "id": payload, "queue": payload, "attempt": 1,
                              "for_ms": 1000, "params": payload}],
                    plugins=[{"name": payload, "version": payload, "file": "/p/" + payload, "hash": payload}],
                    failures=[{"event": payload, "id": payload, "queue": payload, "attempt": 1,
                               "error": payload, "at_ms": 1}],
                    reload={"is_underway": False, "problem": payload})
                scene.add_events("dead", 1, id=payload.replace("\0", ""), event=payload, error=payload,
                                 origin=payload, poller=payload, plugin=payload, backtrace=payload,
                                 body=json.dumps({payload: [payload]}).encode())
                scene.count(payload, number % 50, 5, 3, payload)
                scene.mark("swap", 5, payload, payload + "2", payload, payload, payload, payload)
                scene.mark("crash", 5, payload, payload, payload, payload, payload, payload)
            scene.serve()
            self.enter(scene)
            seen = {}
            for page in PAGES:
                self.open(scene, page)
                if page == "dead":
                    self.click("Look at the dead letters")
                    chromium.wait_for_text(self.browser, "Seen")
                time.sleep(0.5)
                seen[page] = self.text()
                self.assert_quiet()
            for payload in PAYLOADS:
                for page in ("running", "pollers", "plugins", "dead", "events"):
                    self.assertIn(payload, seen[page], page)
            for address in self.links("events")[:len(PAYLOADS)] + self.links("dead")[:len(PAYLOADS)]:
                self.browser.get(address)
                chromium.wait_for_text(self.browser, "live")
                self.assert_quiet()

    def links(self, page):
        """Where the page's first column leads; all of them below the page itself."""
        self.browser.get(self.browser.current_url.split("/", 3)[0] + "//" +
                         self.browser.current_url.split("/")[2] + "/" + page)
        if page == "dead":
            self.click("Look ")
            chromium.wait_for_text(self.browser, "Seen")
        chromium.wait_for(self.browser, lambda each: each.find_elements("css selector", "tbody a"))
        # At one look: the page draws its rows anew now and then.
        found = self.browser.execute_script(
            "return [...document.querySelectorAll('tbody a')].map((link) => link.href)")
        for address in found:
            self.assertIn(f"/{page}/", address)
        return found

    def test_dead_letters_are_read_by_a_click_alone_and_changed_as_many_as_seen(self):
        with Scene(SOURCE, ACTIOND) as scene:
            scene.add_poller()
            scene.add_events("dead", 7, error="timeout after 31 ms")
            scene.add_events("dead", 2, event="audit", error="no")
            scene.serve()
            self.enter(scene)
            self.open(scene, "dead", "Look at the dead letters")
            time.sleep(2.5)
            self.assertNotIn("timeout after", self.text())
            self.click("Look at the dead letters")
            chromium.wait_for_text(self.browser, "timeout after #")
            self.click("Show these")
            chromium.wait_for_text(self.browser, "7 dead letters of send_email")
            scene.add_events("dead", 1, error="timeout after 32 ms")
            self.click("Delete 7 dead letters of send_email")
            dialog = chromium.wait_for(
                self.browser, lambda each: each.find_element("css selector", "dialog[open]"))
            dialog.find_element("css selector", "button.danger").click()
            chromium.wait_for_text(self.browser, "nothing was done")
            self.click("Cancel")
            self.click("Look again")
            chromium.wait_for_text(self.browser, "10 dead letters")
            chromium.wait_for_text(self.browser, "8 dead letters of send_email")
            self.click("Delete 8 dead letters of send_email")
            self.browser.find_element("css selector", "dialog[open] button.danger").click()
            chromium.wait_for_text(self.browser, "8 dead letters deleted.")
            chromium.wait_for_text(self.browser, "2 dead letters")
            self.click("Retry 2 dead letters")
            self.browser.find_element("css selector", "dialog[open] button.danger").click()
            chromium.wait_for_text(self.browser, "2 dead letters queued again.")
            chromium.wait_for_text(self.browser, "There are no dead letters.")
            self.assertIn("delete 8 dead letters of 'send_email'", scene.log_text())
            self.assertIn("asked by session", scene.log_text())

    def test_a_poller_is_stopped_after_a_question(self):
        with Scene(SOURCE, ACTIOND) as scene:
            poller = scene.add_poller()
            scene.serve()
            self.enter(scene)
            self.open(scene, "pollers", "Stop poller 1")
            self.click("Stop poller 1")
            self.click("Cancel")
            self.assertNotIn("stop", [each["command"] for each in poller.told])
            self.click("Stop poller 1")
            self.browser.find_element("css selector", "dialog[open] button.danger").click()
            chromium.wait_for_text(self.browser, "Poller 1 has been told to stop.")
            self.assertIn("stop", [each["command"] for each in poller.told])
            self.assert_quiet()

    def test_a_poller_is_quieted_and_cron_is_run_and_paused(self):
        yaml = ('cron: {nightly: {at: "30 4 * * *", zone: Europe/Berlin, event: audit, '
                'params: {day: "<b>all</b>"}, queue: low}}')
        with Scene(SOURCE, ACTIOND, yaml) as scene:
            poller = scene.add_poller()
            scene.queues()
            scene.serve()
            self.enter(scene)
            self.open(scene, "pollers", "Stop poller 1")
            self.click("Quiet")
            self.browser.find_element("css selector", "dialog[open] button.danger").click()
            chromium.wait_for_text(self.browser, "Poller 1 takes nothing new.")
            self.assertIn("quiet", [each["command"] for each in poller.told])
            self.open(scene, "cron", "30 4 * * *")
            self.assertIn("Europe/Berlin", self.text())
            self.assertIn("<b>all</b>", self.text())
            self.click("Run now")
            self.browser.find_element("css selector", "dialog[open] button.danger").click()
            chromium.wait_for_text(self.browser, "nightly is queued: ")
            self.click("Pause")
            self.browser.find_element("css selector", "dialog[open] button.danger").click()
            chromium.wait_for_text(self.browser, "nightly is paused")
            self.assertIn("pause of nightly of cron", scene.log_text())
            self.assert_quiet()

    def test_read_only_has_no_buttons_that_change_anything(self):
        with Scene(SOURCE, ACTIOND) as scene:
            scene.add_poller()
            scene.add_events("dead", 3, error="no")
            scene.serve("--read-only")
            self.enter(scene)
            for page in PAGES:
                self.open(scene, page)
                if page == "dead":
                    self.click("Look at the dead letters")
                    chromium.wait_for_text(self.browser, "Seen")
                words = [each.text for each in self.browser.find_elements("css selector", "button")]
                for word in ("Stop", "Roll", "Retry", "Delete"):
                    self.assertFalse([each for each in words if each.startswith(word)], page)

    def test_the_keyboard_is_enough(self):
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys
        with Scene(SOURCE, ACTIOND) as scene:
            scene.add_poller()
            scene.add_events("dead", 3, error="no")
            scene.serve()
            self.enter(scene)

            def press(key):
                ActionChains(self.browser).send_keys(key).perform()

            def tab_to(text):
                for _ in range(60):
                    press(Keys.TAB)
                    found = self.browser.switch_to.active_element
                    if (found.text or "").startswith(text):
                        return
                self.fail(f"the keyboard does not reach {text}")
            tab_to("Dead")
            press(Keys.ENTER)
            chromium.wait_for_text(self.browser, "Look at the dead letters")
            tab_to("Look at the dead letters")
            press(Keys.ENTER)
            chromium.wait_for_text(self.browser, "Seen")
            tab_to("Delete 3 dead letters")
            press(Keys.ENTER)
            chromium.wait_for_text(self.browser, "gone for good")
            press(Keys.ESCAPE)
            chromium.wait_for(self.browser, lambda each: not each.find_elements("css selector", "dialog"))
            tab_to("Delete 3 dead letters")
            press(Keys.ENTER)
            tab_to("Delete 3 dead letters")
            press(Keys.ENTER)
            chromium.wait_for_text(self.browser, "3 dead letters deleted.")

    def test_the_focus_stays_when_the_page_is_redrawn(self):
        with Scene(SOURCE, ACTIOND) as scene:
            poller = scene.add_poller()
            scene.serve()
            self.enter(scene)
            self.open(scene, "pollers", "Stop poller 1")
            self.browser.execute_script("document.querySelector('[data-key^=stop]').focus()")
            poller.status["done"] = 4711
            chromium.wait_for_text(self.browser, "4,711")
            key = self.browser.execute_script("return document.activeElement.dataset.key")
            self.assertTrue(key.startswith("stop/"), key)

    def test_a_hidden_page_asks_nothing(self):
        with Scene(SOURCE, ACTIOND) as scene:
            poller = scene.add_poller()
            scene.serve()
            self.enter(scene)
            self.browser.execute_script(
                "Object.defineProperty(document, 'hidden', {get: () => window.isAway});"
                "window.isAway = true; document.dispatchEvent(new Event('visibilitychange'))")
            time.sleep(1)
            before = len(poller.told)
            time.sleep(5)
            self.assertEqual(len(poller.told), before)
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
                document.getElementById("form").submit();
                Promise.all([post({mode: "no-cors"}), post({headers: {"Content-Type": "application/json"}}),
                  fetch(address + "api/v1/overview", {credentials: "include"})
                    .then((answer) => answer.text(), () => "refused")]).then(done);
                """, scene.address, poller.status["pid"])
            time.sleep(1)
            self.assertEqual(outcome[1:], ["refused", "refused"])
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
        with Scene(SOURCE, ACTIOND) as scene:
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
    if chromium.missing():
        print(f"skipped: {chromium.missing()} is not installed (scripts/install-packages browser)")
        sys.exit(chromium.SKIPPED)
    result = unittest.main(argv=sys.argv[:1] + sys.argv[3:], exit=False).result
    sys.exit(0 if result.wasSuccessful() and not result.skipped else 1 if not result.wasSuccessful()
             else chromium.SKIPPED)

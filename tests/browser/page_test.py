#!/usr/bin/python3
"""page_test.py SOURCE ACTIOND: the page in a real Chromium. Skipped (77) where it is not installed.

What is hostile shows as it is; actions do what their buttons say, and nothing without a click; the
keyboard is enough.
"""
import json
import time

import browser as chromium
from hostile import PAYLOADS
from page_case import ACTIOND, PAGES, SOURCE, PageCase, main
from scene import Scene


class PageTest(PageCase):
    def test_hostile_text_shows_as_it_is(self):
        with Scene(SOURCE, ACTIOND) as scene:
            for number, payload in enumerate(PAYLOADS):
                scene.add_poller(
                    state=payload, problem=payload, plugin_set=payload,
                    in_hand=[{"event": payload, "id": payload, "queue": payload, "attempt": 1,
                              "for_ms": 1000, "params": payload, "trace_id": payload}],
                    memory_kb=payload,
                    plugins=[{"name": payload, "version": payload, "file": "/p/" + payload, "hash": payload}],
                    failures=[{"event": payload, "id": payload, "queue": payload, "attempt": 1,
                               "error": payload, "at_ms": 1}],
                    reload={"is_underway": False, "problem": payload})
                scene.add_events("dead", 1, id=payload.replace("\0", ""), event=payload, error=payload,
                                 origin=payload, poller=payload, plugin=payload, backtrace=payload,
                                 body=json.dumps({payload: [payload]}).encode())
                scene.add_events("low", 1, id=f"later{payload}".replace("\0", ""), event=payload, attempt=1,
                                 is_later=1, due_ms=int(time.time() * 1000) + 3_600_000 + number,
                                 body=payload.encode())
                scene.count(payload, number % 50, 5, 3, payload)
                scene.mark("swap", 5, payload, payload + "2", payload, payload, payload, payload)
                scene.mark("crash", 5, payload, payload, payload, payload, payload, payload)
            scene.serve()
            self.enter(scene)
            for page in PAGES:
                self.open(scene, page)
                if page == "dead":
                    self.click("Look at the dead letters")
                    chromium.wait_for_text(self.browser, "Seen")
                if page in ("running", "pollers", "plugins", "dead", "events", "later"):
                    for payload in PAYLOADS:
                        chromium.wait_for(self.browser, lambda _: payload in self.text())
                self.assert_quiet()
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
            self.outlast_a_turn()
            self.assertNotIn("timeout after", self.text())
            self.click("Look at the dead letters")
            chromium.wait_for_text(self.browser, "timeout after #")
            self.assertEqual(self.browser.execute_script(
                "return performance.getEntries().filter((each) => each.name.includes('look=1')).length"), 1)
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

    def test_a_trace_is_a_link_where_the_configuration_says_where_it_is_shown(self):
        trace = "0af7651916cd43dd8448eb211c80319c"
        yaml = 'web: {trace_link: "https://jaeger.example/trace/{trace_id}?a=\'&b=\\"<i>"}'
        for is_linked in (False, True):
            with Scene(SOURCE, ACTIOND, yaml if is_linked else "") as scene:
                run = {"event": "audit", "id": "7", "queue": "low", "attempt": 1, "for_ms": 1}
                scene.add_poller(in_hand=[{**run, "trace_id": trace}, {**run, "trace_id": trace[1:]}])
                scene.serve()
                self.enter(scene)
                self.open(scene, "running", trace[:8])
                links = self.browser.find_elements("css selector", "a[target=_blank]")
                self.assertEqual([each.get_dom_attribute("href") for each in links],
                                 [f"https://jaeger.example/trace/{trace}?a='&b=\"<i>"] if is_linked else [])
                self.assertEqual([each.get_dom_attribute("rel") for each in links],
                                 ["noopener noreferrer"] * len(links))
                self.assert_quiet()

    def test_a_queue_shows_since_when_its_first_event_waits(self):
        with Scene(SOURCE, ACTIOND) as scene:
            scene.add_poller()
            scene.add_events("medium", 2, attempt=1, due_ms=int(time.time() * 1000) - 7_260_000)
            scene.serve()
            self.enter(scene)
            chromium.wait_for_text(self.browser, "2 h 1 min")
            self.assert_quiet()

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

    def test_what_comes_when_is_shown_and_runs_at_once(self):
        with Scene(SOURCE, ACTIOND) as scene:
            scene.add_poller()
            soon_ms = int(time.time() * 1000) + 7_260_000
            scene.add_events("low", 250, event="audit", attempt=2, is_later=1, due_ms=soon_ms + 3_600_000)
            scene.add_events("medium", 1, event="first", id="first", is_later=1, due_ms=soon_ms,
                             body=b'{"day": "<b>all</b>"}')
            scene.add_events("medium", 1, event="never", id="never", is_later=1, due_ms=7 * 10 ** 18)
            scene.serve()
            self.enter(scene)
            self.open(scene, "later", "252 events wait for their time")
            for text in ("in 2 h 0 min", "These 200 come next.", '{"day": "<b>all</b>"}'):
                self.assertIn(text, self.text())
            self.click("Run now")
            self.browser.find_element("css selector", "dialog[open] button.danger").click()
            chromium.wait_for_text(self.browser, "first runs as soon as a poller is free.")
            chromium.wait_for_text(self.browser, "251 events wait for their time")
            self.assertIn("the event id='first' of the queue 'medium' is due now (asked by session",
                          scene.log_text())
            with scene.queues() as database:
                database.execute("DELETE FROM events WHERE event = 'audit'")
            chromium.wait_for_text(self.browser, "1 event waits for its time")
            self.assert_quiet()

    def test_read_only_has_no_buttons_that_change_anything(self):
        with Scene(SOURCE, ACTIOND) as scene:
            scene.add_poller()
            scene.add_events("dead", 3, error="no")
            scene.add_events("low", 1, is_later=1, due_ms=int(time.time() * 1000) + 3_600_000)
            scene.serve("--read-only")
            self.enter(scene)
            for page in PAGES:
                self.open(scene, page)
                if page == "dead":
                    self.click("Look at the dead letters")
                    chromium.wait_for_text(self.browser, "Seen")
                words = [each.text for each in self.browser.find_elements("css selector", "button")]
                for word in ("Stop", "Roll", "Retry", "Delete", "Run", "Pause"):
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


if __name__ == "__main__":
    main()

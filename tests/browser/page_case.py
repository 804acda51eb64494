"""The page in a real Chromium, as a test case: come in, open, click, wait; and how a file of them runs."""
import sys
import unittest
from pathlib import Path

import browser as chromium

SOURCE, ACTIOND = Path(sys.argv[1]), sys.argv[2]
PAGES = ["", "events", "running", "pollers", "plugins", "dead", "later", "cron"]


class PageCase(unittest.TestCase):
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

    def outlast_a_turn(self):
        """What the page asks by itself, it has asked: its timer is older than this one, and shorter."""
        every_ms = self.browser.execute_script("return kEvery_ms")
        self.browser.execute_async_script("setTimeout(arguments[1], arguments[0])", every_ms + 1)

    def assert_quiet(self):
        self.assertNotRegex(self.text(), r"\[object |undefined|NaN")
        self.assertEqual(chromium.complaints(self.browser), [])


def main():
    """Exits with 77 where Chromium is not installed, or something was skipped."""
    if chromium.missing():
        print(f"skipped: {chromium.missing()} is not installed (scripts/install-packages browser)")
        sys.exit(chromium.SKIPPED)
    result = unittest.main(argv=sys.argv[:1] + sys.argv[3:], exit=False).result
    sys.exit(0 if result.wasSuccessful() and not result.skipped else 1 if not result.wasSuccessful()
             else chromium.SKIPPED)

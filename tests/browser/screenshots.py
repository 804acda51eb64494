#!/usr/bin/python3
"""screenshots.py SOURCE ACTIOND DIRECTORY: each page as people see it, at 360, 800 and 1400 pixels,
and the first one in the dark. To be looked at; says Skipped (77) without a browser.
screenshots.py SOURCE ACTIOND FILE.png: the front page alone, as README.md shows it."""
import sys
import time
from pathlib import Path

import browser as chromium
from scene import Scene, busy_shop

PAGES = ["", "events", "events/send_email", "running", "pollers", "plugins", "dead", "dead/00000000-0000-4000-8000-000000000011", "later", "cron"]


RECURRING = """
cron:
  nightly: {at: "30 4 * * *", zone: Europe/Berlin, event: report, params: {day: yesterday}, queue: low}
  sweep: {every: 10m, event: sweep_carts}
"""


def shoot(browser, directory, name, width):
    chromium.resize(browser, width, 900)
    time.sleep(0.3)  # the charts are drawn anew
    height = min(3000, browser.execute_script("return document.documentElement.scrollHeight"))
    chromium.resize(browser, width, height)
    browser.save_screenshot(str(directory / f"{name or 'overview'}-{width}.png".replace("/", "-")))


def shoot_front(source, actiond, file):
    with Scene(source, actiond) as scene:
        busy_shop(scene)
        scene.serve()
        browser = chromium.open_browser()
        try:
            browser.get(scene.link)
            chromium.wait_for_text(browser, "charge_card")
            chromium.resize(browser, 1120, 850)
            time.sleep(0.5)
            browser.save_screenshot(str(file))
        finally:
            browser.quit()
    return 0


def main(source, actiond, directory):
    if chromium.missing():
        print(f"skipped: {chromium.missing()} is not installed")
        return chromium.SKIPPED
    if directory.suffix == ".png":
        return shoot_front(source, actiond, directory)
    directory.mkdir(parents=True, exist_ok=True)
    with Scene(source, actiond, RECURRING) as scene:
        busy_shop(scene)
        scene.serve()
        browser = chromium.open_browser()
        try:
            browser.get(scene.link)
            chromium.wait_for_text(browser, "QUEUES".title())
            for page in PAGES:
                browser.get(scene.address + page)
                chromium.wait_for_text(browser, "live" if page != "dead" else "Look at the dead")
                if page == "dead":
                    browser.find_element("css selector", "button.main").click()
                    chromium.wait_for_text(browser, "Seen")
                time.sleep(1)
                for width in (360, 800, 1400):
                    shoot(browser, directory, page, width)
            chromium.set_dark(browser, True)
            browser.get(scene.address)
            chromium.wait_for_text(browser, "live")
            shoot(browser, directory, "dark", 1400)
            with Scene(source, actiond) as empty:
                empty.serve()
                chromium.set_dark(browser, False)
                browser.get(empty.address + "login")
                shoot(browser, directory, "login", 800)
                browser.get(empty.link)
                chromium.wait_for_text(browser, "Nothing runs here yet")
                shoot(browser, directory, "empty", 800)
        finally:
            browser.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))

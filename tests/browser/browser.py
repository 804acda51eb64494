"""Chromium, as the tests use it: nothing but the page, and all that the page complains of."""
import shutil

SKIPPED = 77


def missing():
    """What is not installed; empty if all is there."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "python3-selenium"
    for program in ("chromium", "chromedriver"):
        if not shutil.which(program):
            return program
    return ""


def open_browser(width=1400, height=1000, dark=False):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--hide-scrollbars", f"--window-size={width},{height}", "--force-prefers-reduced-motion"):
        options.add_argument(word)
    if dark:
        options.add_argument("--force-dark-mode")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    browser.set_script_timeout(60)
    # What the policy refused, and what was shown as a dialog, is kept from the first moment on.
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        window.violations = [];
        addEventListener("securitypolicyviolation", (event) =>
          window.violations.push(event.violatedDirective + " " + event.blockedURI));
        window.dialogs = 0;
        for (const name of ["alert", "confirm", "prompt", "print"])
          window[name] = () => { window.dialogs += 1; };"""})
    return browser


def resize(browser, width, height):
    """The viewport, to the pixel: a window has a least width."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})


def set_dark(browser, is_dark):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}]})


def wait_for(browser, condition, patience_s=20):
    from selenium.webdriver.support.ui import WebDriverWait
    return WebDriverWait(browser, patience_s, poll_frequency=0.05).until(condition)


def wait_for_text(browser, text):
    return wait_for(browser, lambda each: text in each.execute_script("return document.body.innerText"))


def complaints(browser):
    """Dialogs, violations of the policy, errors of scripts; what the network said of 401 is no matter."""
    found = browser.execute_script("return [window.dialogs, window.violations]")
    said = [entry["message"] for entry in browser.get_log("browser")
            if entry["level"] == "SEVERE" and "status of 4" not in entry["message"]]
    return ([f"{found[0]} dialogs"] if found[0] else []) + found[1] + said

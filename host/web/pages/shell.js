// The frame of every page: where one is, and what is shown there.

const kPages = [
  {name: "", title: "Overview", start: startOverview},
  {name: "events", title: "Events", start: startEvents},
  {name: "running", title: "Running", start: startRunning},
  {name: "pollers", title: "Pollers", start: startPollers},
  {name: "plugins", title: "Plugins", start: startPlugins},
  {name: "dead", title: "Dead", start: startDead},
  {name: "later", title: "Later", start: startLater},
  {name: "cron", title: "Cron", start: startCron},
];

function partsOfAddress() {
  const path = location.pathname.slice(base.length);
  return path.split("/").filter(Boolean).map(decodeURIComponent);
}

function startShell() {
  const [name = "", detail] = partsOfAddress();
  const page = kPages.find((each) => each.name === name) || kPages[0];
  const nav = document.getElementById("nav");
  nav.append(...kPages.map((each) => el("a", {href: base + each.name,
    "aria-current": each === page ? "page" : null}, each.title,
    each.name === "dead" ? el("span", {class: "badge", id: "dead-count", hidden: true}) : null)));
  document.title = `${detail || page.title} · ${root.dataset.application}`;
  document.getElementById("logout").addEventListener("click", logOut);
  const main = document.getElementById("main");
  main.replaceChildren(el("h1", {class: name === "" ? "unseen" : null},
    detail ? el("a", {href: base + page.name}, page.title) : page.title,
    detail ? el("span", {class: "detail"}, detail) : null));
  page.start(main, detail);
  if (page.name !== "") new Live("overview", showFrame, kEvery_ms * kSlowTicks);
}

// What the frame itself shows of an overview.
function showFrame(overview) {
  const badge = document.getElementById("dead-count");
  const dead = overview.numbers.dead;
  badge.hidden = !dead;
  badge.textContent = numberText(dead);
  badge.title = counted(dead, "dead letter", "dead letters");
}

document.addEventListener("DOMContentLoaded", () => {
  if (root.dataset.login) return startLogin();
  startShell();
  setInterval(tickAll, 1000);
});

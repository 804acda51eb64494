// What recurs.

function startCron(main) {
  const list = el("div");
  main.append(list);
  new Live("cron", (answer) => show(list, answer, cronCard), kEvery_ms * kSlowTicks);
}

function cronCard(answer) {
  if (answer.entries.length === 0)
    return card("Recurring events", el("p", {class: "hint"},
      "Nothing recurs: the configuration has no ", code("cron:"), " with an entry in it."));
  const rows = answer.entries.map((entry) => [
    el("strong", {}, entry.name), code(entry.schedule), entry.zone,
    link(["events", entry.event], entry.event), entry.queue || "–", timeOf(Date.parse(entry.last)),
    entry.paused ? el("span", {class: "problem"}, "paused") : entry.next
      ? timeOf(Date.parse(entry.next), "in") : "never",
    entry.params === undefined ? "–" : paramsOf(entry.params),
    isReadOnly ? "" : el("div", {class: "buttons"}, runCronButton(entry), pauseCronButton(entry))]);
  return card("Recurring events",
    answer.problem ? el("p", {class: "problem"},
      "What came last, and what is paused, is not known: " + answer.problem) : null,
    table("Recurring events", [{title: "name"}, {title: "schedule"}, {title: "zone"},
      {title: "event"}, {title: "queue"}, {title: "last", number: true},
      {title: "next", number: true}, {title: "params", wide: true}, {title: ""}], rows));
}

function runCronButton(entry) {
  return button("Run now", () => confirmed(`Run ${entry.name} now?`,
    `Its event ${entry.event} is queued once more, besides its times.`, `Run ${entry.name} now`,
    async () => {
      const answer = await post("cron/run", {name: entry.name});
      notice(`${entry.name} is queued: ${answer.id}`);
    }), {"data-key": `run/${entry.name}`, "aria-label": `Run now: ${entry.name}`});
}

function pauseCronButton(entry) {
  const verb = entry.paused ? "Resume" : "Pause";
  return button(verb, () => confirmed(`${verb} ${entry.name}?`, entry.paused
    ? "It is queued again from its next time on."
    : "It is not queued until it is resumed.", `${verb} ${entry.name}`,
    async () => {
      await post(entry.paused ? "cron/resume" : "cron/pause", {name: entry.name});
      notice(`${entry.name} is ${entry.paused ? "resumed" : "paused"} within a few seconds.`);
    }), {"data-key": `pause-cron/${entry.name}`, "aria-label": `${verb} ${entry.name}`});
}

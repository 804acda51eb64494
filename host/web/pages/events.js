// Per event how it ends and how long it takes; of one event its plugin sets, side by side.

const kStretches = ["15m", "1h", "6h", "24h", "7d", "30d"];

function startEvents(main, event) {
  const since = new URLSearchParams(location.search).get("since") || "1h";
  const list = el("div");
  main.append(stretches(since), list);
  const path = `stats?since=${encodeURIComponent(since)}` +
    (event ? `&event=${encodeURIComponent(event)}` : "");
  new Live(path, (stats) => show(list, stats, () =>
    event ? eventCards(event, stats) : allEventsCard(stats)), 5 * kSecond);
  if (event) startFailures(main, event);
}

function stretches(since) {
  return el("nav", {class: "stretches", "aria-label": "Stretch of time"}, kStretches.map((each) =>
    el("a", {href: `?since=${each}`, "aria-current": each === since ? "true" : null}, each)));
}

function failedOf(outcomes) {
  return outcomes.failed + outcomes.dead + outcomes.discarded + outcomes.crashed + outcomes.timed_out;
}

function msText(times, key) {
  return times ? durationText(times[key]) : "–";
}

function allEventsCard(stats) {
  if (stats.events.length === 0)
    return card("Events", el("p", {class: "hint"}, "No event ended in this time."));
  const time = {marks: deploys(stats.marks), since: stats.since_ms, until: stats.until_ms};
  const rows = stats.events.map((event) => [link(["events", event.event], event.event),
    numberText(event.events), numberText(event.outcomes.done),
    shareText(failedOf(event.outcomes), event.events),
    el("span", {class: event.outcomes.dead ? "alarm" : null},
      numberText(event.outcomes.dead + event.outcomes.discarded)),
    numberText(event.crashes), msText(event.run_ms, "p50"), msText(event.run_ms, "p95"),
    msText(event.run_ms, "p99"), msText(event.wait_ms, "p95"),
    sparkline(event.series, {label: event.event, ...time})]);
  return card("Events", table("Events", [{title: "event"}, {title: "ended", number: true},
    {title: "done", number: true}, {title: "failed", number: true}, {title: "dead", number: true},
    {title: "crashes", number: true}, {title: "p50", number: true}, {title: "p95", number: true},
    {title: "p99", number: true}, {title: "wait p95", number: true}, {title: "per time", spark: true}],
    rows));
}

function eventCards(name, stats) {
  const event = stats.events.find((each) => each.event === name);
  if (!event)
    return card("Counts", el("p", {class: "hint"}, "This event did not end in this time."));
  const marks = stats.marks.filter((mark) => mark.kind !== "crash" || mark.event === name);
  const time = {marks: deploys(stats.marks), since: stats.since_ms, until: stats.until_ms};
  const cards = [card("Ended, per time", sparkline(event.series,
    {label: name, width: 900, height: 120, ...time}), deployLegend(time.marks)), setsCard(event)];
  if (marks.length > 0) cards.push(marksCard("Deploys and crashes", marks));
  return cards;
}

function deployLegend(marks) {
  if (marks.length === 0) return null;
  return el("p", {class: "hint"}, "Dashed lines are deploys: the last one ", timeOf(marks[0].at_ms),
    ", to ", setOf(marks[0].set_after));
}

// A column for each plugin set, the newest last, and one for all of them.
function setsCard(event) {
  const columns = [...event.sets, {...event, plugin_set: null}];
  const lines = [
    ["ended", (set) => numberText(set.events)],
    ["done", (set) => numberText(set.outcomes.done)],
    ["failed", (set) => shareText(failedOf(set.outcomes), set.events)],
    ["dead letters", (set) => numberText(set.outcomes.dead + set.outcomes.discarded)],
    ["crashes", (set) => numberText(set.crashes)],
    ["timed out", (set) => numberText(set.outcomes.timed_out)],
    ["run p50", (set) => msText(set.run_ms, "p50")],
    ["run p95", (set) => msText(set.run_ms, "p95")],
    ["run p99", (set) => msText(set.run_ms, "p99")],
    ["wait p50", (set) => msText(set.wait_ms, "p50")],
    ["wait p95", (set) => msText(set.wait_ms, "p95")],
    ["first seen", (set) => set.since_ms ? timeOf(set.since_ms) : "–"],
  ];
  const titles = columns.map((set) => ({title: set.plugin_set === null ? "all" :
    setText(set.plugin_set), number: true}));
  return card("By plugin set, oldest first", table("By plugin set",
    [{title: "plugin set"}, ...titles], lines.map(([title, text]) => [title, ...columns.map(text)]), {}));
}

function startFailures(main, event) {
  const list = el("div");
  main.append(list);
  new Live("status", (status) => {
    const failures = (status.pollers || []).flatMap((poller) =>
      (poller.failures || []).filter((failure) => failure.event === event)
        .map((failure) => ({...failure, poller: nameOfPoller(poller)})))
      .sort((one, other) => other.at_ms - one.at_ms).slice(0, 20);
    show(list, failures, failuresCard);
  });
}

function failuresCard(failures) {
  if (failures.length === 0)
    return card("Last failures", el("p", {class: "hint"}, "The pollers that live remember none."));
  return card("Last failures", table("Last failures", [{title: "when"},
    {title: "attempt", number: true}, {title: "poller"}, {title: "why", wide: true}, {title: "id"}],
    failures.map((failure) => [timeOf(failure.at_ms), numberText(failure.attempt), failure.poller,
      el("span", {class: "error"}, failure.error), code(failure.id)])));
}

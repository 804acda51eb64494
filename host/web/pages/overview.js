// The front page: is all well? First what needs a person, then four numbers, then the rest.

function startOverview(main) {
  const parts = {};
  for (const name of ["attention", "numbers", "queues", "events", "pollers"])
    parts[name] = el("div", {class: name});
  main.append(parts.attention, parts.numbers, parts.queues,
    el("div", {class: "columns"}, parts.events, parts.pollers));
  new Live("overview", (overview) => {
    showFrame(overview);
    const marks = deploys(overview.marks);
    const span = overview.statistics || {since_ms: 0, until_ms: 1};
    const time = {marks, since: span.since_ms, until: span.until_ms};
    show(parts.attention, [overview.attention, isEmpty(overview)],
      () => isEmpty(overview) ? firstSteps(overview) : attentionList(overview.attention));
    show(parts.numbers, overview.numbers, numberCards);
    show(parts.queues, [overview.queues, marks], () => queuesCard(overview, time));
    show(parts.events, [overview.events, marks], () => eventsCard(overview, time));
    show(parts.pollers, overview.pollers, pollersCard);
  });
}

function isEmpty(overview) {
  return overview.pollers.length === 0 && overview.events.length === 0;
}

// What to do first.
function firstSteps(overview) {
  const trouble = overview.attention.filter((item) => item.is_alarm);
  return [...attentionList(trouble), el("section", {class: "card first"},
    el("h2", {}, "Nothing runs here yet"),
    el("ol", {},
      el("li", {}, "Put a plugin into the plugin directory; ", code("actiond generate event hello_world"),
        " writes one."),
      el("li", {}, "Start a poller: ", code("actiond start --id 1")),
      el("li", {}, "Queue an event: ", code("actiond enqueue hello_world name=Ada"))),
    el("p", {class: "hint"}, "This page shows it within two seconds."))];
}

function attentionList(items) {
  return items.map((item) => el("div", {class: item.is_alarm ? "item alarm" : "item"},
    el("p", {}, el("strong", {}, item.title),
      item.since_ms ? [" in the last hour, since ", timeOf(item.since_ms)] : null,
      item.detail ? el("span", {class: "cut"}, " · " + item.detail) : null,
      item.plugin_set ? el("span", {class: "why"}, " · ", beganText(item), setOf(item.plugin_set)) : null),
    item.page ? el("a", {class: "button", href: base + item.page, "data-key": "look/" + item.title},
      "Look", el("span", {class: "unseen"}, " at: " + item.title)) : null));
}

function beganText(item) {
  const after = item.since_ms - item.deploy_ms;
  if (after < kMinute) return "began with plugin set ";
  return `began ${longDurationText(after)} after the deploy of `;
}

function numberCards(numbers) {
  const busy = numbers.in_hand > 0;
  return [
    numberCard("done, per second", rateText(numbers.done_a_second),
      numbers.hour_events === undefined ? "" :
        `${rateText(numbers.hour_events / 3600)} on average in the last hour`),
    numberCard("waiting", numberText(numbers.waiting),
      numbers.later ? `and ${numberText(numbers.later)} not before their time` : "in all queues"),
    numberCard("failed attempts, last hour", shareText(numbers.hour_failed, numbers.hour_events),
      numbers.day_events ? `${shareText(numbers.day_failed, numbers.day_events)} in the last day` : "",
      numbers.hour_failed > 0 && numbers.hour_failed * 20 > numbers.hour_events),
    numberCard("in hand", [numberText(numbers.in_hand),
      el("small", {}, ` of ${numberText(numbers.capacity)}`)],
      busy ? ["longest ", timeOf(numbers.longest_since_ms, "for")] : "nothing runs"),
  ];
}

function numberCard(title, value, detail, isAlarm) {
  return el("section", {class: "card figure"}, el("h2", {}, title),
    el("p", {class: isAlarm ? "value alarm" : "value"}, value), el("p", {class: "hint"}, detail));
}

function queuesCard(overview, time) {
  const problem = overview.broker && overview.broker.error;
  if (problem)
    return card("Queues", el("p", {class: "problem"}, "The broker can't be asked: " + problem));
  const now_ms = Date.now();
  const rows = overview.queues.filter((queue) => queue.name !== "dead").map((queue) => [
    [el("strong", {}, queue.name), pauseNote(queue)],
    numberText(queue.ready),
    timeOf(queue.oldest_ms, "for"),
    queue.wait_p95_ms === undefined || queue.wait_p95_ms === null ? "–" : durationText(queue.wait_p95_ms),
    sparkline(queue.depths, {label: `waiting in ${queue.name}, last hour`, marks: time.marks,
      since: now_ms - kHour, until: now_ms}),
    numberText(queue.events),
    sparkline(queue.series || [], {label: `events of ${queue.name}, last hour`, ...time}),
    numberText(queue.consumers),
    isReadOnly ? "" : pauseButton(queue)]);
  return card("Queues", table("Queues", [{title: "queue"}, {title: "waiting", number: true},
    {title: "oldest", number: true}, {title: "95 % wait", number: true},
    {title: "waiting, last hour", spark: true}, {title: "events", number: true},
    {title: "events, last hour", spark: true}, {title: "consumers", number: true},
    {title: ""}], rows, {}));
}

function pauseNote(queue) {
  if (!queue.paused) return null;
  const pause = queue.pause || {};
  return el("p", {class: "problem"}, "paused", pause.at_ms ? [" since ", timeOf(pause.at_ms)] : null,
    pause.by ? ` by ${pause.by}` : null, pause.reason ? `: ${pause.reason}` : null);
}

function pauseButton(queue) {
  const name = queue.name;
  if (queue.paused)
    return button("Resume", () => confirmed(`Resume the queue ${name}?`,
      `All pollers take its events again; ${numberText(queue.ready)} wait.`, `Resume ${name}`, async () => {
        await post("queues/resume", {queue: name});
        notice(`The queue ${name} goes on within a few seconds.`);
      }), {"data-key": `resume/${name}`, "aria-label": `Resume the queue ${name}`});
  const reason = el("input", {type: "text", maxlength: 200, "aria-label": "reason", placeholder: "why"});
  return button("Pause", () => confirmed(`Pause the queue ${name}?`,
    ["No poller of the application takes its events until it is resumed. What runs goes on. ", reason],
    `Pause ${name}`, async () => {
      await post("queues/pause", {queue: name, reason: reason.value});
      notice(`The queue ${name} is paused within a few seconds.`);
    }), {"data-key": `pause/${name}`, "aria-label": `Pause the queue ${name}`});
}

function eventsCard(overview, time) {
  const problem = overview.statistics && overview.statistics.problem;
  if (problem) return card("Events, last hour", el("p", {class: "problem"}, problem));
  if (overview.events.length === 0)
    return card("Events, last hour", el("p", {class: "hint"}, "No event ended in the last hour."));
  const rows = overview.events.map((event) => [
    link(["events", event.event], event.event),
    numberText(event.events),
    el("span", {class: event.dead > 0 ? "alarm" : null}, shareText(event.failed, event.events)),
    event.p50_ms === null ? "–" : durationText(event.p50_ms),
    event.p95_ms === null ? "–" : durationText(event.p95_ms),
    sparkline(event.series, {label: `${event.event}, last hour`, width: 110, ...time})]);
  const more = overview.statistics.events - overview.events.length;
  return card("Events, last hour", table("Events", [{title: "event"}, {title: "ended", number: true},
    {title: "failed", number: true}, {title: "p50", number: true}, {title: "p95", number: true},
    {title: "per time", spark: true}], rows, {}),
    more > 0 ? el("p", {class: "hint"}, link(["events"], `and ${more} more`)) : null);
}

function pollersCard(pollers) {
  if (pollers.length === 0)
    return card("Pollers", el("p", {class: "hint"}, "No poller runs: start one with ",
      code("actiond start --id 1")));
  const busy = pollers.filter((poller) => poller.busy > 0).length;
  const summary = `${counted(pollers.length, "poller", "pollers")}, ${busy} busy`;
  const sets = new Map();
  for (const poller of pollers)
    if (poller.plugin_set) sets.set(poller.plugin_set, (sets.get(poller.plugin_set) || 0) + 1);
  return card("Pollers", el("a", {class: "squares", href: base + "pollers", "aria-label": summary,
    "data-key": "squares"},
    pollers.map((poller) => el("span", {class: squareClass(poller), title: squareText(poller)}))),
    table("Plugin sets", [{title: "plugin set"}, {title: "pollers", number: true}],
      [...sets].map(([set, count]) => [setOf(set), numberText(count)]), {}),
    el("p", {class: "hint"}, summary));
}

function nameOfPoller(poller) {
  return poller.id === null || poller.id === undefined ? "console" : String(poller.id);
}

function isWell(poller) {
  return ["working", "idle", "loading", "leaving", "quiet"].includes(poller.state);
}

function squareClass(poller) {
  if (!isWell(poller) || poller.problem) return "square trouble";
  if (poller.state === "leaving") return "square leaving";
  return poller.busy > 0 ? "square busy" : "square";
}

function squareText(poller) {
  return `poller ${nameOfPoller(poller)}: ${poller.state}, ${poller.busy} of ${poller.of} in hand` +
    (poller.problem ? `; ${poller.problem}` : "");
}

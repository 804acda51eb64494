// What comes when, where the broker can tell.

function startLater(main) {
  const list = el("div"), counts = el("div");
  main.append(list, counts);
  const every_ms = kEvery_ms * kSlowTicks;  // to count very many takes its time
  new Live("later", (answer) => show(list, answer, laterCard), every_ms);
  new Live("status", (status) => show(counts, status.queues || [], laterCountsCard), every_ms);
}

function laterCard(answer) {
  if (answer.problem) return card("Not before their time", el("p", {class: "hint"}, answer.problem));
  if (answer.total === 0)
    return card("Not before their time", el("p", {class: "hint"}, "No event waits for its time."));
  const rows = answer.later.map((event) => [
    timeOf(event.due_ms, "in"), link(["events", event.event], event.event), event.queue,
    code(event.id), numberText(event.attempt), event.params === undefined ? "–" : paramsOf(event.params),
    isReadOnly ? "" : runLaterButton(event)]);
  return card(counted(answer.total, "event waits for its time", "events wait for their time"),
    answer.total > rows.length ? el("p", {class: "hint"}, `These ${rows.length} come next.`) : null,
    table("Events for later", [{title: "when"}, {title: "event"}, {title: "queue"}, {title: "id"},
      {title: "attempt", number: true}, {title: "params", wide: true}, {title: ""}], rows));
}

function runLaterButton(event) {
  const {event: name, queue, id, due_ms} = event;
  return button("Run now", () => confirmed(`Run ${name} now?`,
    `It waits no longer for ${exactText(due_ms)}: a poller starts it as soon as one is free.`,
    `Run ${name} now`, async () => {
      await post("later/run", {queue, id, due_ms});
      notice(`${name} runs as soon as a poller is free.`);
    }), {"data-key": `run-later/${id}`, "aria-label": `Run now: ${name}, id ${id}`});
}

function laterCountsCard(queues) {
  const known = queues.filter((queue) => queue.later !== undefined);
  return known.length === 0 ? null : card("By queue", table("Events for later by queue",
    [{title: "queue"}, {title: "later", number: true}, {title: "waiting now", number: true}],
    known.map((queue) => [queue.name, numberText(queue.later), numberText(queue.ready)])));
}

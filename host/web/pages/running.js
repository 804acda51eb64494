// Every event in hand.

function startRunning(main) {
  const list = el("div");
  main.append(list);
  new Live("running", (answer) => show(list, answer, () => runningCard(answer)));
}

function runningCard(answer) {
  if (answer.problem) return el("p", {class: "problem"}, answer.problem);
  if (answer.running.length === 0)
    return card("In hand", el("p", {class: "hint"}, "Nothing runs at the moment."));
  const rows = answer.running.map((run) => [
    link(["events", run.event], run.event), timeOf(run.since_ms, "for"), run.queue,
    numberText(run.attempt), nameOfPoller({id: run.poller}), code(run.id),
    traceOf(run), run.params === undefined ? "–" : paramsOf(run.params),
    isReadOnly ? "" : stopButton({id: run.poller, pid: run.pid})]);
  return card(counted(answer.running.length, "event in hand", "events in hand"),
    table("Events in hand", [{title: "event"}, {title: "for", number: true}, {title: "queue"},
      {title: "attempt", number: true}, {title: "poller"}, {title: "id"}, {title: "trace"},
      {title: "params", wide: true}, {title: ""}], rows));
}

// Its beginning; a link where the configuration says to which address.
function traceOf(run) {
  if (!run.trace_id) return "–";
  const text = el("code", {title: run.trace_id}, run.trace_id.slice(0, 8));
  const address = root.dataset.traceLink;
  return !address || !/^[0-9a-f]{32}$/.test(run.trace_id) ? text
    : el("a", {href: address.split("{trace_id}").join(run.trace_id), target: "_blank",
      rel: "noopener noreferrer", "data-key": "trace/" + run.id}, text);
}

function paramsOf(params) {
  const text = typeof params === "string" ? params : JSON.stringify(params);
  return el("code", {class: "params", title: text}, text);
}

function stopButton(poller) {
  const name = nameOfPoller(poller);
  return button(`Stop poller ${name}`, () => confirmed(`Stop poller ${name}?`,
    "It finishes what it has in hand, gives back the rest, and ends. To start it again: " +
    `actiond start --id ${poller.id || "N"}`, `Stop poller ${name}`, async () => {
      await post("pollers/stop", {id: poller.id || 0, pid: poller.pid});
      notice(`Poller ${name} has been told to stop.`);
    }), {"data-key": `stop/${poller.pid}`});
}

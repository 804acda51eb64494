// The pollers of this machine, and what is known of those on others.

function startPollers(main) {
  const list = el("div"), fleet = el("div");
  main.append(list, fleet);
  new Live("status", (status) => show(list, status.pollers || [], pollersTable));
  new Live("fleet", (answer) => show(fleet, answer, fleetTable), kEvery_ms * kSlowTicks);
}

function fleetTable(answer) {
  if (answer.problem) return card("All machines", el("p", {class: "hint"}, answer.problem));
  const rows = answer.pollers.map((poller) => ({className: isWell(poller) ? null : "trouble", cells: [
    poller.poller, [el("span", {class: isWell(poller) ? "state-word" : "state-word alarm"},
      poller.state), problemOf(poller)],
    poller.in_hand ? `${poller.in_hand.length} of ${numberText(poller.concurrency)}` : "–",
    numberText(poller.done), numberText(poller.failed), memoryText(poller.memory_kb),
    timeOf(poller.up_since_ms, "for"), poller.plugin_set ? setOf(poller.plugin_set) : "–"]}));
  return card("All machines", el("p", {class: "hint"}, answer.fleet.summary),
    table("Pollers on all machines", [{title: "poller"}, {title: "state", wide: true},
      {title: "in hand", number: true}, {title: "done", number: true}, {title: "failed", number: true},
      {title: "memory", number: true}, {title: "up for", number: true}, {title: "plugin set"}], rows));
}

function pollersTable(pollers) {
  if (pollers.length === 0)
    return card("This machine", el("p", {class: "hint"}, "No poller runs: start one with ",
      code("actiond start --id 1")));
  const rows = pollers.map((poller) => ({className: isWell(poller) ? null : "trouble", cells: [
    nameOfPoller(poller), [el("span", {class: isWell(poller) ? "state-word" : "state-word alarm"},
      poller.state), problemOf(poller)],
    `${(poller.in_hand || []).length} of ${numberText(poller.concurrency)}`,
    numberText(poller.done), numberText(poller.failed), numberText(poller.dead),
    memoryText(poller.memory_kb), timeOf(poller.up_since_ms, "for"), setOf(poller.plugin_set),
    String(poller.pid),
    isReadOnly ? "" : el("div", {class: "buttons"}, quietButton(poller), rollbackButton(poller),
      stopButton(poller))]}));
  return card("This machine", table("Pollers", [{title: "id"}, {title: "state", wide: true},
    {title: "in hand", number: true}, {title: "done", number: true}, {title: "failed", number: true},
    {title: "dead", number: true}, {title: "memory", number: true}, {title: "up for", number: true},
    {title: "plugin set"}, {title: "pid", number: true}, {title: ""}], rows));
}

function problemOf(poller) {
  const text = (poller.reload && poller.reload.problem) || poller.problem;
  return text ? el("p", {class: "problem"}, text) : null;
}

function quietButton(poller) {
  const name = nameOfPoller(poller), isQuiet = poller.state === "quiet";
  const verb = isQuiet ? "Resume" : "Quiet";
  return button(verb, () => confirmed(`${verb} poller ${name}?`, isQuiet
    ? "It takes events again."
    : "It finishes what it has in hand, and takes nothing new until it is resumed.",
    `${verb} poller ${name}`, async () => {
      await post(isQuiet ? "pollers/resume" : "pollers/quiet", {id: poller.id || 0, pid: poller.pid});
      notice(`Poller ${name} ${isQuiet ? "takes events again" : "takes nothing new"}.`);
    }), {"data-key": `quiet/${poller.pid}`, "aria-label": `${verb} poller ${name}`});
}

function rollbackButton(poller) {
  if (!poller.id) return null;
  const name = nameOfPoller(poller);
  return button("Roll back", () => confirmed(`Roll back poller ${name}?`,
    "It returns to the plugin set that it ran before, and keeps it until the plugin directory changes.",
    `Roll back poller ${name}`, async () => {
      const answer = await post("pollers/rollback", {id: poller.id, pid: poller.pid});
      notice(`Poller ${name} goes back to ${setText(answer.to)}.`);
    }), {"data-key": `rollback/${poller.pid}`, "aria-label": `Roll back poller ${name}`});
}

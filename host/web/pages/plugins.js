// Which plugin sets run, of which files, and what was refused.

function startPlugins(main) {
  const list = el("div");
  main.append(list);
  new Live("plugins", (plugins) => show(list, plugins, pluginCards));
}

function pluginCards(plugins) {
  const cards = plugins.refusals.map((refusal) => el("div", {class: "item alarm"},
    el("p", {}, el("strong", {}, `Poller ${nameOfPoller({id: refusal.poller})} refused the plugins`),
      el("span", {class: "cut"}, " · " + refusal.why))));
  for (const set of plugins.sets) cards.push(setCard(set));
  if (plugins.sets.length === 0)
    cards.push(card("Plugins", el("p", {class: "hint"}, "No poller has loaded any plugin.")));
  if (plugins.marks.length > 0) cards.push(marksCard("Deploys of the last hour", plugins.marks));
  return cards;
}

function setCard(set) {
  const rows = set.plugins.map((plugin) => [plugin.file ? plugin.file.split("/").pop() : "–",
    `${plugin.name || "–"} ${plugin.version || ""}`, code((plugin.hash || "").slice(0, 12)), plugin.file]);
  const pollers = set.pollers.map((id) => nameOfPoller({id})).join(", ");
  return card(`Plugin set ${setText(set.plugin_set)}`,
    el("p", {class: "hint"}, `run by ${set.pollers.length === 1 ? "poller" : "pollers"} ${pollers}`,
      set.since_ms ? [", deployed ", timeOf(set.since_ms)] : null),
    table("Plugins of the set", [{title: "file"}, {title: "plugin"}, {title: "hash"},
      {title: "path", wide: true}], rows));
}

function marksCard(title, marks) {
  return card(title, table(title, [{title: "what"}, {title: "when"}, {title: "poller"},
    {title: "from"}, {title: "to"}, {title: "why", wide: true}],
    marks.map((mark) => [mark.kind, timeOf(mark.at_ms), mark.poller, setOf(mark.set_before),
      setOf(mark.set_after), mark.text])));
}

// The dead letters. They are read when somebody asks for it, never by themselves: some brokers count
// each look against a letter.

const kPageSize = 50;

function startDead(main, id) {
  if (id) return startDeadLetter(main, id);
  const desk = {filter: {event: "", error: ""}, offset: 0, node: el("div")};
  main.append(desk.node);
  askDead(desk, false);
}

async function askDead(desk, isNew) {
  const query = new URLSearchParams({event: desk.filter.event, error: desk.filter.error,
    offset: desk.offset, limit: kPageSize});
  if (isNew) query.set("look", "1");
  desk.node.setAttribute("aria-busy", "true");
  try {
    const page = await get("dead?" + query);
    desk.node.replaceChildren(...[page.seen_ms ? deadCards(desk, page) : lookCard(desk)].flat());
  } catch (error) {
    desk.node.replaceChildren(card("Dead letters", el("p", {class: "problem", role: "alert"},
      error.message), lookButton(desk)));
  }
  desk.node.removeAttribute("aria-busy");
}

function lookButton(desk) {
  return button("Look at the dead letters", () => askDead(desk, true), {class: "main"});
}

function lookCard(desk) {
  return card("Dead letters", el("p", {}, "They are read when you ask for it: a look takes " +
    "all of them in hand for a moment."), lookButton(desk));
}

function deadCards(desk, page) {
  const again = el("p", {class: "hint"}, "Seen ", timeOf(page.seen_ms), " ",
    button("Look again", () => askDead(desk, true)));
  if (page.total === 0)
    return card("Dead letters", el("p", {class: "hint"}, "There are no dead letters."), again);
  return [card(counted(page.total, "dead letter", "dead letters"), again, groupsTable(desk, page)),
    lettersCard(desk, page)];
}

function groupsTable(desk, page) {
  const rows = page.groups.map((group) => {
    const isChosen = group.event === desk.filter.event && group.error === desk.filter.error;
    return {className: isChosen ? "chosen" : null, cells: [
      group.event || "(no event)", el("span", {class: "error", title: group.example}, group.error || "–"),
      numberText(group.count), timeOf(group.first_ms), timeOf(group.last_ms),
      button(isChosen ? "Show all" : "Show these", () => {
        desk.filter = isChosen ? {event: "", error: ""} : {event: group.event, error: group.error};
        desk.offset = 0;
        askDead(desk, false);
      }, {"aria-pressed": isChosen ? "true" : "false"})]};
  });
  return table("Dead letters by event and error", [{title: "event"}, {title: "error", wide: true},
    {title: "letters", number: true}, {title: "first"}, {title: "last"}, {title: ""}], rows);
}

// What the buttons mean: those of the filter, as many as were seen.
function wishOf(desk, page) {
  const {event, error} = desk.filter;
  return event || error ? {event, error, expect: page.matching} : {all: true, expect: page.total};
}

function filterText(desk, count) {
  const of = desk.filter.event ? ` of ${desk.filter.event}` : "";
  return counted(count, "dead letter", "dead letters") + of;
}

function lettersCard(desk, page) {
  const rows = page.letters.map((letter) => [
    letter.id ? link(["dead", letter.id], letter.id.slice(0, 8)) : "–", letter.event || "(no event)",
    el("span", {class: "error"}, letter.error || "–"), numberText(letter.attempts), letter.queue || "–",
    timeOf(letter.failed_at_ms)]);
  const what = filterText(desk, page.matching);
  const actions = isReadOnly ? null : el("div", {class: "buttons"},
    actButton("Retry", "retry", what, wishOf(desk, page), desk),
    actButton("Delete", "delete", what, wishOf(desk, page), desk));
  return card(what, actions, table("Dead letters", [{title: "id"}, {title: "event"},
    {title: "error", wide: true}, {title: "attempts", number: true}, {title: "queue"},
    {title: "failed"}], rows), pager(desk, page));
}

function actButton(verb, path, what, wish, desk) {
  const detail = path === "delete" ? "They are gone for good." :
    "Each goes back to the queue that it came from, as if it had never failed.";
  return button(`${verb} ${what}`, () => confirmed(`${verb} ${what}?`, detail, `${verb} ${what}`,
    async () => {
      const answer = await post("dead/" + path, wish);
      notice(resultText(answer));
      desk.filter = {event: "", error: ""};
      desk.offset = 0;
      await askDead(desk, true);
    }), {class: path === "delete" ? "danger" : null});
}

function resultText(answer) {
  if (answer.deleted !== undefined) return counted(answer.deleted, "dead letter", "dead letters") + " deleted.";
  const refused = answer.refused ? ` ${answer.refused} stay: ${answer.refusal}` : "";
  return counted(answer.retried, "dead letter", "dead letters") + " queued again." + refused;
}

function pager(desk, page) {
  const most = Math.min(page.matching, page.kept);
  if (most <= kPageSize) return null;
  const go = (offset) => () => { desk.offset = offset; askDead(desk, false); };
  return el("div", {class: "pager"},
    button("Earlier", go(Math.max(0, desk.offset - kPageSize)), {disabled: desk.offset === 0}),
    el("span", {}, `${desk.offset + 1} to ${desk.offset + page.shown} of ${numberText(page.matching)}`),
    button("Further", go(desk.offset + kPageSize), {disabled: desk.offset + kPageSize >= most}));
}

async function startDeadLetter(main, id) {
  const node = el("div");
  main.append(node);
  try {
    node.replaceChildren(...letterCards(await get("dead/" + encodeURIComponent(id)), node));
  } catch (error) {
    node.replaceChildren(card("Dead letter", el("p", {class: "problem", role: "alert"}, error.message)));
  }
}

function letterCards(letter, node) {
  const lines = [["event", letter.event || "(no event)"], ["queue", letter.queue],
    ["attempts", numberText(letter.attempts)], ["queued", timeOf(letter.queued_at_ms)],
    ["first failed", timeOf(letter.first_failed_at_ms)], ["last failed", timeOf(letter.failed_at_ms)],
    ["poller", letter.poller], ["plugin", letter.plugin], ["left out", letter.left_out]]
    .filter(([, value]) => value);
  const params = letter.params !== undefined ? JSON.stringify(letter.params, null, 2) : letter.body;
  const what = "this dead letter";
  const back = {filter: {event: "", error: ""}, offset: 0, node};
  return [card("What it was", isReadOnly ? null : el("div", {class: "buttons"},
    actButton("Retry", "retry", what, {ids: [letter.id]}, back),
    actButton("Delete", "delete", what, {ids: [letter.id]}, back)),
    el("dl", {}, lines.map(([title, value]) => [el("dt", {}, title), el("dd", {}, value)]))),
    card("Error", el("pre", {}, letter.error || "–")),
    letter.backtrace ? card("Backtrace", el("pre", {}, letter.backtrace)) : null,
    params === undefined ? null : card(letter.params !== undefined ? "Params" : "Body, which is no JSON object",
      el("pre", {}, params))].filter(Boolean);
}

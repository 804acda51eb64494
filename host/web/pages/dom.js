// The one way in which anything gets onto the page. Text is set as text, so whatever a producer, a
// handler or a file name has written shows as it is, and addresses are made of encoded parts.

const root = document.documentElement;
const base = root.dataset.base;
const isReadOnly = root.dataset.access !== "full";

// el("td", {class: "number"}, "12"): children are nodes or text; null and false are left out.
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

// An address below the base path: to("events", name).
function to(...parts) {
  return base + parts.map(encodeURIComponent).join("/");
}

function link(parts, ...children) {
  return el("a", {href: to(...parts), "data-key": "link/" + parts.join("/")}, ...children);
}

function button(text, act, more) {
  return el("button", {type: "button", click: act, "data-key": "button/" + text, ...more}, text);
}

// A table with its titles; columns are {title, number, wide}, rows lists of cells.
function table(caption, columns, rows, more) {
  const titles = columns.map((column) => el("th", {scope: "col", class: classOf(column)}, column.title));
  const body = rows.map((row) => el("tr", {class: row.className},
    (row.cells || row).map((cell, at) => {
      const attributes = {class: classOf(columns[at]), "data-title": columns[at].title};
      return el(at === 0 ? "th" : "td", at === 0 ? {...attributes, scope: "row"} : attributes, cell);
    })));
  return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    el("table", more || {class: "stack"}, el("caption", {class: "unseen"}, caption),
      el("thead", {}, el("tr", {}, titles)), el("tbody", {}, body)));
}

function classOf(column) {
  return [column.number && "number", column.wide && "wide", column.spark && "spark"]
    .filter(Boolean).join(" ") || null;
}

function card(title, ...children) {
  return el("section", {class: "card"}, el("h2", {}, title), ...children);
}

function code(text) {
  return el("code", {}, text);
}

// The children are made anew only when the data are others; what had the focus has it again.
function show(node, data, make) {
  const text = JSON.stringify(data);
  if (node.shown === text) return;
  node.shown = text;
  const key = node.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  node.replaceChildren(...[make(data)].flat().filter(Boolean));
  if (!key) return;
  for (const each of node.querySelectorAll("[data-key]"))
    if (each.dataset.key === key) return each.focus();
}

// Asks before something is done that can't be undone. `act` returns a promise.
function confirmed(question, detail, verb, act) {
  const problem = el("p", {class: "problem", role: "alert"});
  const dialog = el("dialog", {"aria-label": question}, el("h2", {}, question),
    el("p", {}, detail), problem);
  const yes = button(verb, async () => {
    yes.disabled = true;
    try {
      await act();
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      yes.disabled = false;
    }
  }, {class: "danger"});
  dialog.append(el("div", {class: "buttons"}, button("Cancel", () => dialog.close()), yes));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function notice(text) {
  const node = el("p", {class: "notice", role: "status"}, text);
  document.body.append(node);
  setTimeout(() => node.remove(), 6000);
}

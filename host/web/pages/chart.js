// Small charts by SVG. Nothing here has a style of its own: the page's style sheet has them all.

const kSvg = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const node = document.createElementNS(kSvg, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  append(node, children);
  return node;
}

// A line over a stretch of time, with a mark at each deploy. Values that are null are gaps.
function sparkline(values, options) {
  const {label, width = 140, height = 30, marks = [], since = 0, until = 1} = options;
  const known = values.filter((value) => value !== null);
  const most = Math.max(1, ...known);
  const x = (at) => 1 + at * (width - 2) / Math.max(1, values.length - 1);
  const y = (value) => height - 2 - value * (height - 5) / most;
  const chart = svg("svg", {class: "sparkline", viewBox: `0 0 ${width} ${height}`, width, height,
    role: "img", "aria-label": `${label}: ${chartText(known)}`});
  chart.append(svg("title", {}, `${label}: ${chartText(known)}`));
  chart.append(svg("path", {class: "ground", d: `M1 ${height - 1.5}H${width - 1}`}));
  for (const mark of marks) {
    const at = 1 + (mark.at_ms - since) * (width - 2) / (until - since);
    if (at < 0 || at > width) continue;
    chart.append(svg("path", {class: "mark " + mark.kind, d: `M${at.toFixed(1)} 1V${height - 1}`},
      svg("title", {}, `${mark.kind} ${exactText(mark.at_ms)}, plugin set ${setText(mark.set_after)}`)));
  }
  for (const part of parts(values)) {
    const points = part.map(({at, value}) => `${x(at).toFixed(1)} ${y(value).toFixed(1)}`);
    if (points.length === 1) points.push(points[0]);
    chart.append(svg("path", {class: "area",
      d: `M${x(part[0].at).toFixed(1)} ${height - 2}L${points.join("L")}L${x(part.at(-1).at).toFixed(1)} ${height - 2}Z`}));
    chart.append(svg("path", {class: "line", d: "M" + points.join("L")}));
  }
  return chart;
}

// Stretches without gaps.
function parts(values) {
  const found = [];
  values.forEach((value, at) => {
    if (value === null) return;
    const last = found.at(-1);
    if (last && last.at(-1).at === at - 1) last.push({at, value});
    else found.push([{at, value}]);
  });
  return found;
}

function chartText(known) {
  if (known.length === 0) return "nothing seen yet";
  return `now ${numberText(known.at(-1))}, at most ${numberText(Math.max(...known))}`;
}

// What deserves a mark under a chart.
function deploys(marks) {
  return (marks || []).filter((mark) => mark.kind !== "crash" && mark.set_before !== mark.set_after);
}

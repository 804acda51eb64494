// Times and numbers for people: relative, with the exact time on hover.

const kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;
const kLastDate_ms = 8.64e15;  // beyond it there are no dates
let clockAhead_ms = 0;  // of the server's clock

function now() {
  return Date.now() + clockAhead_ms;
}

function durationText(ms) {
  if (ms < 0) ms = 0;
  if (ms < 1) return ms.toFixed(1) + " ms";
  if (ms < 10) return (Math.round(ms * 10) / 10) + " ms";
  if (ms < kSecond) return Math.round(ms) + " ms";
  if (ms < 10 * kSecond) return (ms / kSecond).toFixed(1) + " s";
  return longDurationText(ms);
}

function longDurationText(ms) {
  if (ms < kMinute) return Math.floor(ms / kSecond) + " s";
  if (ms < 10 * kMinute) return Math.floor(ms / kMinute) + " min " + Math.floor(ms % kMinute / kSecond) + " s";
  if (ms < kHour) return Math.floor(ms / kMinute) + " min";
  if (ms < kDay) return Math.floor(ms / kHour) + " h " + Math.floor(ms % kHour / kMinute) + " min";
  return Math.floor(ms / kDay) + " d " + Math.floor(ms % kDay / kHour) + " h";
}

function agoText(ms) {
  const passed = now() - ms;
  if (passed < 5 * kSecond) return "just now";
  if (passed < kMinute) return Math.floor(passed / kSecond) + " s ago";
  if (passed < kHour) return Math.floor(passed / kMinute) + " min ago";
  if (passed < 2 * kDay) return Math.floor(passed / kHour) + " h ago";
  return Math.floor(passed / kDay) + " days ago";
}

function exactText(ms) {
  return new Date(ms).toLocaleString(undefined, {dateStyle: "medium", timeStyle: "medium"});
}

// "3 min ago", which goes on by itself; `kind` "for" shows how long instead, "in" how soon.
function timeOf(ms, kind) {
  if (!ms || !(Math.abs(ms) <= kLastDate_ms)) return "–";
  const node = el("time", {datetime: new Date(ms).toISOString(), title: exactText(ms),
    "data-ms": ms, "data-kind": kind || "ago"});
  tick(node);
  return node;
}

function tick(node) {
  const ms = Number(node.dataset.ms);
  const kinds = {
    for: () => longDurationText(Math.max(0, now() - ms)),
    in: () => "in " + longDurationText(Math.max(0, ms - now())),
    ago: () => agoText(ms),
  };
  const text = kinds[node.dataset.kind]();
  if (node.textContent !== text) node.textContent = text;
}

function tickAll() {
  for (const node of document.querySelectorAll("time[data-ms]")) tick(node);
}

function numberText(number) {
  return number === null || number === undefined ? "–" : Number(number).toLocaleString("en");
}

function rateText(rate) {
  if (rate === null || rate === undefined) return "–";
  return rate >= 100 ? numberText(Math.round(rate)) : String(Math.round(rate * 10) / 10);
}

// Of kibibytes. A poller of an earlier version does not tell.
function memoryText(kb) {
  if (!(kb > 0)) return "–";
  return kb < 1024 * 1024 ? `${Math.ceil(kb / 1024)} MiB` : `${(kb / 1024 / 1024).toFixed(1)} GiB`;
}

function shareText(part, all) {
  if (!all) return "–";
  const share = 100 * part / all;
  return (share > 0 && share < 0.1 ? "< 0.1" : share.toFixed(1)) + " %";
}

function counted(count, one, many) {
  return numberText(count) + " " + (count === 1 ? one : many);
}

// Short names of plugin sets, which are hashes.
function setText(set) {
  return set ? set.slice(0, 7) : "–";
}

function setOf(set) {
  return set ? el("code", {class: "set", title: set}, setText(set)) : "–";
}

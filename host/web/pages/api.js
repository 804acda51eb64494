// What the page asks its server, and how often.

const kEvery_ms = 2000;
const kSlowTicks = 5;

class ApiError extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function answerOf(response) {
  if (response.status === 401) {
    location.assign(base + "login");
    throw new ApiError(401, "You are not logged in.");
  }
  const body = await response.json();
  if (!response.ok) throw new ApiError(response.status, body.error || response.statusText);
  return body;
}

function noteClock(response) {
  const date = Date.parse(response.headers.get("Date"));
  const ahead = date + 500 - Date.now();
  if (!Number.isNaN(date)) clockAhead_ms = Math.abs(ahead) < 1500 ? 0 : ahead;
}

async function get(path) {
  const response = await fetch(base + "api/v1/" + path, {cache: "no-store"});
  noteClock(response);
  return answerOf(response);
}

async function post(path, wish) {
  const response = await fetch(base + "api/v1/" + path, {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(wish)});
  return answerOf(response);
}

// Asks again and again while the page can be seen, and calls `render` when the answer is another.
class Live {
  constructor(path, render, every) {
    this.path = path;
    this.render = render;
    this.every = every || kEvery_ms;
    this.tag = null;
    this.timer = null;
    this.isAsking = false;
    document.addEventListener("visibilitychange", () => this.ask());
    this.ask();
  }

  async ask() {
    clearTimeout(this.timer);
    if (document.hidden || this.isAsking) return;
    this.isAsking = true;
    try {
      await this.askOnce();
      showState("live", "");
    } catch (error) {
      if (error.status !== 401) showState("lost", error.message);
    }
    this.isAsking = false;
    if (!document.hidden) this.timer = setTimeout(() => this.ask(), this.every);
  }

  async askOnce() {
    const headers = this.tag ? {"If-None-Match": this.tag} : {};
    const response = await fetch(base + "api/v1/" + this.path, {cache: "no-store", headers});
    noteClock(response);
    if (response.status === 304) return;
    const body = await answerOf(response);
    this.tag = response.headers.get("ETag");
    this.render(body);
  }
}

// "live", or why not. One word, so that a screen reader does not say it every two seconds.
function showState(state, problem) {
  const node = document.getElementById("state");
  if (!node || node.dataset.state === state) return;
  node.dataset.state = state;
  node.title = problem;
  node.textContent = state === "live" ? "live" : "no answer; trying again";
}

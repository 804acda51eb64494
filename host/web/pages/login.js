// The login page. The token may stand behind the # of its address, which no server ever sees.

function startLogin() {
  const form = document.getElementById("login");
  const field = document.getElementById("secret");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    logIn(field.value);
  });
  addEventListener("hashchange", logInByAddress);
  if (!logInByAddress()) enterIfKnown();
}

function logInByAddress() {
  const token = location.hash.slice(1);
  if (!token) return false;
  history.replaceState(null, "", location.pathname);
  logIn(token);
  return true;
}

// A link from elsewhere comes without the cookie, though it is there.
async function enterIfKnown() {
  const response = await fetch(base + "api/v1/session", {cache: "no-store"});
  if (response.ok) location.replace(base);
}

async function logIn(secret) {
  const problem = document.getElementById("problem");
  problem.textContent = "";
  try {
    const response = await fetch(base + "api/v1/login", {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({secret})});
    if (response.ok) return location.replace(base);
    problem.textContent = (await response.json()).error + ".";
  } catch (error) {
    problem.textContent = "The server does not answer: " + error.message;
  }
}

async function logOut() {
  await post("logout", {});
  location.assign(base + "login");
}

// The frame's behaviour on every page: settings, account menu, search key, local times,
// CSRF header and problems for htmx, the side panel, polite announcements.

const root = document.documentElement;
const YEAR = 31536000;

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Say something to screen readers without moving the focus. */
export function announce(text) {
  const live = document.getElementById("live");
  if (!live) return;
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = text; });
}

/** Show a message in the page's list; kind is "info", "warning" or "error". */
export function say(text, kind = "info") {
  const list = document.getElementById("messages");
  if (!list) return;
  const item = document.createElement("li");
  item.className = `message ${kind}`;
  item.append(Object.assign(document.createElement("span"), { textContent: text }));
  list.replaceChildren(item);
  list.hidden = false;
  announce(text);
}

// Settings: a cookie, so that the server paints the next page right at once.

function readCookie(name) {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

function applySetting(name, value) {
  if (value) root.dataset[name] = value;
  else delete root.dataset[name];
}

function keepSetting(name, value) {
  const age = value ? YEAR : 0;
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${age}; samesite=lax`;
  applySetting(name, value);
}

for (const select of document.querySelectorAll("select[data-setting]")) {
  const name = select.dataset.setting;
  select.value = readCookie(name);
  select.addEventListener("change", () => keepSetting(name, select.value));
}

// Times in the reader's own zone.

const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const day = { weekday: "short", day: "numeric", month: "short" };
const dated = { day: "numeric", month: "short", year: "numeric" };
const moment = { dateStyle: "full", timeStyle: "short" };
const formats = new Map();

/** Made once each: making one costs more than all else a page's script does at first. */
function written(at, form) {
  if (!formats.has(form)) formats.set(form, new Intl.DateTimeFormat("en-GB", form));
  return formats.get(form).format(at);
}

function ago(at) {
  const minutes = Math.round((Date.now() - at) / 60000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 60 * 24) return `${Math.round(minutes / 60)} h ago`;
  return null;
}

function localText(at, style) {
  const dayText = written(at, day).replace(",", "");
  const timeText = written(at, clock);
  if (style === "time") return timeText;
  if (style === "date") return dayText;
  if (style === "dated") return `${written(at, dated)}, ${timeText}`;
  if (style === "ago") return ago(at) ?? `${dayText} ${timeText}`;
  return `${dayText} ${timeText}`;
}

export function localTimes(within = document) {
  for (const time of within.querySelectorAll("time[data-local]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    // A working day is the company's wherever the reader is: 17:00 there may be tomorrow here.
    if (time.dataset.local !== "day") time.textContent = localText(at, time.dataset.local);
    time.title = written(at, moment);
  }
}
localTimes();

// What scrolls sideways can be reached by keys; what does not is no tab stop.

function scrollerName(box) {
  const heading = box.querySelector("svg title, caption")
    ?? box.closest("section, figure, article, details")?.querySelector("h2, h3, figcaption, summary");
  return `${heading?.textContent.trim() || "Table"} (scrolls sideways)`;
}

export function reachScrollers(within = document) {
  for (const box of within.querySelectorAll(".scroll, .chart-scroll, .steps, .tabs")) {
    if (box.scrollWidth <= box.clientWidth || box.querySelector("a[href], button, input, select")) continue;
    box.tabIndex = 0;
    if (box.matches("ol, ul, nav")) continue;
    box.setAttribute("role", "region");
    if (!box.hasAttribute("aria-label")) box.setAttribute("aria-label", scrollerName(box));
  }
}
reachScrollers();
document.addEventListener("toggle", (event) => reachScrollers(event.target), true);

// Columns and bars of a chart lead to what they are made of; keys find the same links in the chart's table.

document.addEventListener("click", (event) => {
  const address = event.target.closest("svg.figure [data-href]")?.dataset.href;
  if (address) window.location.assign(address);
});

// The account menu closes by Escape and by a press elsewhere.

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open], details.rail-more[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

function closeMenu() {
  const menu = document.querySelector("details.menu[open], details.rail-more[open]");
  if (!menu) return false;
  menu.open = false;
  menu.querySelector("summary").focus();
  return true;
}

// The side panel.

const panel = document.getElementById("panel");
let openedBy = null;

export function openPanel(title) {
  if (!panel) return;
  const heading = title ?? panel.querySelector("#panel-body [data-panel-title]")?.dataset.panelTitle;
  if (heading) panel.querySelector("#panel-title").textContent = heading;
  if (panel.hidden) openedBy = document.activeElement;
  panel.hidden = false;
  panel.focus({ preventScroll: true });
}

export function closePanel() {
  if (!panel || panel.hidden) return false;
  panel.hidden = true;
  document.getElementById("panel-body").replaceChildren();
  if (openedBy?.isConnected) openedBy.focus();
  openedBy = null;
  return true;
}

panel?.querySelector("[data-close-panel]")?.addEventListener("click", closePanel);
if (panel && document.getElementById("panel-body").childElementCount) panel.hidden = false;

// Keys: "/" searches, Escape closes the menu, then the panel.

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing(event.target) && root.dataset.shortcuts !== "off") {
    const search = document.getElementById("search");
    if (!search || search.offsetParent === null) return;
    event.preventDefault();
    search.focus();
    search.select();
  }
  if (event.key === "Escape" && !closeMenu() && !typing(event.target)) closePanel();
});

// htmx: the CSRF header, what came back, and what went wrong.

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = csrfToken();
});

document.addEventListener("htmx:afterSwap", (event) => {
  localTimes(event.detail.target);
  reachScrollers(event.detail.target);
  if (event.detail.target.id === "panel-body") openPanel();
});

document.addEventListener("htmx:sendError", () => {
  say("The portal cannot be reached. Nothing was changed; try again when you are back online.", "error");
});

function problemText(request) {
  try {
    const problem = JSON.parse(request.responseText);
    if (problem.detail) return problem.detail;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  if (request.status === 403) return "This is not yours to change.";
  if (request.status === 404) return "It is not there any more. Reload the page.";
  if (request.status === 409) return "It was changed meanwhile. Reload the page to see how it stands.";
  return "Something went wrong at the portal. Nothing was changed; try once more.";
}

document.addEventListener("htmx:responseError", (event) => {
  const request = event.detail.xhr;
  if (request.status === 401) window.location.reload();
  else say(problemText(request), "error");
});

// The demonstration's sign-in list.

for (const button of document.querySelectorAll("[data-fill-username]")) {
  button.addEventListener("click", () => {
    document.getElementById("id_username").value = button.dataset.fillUsername;
    document.getElementById("id_password").value = button.dataset.fillPassword;
    document.querySelector(".sign-in button[type=submit]").focus();
  });
}

// The demand review by keyboard: one key takes a source, the next open line has the focus, nothing reloads.
// Choices are sent one after the other; what the server answers are the rows as they stand. Without this script
// every choice is a button of a form and every line a link.

import { announce, localTimes, reachScrollers, say } from "./app.js";
import { parseEntry, EntryError } from "./cell_grammar.js";
import { post } from "./review_send.js";

const page = document.querySelector("[data-review]");
const body = page?.querySelector(".review-table tbody");
const panel = document.getElementById("focus");
const status = page?.querySelector("[data-review-status]");
const writes = page?.dataset.writes !== undefined;
const SOURCES = { s: "sales", b: "baseline", h: "half", p: "proposal" };
const panels = new Map();

const rows = () => [...body.querySelectorAll("tr[data-line]")];
const rowOf = (line) => body.querySelector(`tr[data-line="${line}"]`);
const link = (row) => row.querySelector("[data-focus]");
const name = (row) => link(row).textContent.trim();

// --- Where the focus is -------------------------------------------------------------------

/** One row is a tab stop; its buttons follow it, those of other rows are reached by arrows. */
function mark(row) {
  for (const other of rows()) {
    const here = other === row;
    if (here) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
    for (const stop of other.querySelectorAll("a, button, input")) stop.tabIndex = here ? 0 : -1;
  }
}

function go(row, { focus = true } = {}) {
  if (!row) return;
  row.classList.remove("later");
  mark(row);
  if (focus) link(row).focus();
  row.scrollIntoView({ block: "nearest" });
  show(row.dataset.line);
}

function nextOpen(row) {
  const all = rows();
  const at = all.indexOf(row);
  return [...all.slice(at + 1), ...all.slice(0, at)].find((other) => other.dataset.settled === undefined);
}

// --- The line in focus --------------------------------------------------------------------

let wanted = "";

function fetched(line) {
  if (!panels.has(line)) {
    const answer = fetch(`/demand/line/${line}/`, { headers: { "HX-Request": "true" }, credentials: "same-origin" })
      .then((response) => (response.ok ? response.text() : Promise.reject(new Error(`${response.status}`))));
    answer.catch(() => panels.delete(line));
    panels.set(line, answer);
  }
  return panels.get(line);
}

async function show(line) {
  wanted = line;
  if (panel.querySelector("[data-focused]")?.dataset.focused === line && panels.has(line)) return;
  await new Promise((done) => { setTimeout(done, 60); });
  if (wanted !== line) return;
  try {
    const text = await fetched(line);
    if (wanted !== line) return;
    panel.innerHTML = text;
    panel.scrollTop = 0;
    window.htmx?.process(panel);
    localTimes(panel);
    reachScrollers(panel);
  } catch {
    say("The line could not be read. The list stands as it is; try again.", "error");
  }
}

// --- Choices ------------------------------------------------------------------------------

let queue = Promise.resolve();
let saved = 0;

function tell(text, failed = false) {
  if (!status) return;
  status.textContent = text;
  status.classList.toggle("failed", failed);
}

/** Choices go out in order; the list has moved on already. */
function send(url, fields, touched) {
  tell("Saving…");
  queue = queue.then(async () => {
    const answer = await post(url, fields);
    if (answer.problem) return failed(answer.problem, touched);
    saved += 1;
    const lines = renew(answer.content);
    tell(`Saved, ${saved} choice${saved === 1 ? "" : "s"}`);
    return lines;
  });
  return queue;
}

function failed(problem, touched) {
  tell(`Not saved: ${problem}`, true);
  say(`Not saved: ${problem}`, "error");
  for (const { dataset } of touched) {
    const row = rowOf(dataset.line);
    row?.classList.add("failed");
    delete row?.dataset.settled;
  }
  return [];
}

/** Put the answered rows in place of the old ones, keeping the focus; gives the lines answered. */
function renew(content) {
  const answered = [...content.querySelectorAll("tr[data-line]")];
  for (const fresh of answered) {
    panels.delete(fresh.dataset.line);
    const old = rowOf(fresh.dataset.line);
    if (!old) continue;
    const here = old.hasAttribute("aria-current");
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(fresh);
    for (const stop of fresh.querySelectorAll("a, button, input")) stop.tabIndex = here ? 0 : -1;
    if (here) fresh.setAttribute("aria-current", "true");
    if (hadFocus) link(fresh).focus();
  }
  document.getElementById("review-bar").replaceWith(content.querySelector("#review-bar"));
  const said = content.querySelector("[data-said]")?.textContent ?? "";
  announce(`${said} ${document.querySelector(".review-count").textContent.trim().replace(/\s+/g, " ")}`);
  return answered.map((row) => row.dataset.line);
}

function take(row, source) {
  if (isHeld(row)) return;
  const ahead = nextOpen(row);
  row.dataset.settled = "";
  row.classList.remove("failed");
  send(page.dataset.take, { take: `${source}:${row.dataset.line}` }, [row]);
  go(ahead ?? row);
}

async function undo() {
  const [line] = await send(page.dataset.undoUrl, {}, []);
  if (line && rowOf(line)) go(rowOf(line));
}

// --- Locks --------------------------------------------------------------------------------

/** L holds a whole line against rules, spreads and choices for the cycle, or lets it go. */
async function lock(row) {
  const held = row.dataset.held !== undefined;
  const { line } = row.dataset;
  tell("Saving…");
  queue = queue.then(async () => {
    const answer = await post(page.dataset.lock, { line, locked: held ? "0" : "1" });
    if (answer.problem) return failed(answer.problem, []);
    renew(answer.content);
    tell(held ? "Unlocked" : "Locked. L unlocks");
    return [line];
  });
  await queue;
  if (rowOf(line)?.hasAttribute("aria-current")) show(line);
}

/** A held line says so instead of taking a choice; the server would refuse it too. */
function isHeld(row) {
  if (row.dataset.held === undefined) return false;
  tell(`Locked by ${row.dataset.held}. L unlocks it.`, true);
  return true;
}

// --- A typed total ------------------------------------------------------------------------

function type(row, first = "") {
  if (isHeld(row)) return;
  const cell = row.querySelector("[data-typed]");
  const shown = cell.innerHTML;
  const input = Object.assign(document.createElement("input"), { inputMode: "decimal", value: first, autocomplete: "off" });
  input.setAttribute("aria-label", `Units of the next twelve months, ${name(row)}`);
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    cell.innerHTML = shown;
  };
  input.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") { close(); go(row); }
    if (event.key === "Enter") { event.preventDefault(); typed(row, input, close); }
  });
  input.addEventListener("blur", () => { if (!input.value) close(); });
  cell.replaceChildren(input);
  input.focus();
}

function typed(row, input, close) {
  let value;
  try {
    ({ value } = parseEntry(input.value, { current: Number(row.dataset.plan), decimals: 2 }));
  } catch (error) {
    if (!(error instanceof EntryError)) throw error;
    input.setAttribute("aria-invalid", "true");
    tell(error.message, true);
    return;
  }
  close();
  const ahead = nextOpen(row);
  row.dataset.settled = "";
  send(page.dataset.typeTotal, { line: row.dataset.line, total: String(value) }, [row]);
  go(ahead ?? row);
}

// --- Keys and presses ---------------------------------------------------------------------

function moves(row, key) {
  const all = rows();
  const at = all.indexOf(row);
  const places = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1, PageDown: at + 10, PageUp: at - 10 };
  if (!(key in places)) return null;
  return () => go(all[Math.min(Math.max(places[key], 0), all.length - 1)]);
}

function acts(row, event) {
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "z") return writes ? undo : null;
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const move = moves(row, event.key);
  if (move || document.documentElement.dataset.shortcuts === "off") return move;
  if (key === "n") return () => go(nextOpen(row) ?? row);
  if (!writes) return null;
  if (SOURCES[key]) return () => take(row, SOURCES[key]);
  if (/^[0-9.+*-]$/.test(key)) return () => type(row, event.key);
  const more = { l: () => lock(row), t: () => type(row), u: undo, x: () => row.querySelector("input[type=checkbox]").click() };
  return more[key] ?? null;
}

body?.addEventListener("keydown", (event) => {
  const row = event.target.closest("tr[data-line]");
  if (!row || event.target.matches("input:not([type=checkbox])")) return;
  const act = acts(row, event);
  if (!act) return;
  event.preventDefault();
  act();
});

body?.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-line]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const button = event.target.closest("button.take");
  if (button) {
    event.preventDefault();
    take(row, button.value.split(":")[0]);
  } else if (event.target.closest("[data-type]")) {
    event.preventDefault();
    mark(row);
    type(row);
  } else if (event.target.closest("[data-focus]")) {
    event.preventDefault();
    go(row);
    if (matchMedia("(max-width: 1199px)").matches) panel.scrollIntoView();
  }
});

document.addEventListener("submit", (event) => {
  if (!body || !event.target.matches("#review [data-undo], #focus [data-lock]")) return;
  const row = event.target.matches("[data-lock]") ? rowOf(event.target.elements.line.value) : null;
  if (event.target.matches("[data-lock]") && !row) return;
  event.preventDefault();
  if (row) lock(row);
  else undo();
});

if (body) {
  const shown = panel.querySelector("[data-focused]")?.dataset.focused;
  const first = (shown && rowOf(shown)) ?? rows()[0];
  if (first) {
    mark(first);
    if (!window.location.hash) link(first).focus({ preventScroll: true });
  }
  if (shown) panels.set(shown, Promise.resolve(panel.innerHTML));
}
addEventListener("beforeunload", (event) => { if (status?.textContent === "Saving…") event.preventDefault(); });


// The demand review in the meeting: space or the right arrow shows the next exception, S B H P decide it.

import { announce, localTimes, say } from "./app.js";
import { post } from "./review_send.js";

const box = document.querySelector("[data-present]");
const shown = () => box.querySelector(".present");
const KEYS = { " ": "next", ArrowRight: "next", ArrowLeft: "previous", Escape: "leave" };
let busy = false;

/** Show what an address of this page holds, in place. */
async function visit(address) {
  const response = await fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
  if (!response.ok || response.redirected) return window.location.assign(address);
  box.innerHTML = await response.text();
  localTimes(box);
  const line = shown().dataset.line;
  history.replaceState(null, "", line ? `?present=1&line=${line}` : "?present=1");
  shown().focus({ preventScroll: true });
  return announce(`${shown().querySelector("h1").textContent}. ${shown().querySelector(".says").textContent}`);
}

/** Send a choice and show the next open line; one at a time, so that nobody decides a line unseen. */
async function choose(url, fields, after) {
  const answer = await post(url, fields);
  if (answer.problem) return say(`Not saved: ${answer.problem}`, "error");
  return visit(after(answer.content));
}

async function once(work) {
  if (busy) return;
  busy = true;
  try { await work(); } finally { busy = false; }
}

function undo() {
  return choose(box.dataset.undoUrl, {}, (content) => `?present=1&line=${content.querySelector("tr[data-line]").dataset.line}`);
}

function take(button) {
  const line = shown().dataset.line;
  return choose(box.dataset.take, { take: button.value }, () => `?present=1&after=${line}`);
}

function act(event) {
  const pressed = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const go = KEYS[event.key] && shown().querySelector(`[data-go="${KEYS[event.key]}"]`);
  if (go) return KEYS[event.key] === "leave" ? () => go.click() : () => visit(go.href);
  if (KEYS[event.key] === "next" || document.documentElement.dataset.shortcuts === "off") return null;
  const button = /^[A-Z]$/.test(pressed) && shown().querySelector(`button.choice[aria-keyshortcuts="${pressed}"]:enabled`);
  if (button) return () => take(button);
  return pressed === "U" && shown().querySelector("[data-undo]") ? undo : null;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, summary, .menu")) return;
  if (event.key === " " && event.target.closest("button, a")) return;
  const work = act(event);
  if (!work) return;
  event.preventDefault();
  once(work);
});

box.addEventListener("click", (event) => {
  const button = event.target.closest("button.choice");
  const go = event.target.closest("[data-go]:not([data-go=leave])");
  if (!button && !go) return;
  event.preventDefault();
  once(() => (button ? take(button) : visit(go.href)));
});

box.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-undo]")) return;
  event.preventDefault();
  once(undo);
});

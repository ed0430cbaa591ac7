// Orders by keyboard: 9 firm, 7 likely, 5 even, 3 doubtful, 0 lost; arrows go from order to order.

import { announce } from "./app.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1 };
const free = (event) => !event.ctrlKey && !event.metaKey && !event.altKey && !event.target.closest("input, select, textarea");
const shortcuts = () => document.documentElement.dataset.shortcuts !== "off";

function go(order, step) {
  const all = [...document.querySelectorAll(".order")];
  const next = all[all.indexOf(order) + step];
  if (!next) return;
  (next.querySelector('.choice[aria-pressed="true"], .choice') ?? next).focus();
}

document.addEventListener("keydown", (event) => {
  const order = event.target.closest?.(".order");
  if (!order || !free(event)) return;
  const button = shortcuts() && order.querySelector(`button[aria-keyshortcuts="${CSS.escape(event.key)}"]`);
  if (!button && !STEPS[event.key]) return;
  event.preventDefault();
  if (button) button.click();
  else go(order, STEPS[event.key]);
});

// The swapped row keeps the focus on the call that was just made, and says what it did.
document.addEventListener("htmx:afterSettle", (event) => {
  if (!event.target.matches?.(".order")) return;
  const { target } = event;
  (target.querySelector('[aria-pressed="true"]') ?? target).focus();
  const said = target.querySelector(".order-said");
  if (said) announce(said.textContent.trim());
});

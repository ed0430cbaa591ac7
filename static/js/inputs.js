// The sheets of supply around the grid: capacity, stock and open orders.

import { attachGrid } from "./grid.js";

const table = document.getElementById("inputs");
const grid = table ? attachGrid(table) : null;

document.querySelector("[data-grid-reasons]")?.addEventListener("click", (event) => {
  const item = event.target.closest("[data-code]");
  if (item) grid?.changes.giveReason([...item.parentElement.children].indexOf(item));
});

// What is typed makes the plan out of date: the button that works it out again steps forward. The grid sends the form
// once everything is saved.

table?.addEventListener("grid:saved", () => document.querySelector("#plan-again button")?.classList.add("primary"));

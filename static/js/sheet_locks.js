// L locks the focused cell or the selection, or unlocks it when all of it is locked. Locks stay for the cycle.

import { csrfToken } from "./app.js";
import { element } from "./grid_status.js";

export function attachLocks(table, grid) {
  table.addEventListener("grid:lock", ({ detail }) => toggle(table, grid, detail.cells));
}

async function toggle(table, grid, places) {
  const cells = places.map(({ line, month }) => grid.sheet.cell(line, month)).filter((cell) => cell && !cell.closed);
  if (!cells.length) return say(grid, "Nothing here is yours to lock.");
  if (!(await grid.settled())) return say(grid, "Not locked: these numbers are not saved yet.");
  const locked = !cells.every((cell) => cell.element.dataset.locked);
  const answer = await lockCells(table.dataset.lockUrl, cells.map((cell) => ({ line: cell.row.line, month: cell.month })), locked);
  if (answer.detail) return say(grid, `Not ${locked ? "locked" : "unlocked"}. ${answer.detail}`);
  for (const cell of cells) grid.lock(cell.row.line, cell.month, locked ? answer.by : null);
  const count = `${cells.length} cell${cells.length === 1 ? "" : "s"}`;
  return say(grid, locked ? `${count} locked: spreads, fills and pastes leave them as they are. L unlocks.` : `${count} unlocked.`);
}

/** {locked, by}, or {detail} with what stood in the way. */
export async function lockCells(url, cells, locked) {
  try {
    const response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": csrfToken() },
      body: JSON.stringify({ cells, locked }),
    });
    const answer = await response.json();
    return response.ok ? answer : { detail: answer.detail ?? `The portal answered ${response.status}.` };
  } catch {
    return { detail: "The portal could not be reached. Try again." };
  }
}

function say(grid, text) {
  grid.status.note("result", element("p", text));
}

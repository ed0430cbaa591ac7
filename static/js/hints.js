// Soft friction on the sheet: what one's own past cases say of a change like this one. Once per line, never in the way.

import { grid } from "./sheet.js";

const home = document.getElementById("sheet-hints");
const facts = home ? JSON.parse(home.dataset.hints) : null;
const told = new Set();
let shown = null;

/** What there is to say of a changed cell; empty = nothing. */
function wordsFor(cell) {
  const share = cell.base > 0 ? (cell.value - cell.base) / cell.base : 0;
  if (!grid.sheet.isChanged(cell)) return "";
  const small = facts.small;
  if (small && share && Math.abs(share) < small.under && !cell.row.reason) {
    return `Small changes helped in ${small.helped} of your last ${small.of}.`;
  }
  const up = facts.increases[cell.row.line];
  return up && share > facts.over ? `Your last ${up.of} increases here came in ${up.lower} % lower on average.` : "";
}

function close() {
  grid.status.clear("hint");
  shown = null;
  grid.cursor.refocus();
}

function tell(cell, words) {
  const name = (value) => grid.sheet.text(cell.row, value);
  told.add(cell.row.line);
  shown = cell;
  grid.status.note("hint", grid.status.choice(`${grid.sheet.nameOf(cell)}: ${words} Keep ${name(cell.value)}?`, [
    [`Keep ${name(cell.value)}`, close],
    [`Use ${name(cell.base)}`, () => { grid.set(cell.row.line, cell.month, null); close(); }],
  ]));
}

function changed({ detail }) {
  const cells = detail.cells.filter(({ part }) => !part).map(({ line, month }) => grid.sheet.cell(line, month)).filter(Boolean);
  if (shown && cells.includes(shown)) {
    grid.status.clear("hint");
    shown = null;
  }
  if (new Set(cells.map((cell) => cell.row)).size !== 1 || told.has(cells[0].row.line)) return;
  const cell = cells.find(wordsFor);
  if (cell) tell(cell, wordsFor(cell));
}

if (grid && facts) grid.table.addEventListener("grid:changed", changed);

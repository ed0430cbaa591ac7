// Soft friction on the sheet: what one's own past cases say of a change like this one. Once per line, never in the way.

import { hintFacts, hintWords } from "./hint_words.js";
import { grid } from "./sheet.js";

const facts = hintFacts();
const told = new Set();
let shown = null;

function wordsFor({ value, base, row }) {
  return hintWords(facts, { line: row.line, value, base, reason: row.reason });
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

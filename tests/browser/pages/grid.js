import { attachGrid } from "/static/js/grid.js";
import { EntryError, parseEntry } from "/static/js/cell_grammar.js";
import { SpreadError, spreadTotal } from "/static/js/spreading.js";

const table = document.querySelector("table.grid");
const started = performance.now();
window.grid = attachGrid(table);
window.attachMilliseconds = performance.now() - started;
window.heard = [];
for (const name of ["row", "lock", "history", "comment", "baseline", "expand", "submit", "saved"]) {
  table.addEventListener(`grid:${name}`, (event) => window.heard.push([name, event.detail]));
}
window.parseCell = (text, cell) => {
  try {
    return parseEntry(text, cell);
  } catch (error) {
    if (error instanceof EntryError) return { error: error.message };
    throw error;
  }
};
window.spread = ({ total, base, ...more }) => {
  try {
    return spreadTotal(total, base, more);
  } catch (error) {
    if (error instanceof SpreadError) return { error: error.message };
    throw error;
  }
};

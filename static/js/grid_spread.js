// What is typed into a subtotal, spread over the lines beneath it so that it adds up exactly.

import { EntryError, parseEntry } from "./cell_grammar.js";
import { beside, same, written } from "./grid_numbers.js";
import { SpreadError, spreadTotal } from "./spreading.js";

const BASES = ["what stood there", null, "last year"];

/** {edits: [{cell, value (null = baseline)}], words} or {problem}. */
export function spreadEntry(sheet, subtotal, text) {
  const cells = subtotal.members.filter((cell) => cell.row.weight);
  if (!cells.length) return { problem: "no line beneath has a price" };
  const held = cells.map((cell) => !sheet.editable(cell));
  if (held.every(Boolean)) return { problem: "every line beneath is locked or not yours to change" };
  try {
    const entry = parseEntry(text, sheet.references(subtotal));
    const free = cells.filter((_, index) => !held[index]);
    if (entry.reset) return { edits: free.map((cell) => ({ cell, value: null })), words: `${lines(free)} back to ${baseOf(sheet)}` };
    return spread(sheet, subtotal, cells, held, entry.value);
  } catch (error) {
    if (error instanceof EntryError || error instanceof SpreadError) return { problem: error.message };
    throw error;
  }
}

function spread(sheet, subtotal, cells, held, total) {
  const { decimals } = sheet.references(subtotal);
  const read = (side) => cells.map((cell) => sheet.shown(cell, side));
  const lastYear = cells.map((cell) => (beside(cell, "data-past") ?? 0) * cell.row.factor);
  const { values, basis } = spreadTotal(total, read("value"), { held, fallbacks: [read("base"), lastYear], decimals });
  const edits = cells.map((cell, index) => ({ cell, value: sheet.quantity(cell.row, values[index]) }))
    .filter((_, index) => !held[index])
    .map(({ cell, value }) => ({ cell, value: same(value, cell.base) ? null : value }));
  return { edits, words: words(sheet, subtotal, edits, held, total, basis) };
}

function words(sheet, subtotal, edits, held, total, basis) {
  const kept = held.filter(Boolean).length;
  const like = basis === 1 ? baseOf(sheet) : BASES[basis];
  const way = like ? `in proportion to ${like}` : "evenly";
  const parts = [`${written(total, sheet.decimalsOf(subtotal.row))} spread over ${lines(edits)} ${way}`];
  if (kept) parts.push(`${kept} held`);
  if (sheet.isMoney) parts.push("each rounded to whole units");
  return parts.join(", ");
}

function baseOf(sheet) {
  return `the ${sheet.baseName.toLowerCase()}`;
}

function lines(list) {
  return `${list.length} line${list.length === 1 ? "" : "s"}`;
}

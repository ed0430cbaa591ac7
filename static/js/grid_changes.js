// Changing numbers in a grid: entries, fills, reasons, undo. Every change is one undoable step and is queued to be saved.

import { EntryError, parseEntry } from "./cell_grammar.js";
import { same, written } from "./grid_sheet.js";
import { spreadEntry } from "./grid_spread.js";
import { element } from "./grid_status.js";

export class Changes {
  constructor({ sheet, cursor, status, history, saver, reasons, emit }) {
    Object.assign(this, { sheet, cursor, status, history, saver, reasons, emit });
  }

  /** What an entry makes of a cell: {value (null = baseline), note} or {problem}. */
  evaluate(cell, text) {
    if (cell.members) return { problem: "a subtotal follows its lines" };
    if (!this.sheet.editable(cell)) return { problem: this.sheet.whyNot(cell) };
    try {
      const known = this.sheet.references(cell);
      const entry = parseEntry(text, known);
      const value = entry.reset || same(entry.value, known.baseline) ? null : this.sheet.quantity(cell.row, entry.value);
      return { value: value !== null && same(value, cell.base) ? null : value, note: entry.note };
    } catch (error) {
      if (error instanceof EntryError) return { problem: error.message };
      throw error;
    }
  }

  /** One entry into many cells; each takes it from its own number. */
  enter(cells, text) {
    if (cells.every((cell) => cell.members)) {
      this.spread(cells, text);
      return;
    }
    const edits = [];
    const skipped = [];
    for (const cell of cells) {
      const { value, note, problem } = this.evaluate(cell, text);
      if (problem) skipped.push(`${this.sheet.nameOf(cell)}: ${problem}`);
      else edits.push({ cell, value });
      if (note) this.status.note("entry", element("p", note));
    }
    if (cells.length === 1) this.apply(edits);
    else this.applyMany("Filled", edits, skipped);
  }

  /** An entry into subtotals goes down to their lines, in one step. */
  spread(subtotals, text) {
    const found = subtotals.map((cell) => ({ cell, ...spreadEntry(this.sheet, cell, text) }));
    const problems = found.filter(({ problem }) => problem).map(({ cell, problem }) => `${this.sheet.nameOf(cell)}: ${problem}.`);
    this.apply(found.flatMap(({ edits }) => edits ?? []));
    const words = found.filter((one) => one.words).map(({ cell, words: said }) => `${this.sheet.nameOf(cell)}: ${said}.`);
    this.status.list("result", [...words, ...problems].slice(0, 1).join(""), [...words, ...problems].slice(1));
  }

  /** A bulk change says what it did to the total and what it skipped. */
  applyMany(verb, edits, skipped) {
    const sum = () => edits.reduce((total, { cell }) => total + cell.value * cell.row.weight, 0);
    const before = sum();
    this.apply(edits);
    const totals = edits.length ? `: ${written(before, this.sheet.decimals)} became ${written(sum(), this.sheet.decimals)}` : "";
    const left = skipped.length ? `, ${skipped.length} skipped` : "";
    this.status.list("result", `${verb} ${edits.length} cell${edits.length === 1 ? "" : "s"}${totals}${left}.`, skipped);
  }

  apply(edits) {
    const changes = edits.filter(({ cell, value }) => !same(cell.value, value ?? cell.base));
    if (!changes.length) return;
    const step = changes.map(({ cell, value }) => (
      { line: cell.row.line, month: cell.month, before: this.own(cell), after: value }));
    this.history.add({ edits: step, reasons: [] });
    this.put(step.map(({ line, month, after }) => ({ line, month, value: after })));
  }

  /** The cell's own number, null when it stands at the baseline. */
  own(cell) {
    return this.sheet.isChanged(cell) ? cell.value : null;
  }

  put(edits) {
    this.show(edits);
    this.saver.queue(edits);
    this.emit("changed", { cells: edits.map(({ line, month }) => ({ line, month })) });
  }

  /** Values into the sheet, marked as not saved. */
  show(edits) {
    for (const { line, month, value, reason } of edits) {
      const cell = this.sheet.cell(line, month);
      if (!cell) continue;
      this.sheet.set(cell, value);
      if (reason) this.sheet.setReason(cell.row, reason);
      cell.element.classList.add("unsaved");
    }
    this.refresh(edits);
  }

  refresh(edits) {
    const rows = new Set(edits.map(({ line, month }) => this.sheet.cell(line, month)?.row));
    for (const row of new Set([...rows, ...[...rows].map((one) => one?.heading)])) {
      if (row) this.sheet.showRow(row, this.reasons);
    }
    this.sheet.showTotals();
    this.status.summarise(this.sheet);
  }

  reset(cells) {
    this.apply(lineCells(cells).filter((cell) => this.sheet.editable(cell)).map((cell) => ({ cell, value: null })));
  }

  /** Ctrl+D, Ctrl+R: the first row or column of the selection into the rest; one cell takes its neighbour's number. */
  fill(down, right) {
    const block = this.cursor.selection().map((row) => row.map((one) => this.sheet.at(one).cell));
    const pairs = block.flatMap((row, i) => row.map((cell, j) => [cell, down ? block[0][j] : block[i][0]]));
    if (!this.cursor.isRange) pairs.splice(0, 1, [this.cursor.cell, this.neighbour(-down, -right)]);
    this.copyOver(pairs);
  }

  neighbour(down, right) {
    const [row, column] = this.cursor.seek(this.cursor.row, this.cursor.column, down, right);
    return this.sheet.at(this.cursor.element(row, column)).cell;
  }

  fillToEnd() {
    const { cell } = this.cursor;
    if (cell) this.copyOver(cell.row.cells.slice(cell.row.cells.indexOf(cell) + 1).map((later) => [later, cell]));
  }

  copyOver(pairs) {
    const usable = pairs.filter(([cell, source]) => cell && source && cell !== source && !cell.members && !source.members && this.sheet.editable(cell));
    this.apply(usable.map(([cell, { value }]) => ({ cell, value: same(value, cell.base) ? null : value })));
  }

  giveReason(index) {
    const code = [...this.reasons.keys()][index];
    const row = this.cursor.currentRow;
    if (!code || row.members || code === row.reason) return;
    this.history.add({ edits: [], reasons: [{ line: row.line, before: row.reason, after: code }] });
    this.putReason(row, code);
    this.cursor.step(1, 0);
  }

  /** A reason is saved with the line's changed cells. */
  putReason(row, code) {
    this.sheet.setReason(row, code);
    this.sheet.showReason(row, this.reasons);
    this.status.summarise(this.sheet);
    const changed = row.cells.filter((cell) => this.sheet.isChanged(cell));
    if (code) this.saver.queue(changed.map((cell) => ({ line: row.line, month: cell.month, value: cell.value, reason: code })));
  }

  undo() {
    this.replay(this.history.undo(), "before", "Nothing to undo");
  }

  redo() {
    this.replay(this.history.redo(), "after", "Nothing to redo");
  }

  replay(step, side, nothing) {
    if (!step) {
      this.status.say(nothing);
      return;
    }
    const there = step.edits.filter((edit) => this.sheet.cell(edit.line, edit.month));
    const known = there.filter((edit) => this.sheet.editable(this.sheet.cell(edit.line, edit.month)));
    if (known.length < there.length) this.status.say(`${there.length - known.length} locked, not changed`);
    if (known.length) this.put(known.map((edit) => ({ line: edit.line, month: edit.month, value: edit[side] })));
    for (const change of step.reasons) {
      const row = this.sheet.lines.find((one) => one.line === change.line);
      if (row) this.putReason(row, change[side]);
    }
    const first = known[0] && this.sheet.cell(known[0].line, known[0].month);
    if (first) this.cursor.focus(first.row.index, this.sheet.at(first.element).column);
  }
}

/** The cells of lines among these and beneath subtotals, each once. */
export function lineCells(cells) {
  return [...new Set(cells.flatMap((cell) => cell.members ?? [cell]))];
}

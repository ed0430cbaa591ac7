// Changing numbers in a grid: entries, fills, reasons, undo. Every change is one undoable step and is queued to be saved.

import { EntryError, parseEntry } from "./cell_grammar.js";
import { same, written } from "./grid_sheet.js";
import { element } from "./grid_status.js";

export class Changes {
  constructor({ sheet, cursor, status, history, saver, reasons, emit }) {
    Object.assign(this, { sheet, cursor, status, history, saver, reasons, emit });
  }

  /** What an entry makes of a cell: {value (null = baseline), note} or {problem}. */
  evaluate(cell, text) {
    if (!this.sheet.editable(cell)) return { problem: cell.element.title || "not yours to change" };
    try {
      const entry = parseEntry(text, this.sheet.references(cell));
      return { value: entry.reset || same(entry.value, cell.base) ? null : entry.value, note: entry.note };
    } catch (error) {
      if (error instanceof EntryError) return { problem: error.message };
      throw error;
    }
  }

  /** One entry into many cells; each takes it from its own number. */
  enter(cells, text) {
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

  /** A bulk change says what it did to the total and what it skipped. */
  applyMany(verb, edits, skipped) {
    const sum = () => edits.reduce((total, { cell }) => total + cell.value, 0);
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
    for (const row of new Set(edits.map(({ line, month }) => this.sheet.cell(line, month)?.row))) {
      if (row) this.sheet.showRow(row, this.reasons);
    }
    this.sheet.showTotals();
    this.status.summarise(this.sheet);
  }

  reset(cells) {
    this.apply(cells.filter((cell) => this.sheet.editable(cell)).map((cell) => ({ cell, value: null })));
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
    const usable = pairs.filter(([cell, source]) => cell && source && cell !== source && this.sheet.editable(cell));
    this.apply(usable.map(([cell, { value }]) => ({ cell, value: same(value, cell.base) ? null : value })));
  }

  giveReason(index) {
    const code = [...this.reasons.keys()][index];
    const row = this.cursor.currentRow;
    if (!code || code === row.reason) return;
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
    const known = step.edits.filter((edit) => this.sheet.cell(edit.line, edit.month));
    if (known.length) this.put(known.map((edit) => ({ line: edit.line, month: edit.month, value: edit[side] })));
    for (const change of step.reasons) {
      const row = this.sheet.rows.find((one) => one.line === change.line);
      if (row) this.putReason(row, change[side]);
    }
    const first = known[0] && this.sheet.cell(known[0].line, known[0].month);
    if (first) this.cursor.focus(first.row.index, this.sheet.at(first.element).column);
  }
}

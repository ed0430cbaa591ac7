// Changing numbers in a grid: entries, fills, reasons, undo. Every change is one undoable step and is queued to be saved.

import { EntryError } from "./cell_grammar.js";
import { same, written } from "./grid_numbers.js";
import { spreadEntry } from "./grid_spread.js";
import { element } from "./grid_status.js";

export class Changes {
  constructor({ sheet, cursor, status, history, saver, partSaver, reasons, emit }) {
    Object.assign(this, { sheet, cursor, status, history, saver, partSaver, reasons, emit });
  }

  /** What an entry makes of a cell: {value (null = baseline), note} or {problem}. */
  evaluate(cell, text) {
    if (cell.members) return { problem: "a subtotal follows its lines" };
    if (!this.sheet.editable(cell)) return { problem: this.sheet.whyNot(cell) };
    try {
      const known = this.sheet.references(cell);
      const entry = this.sheet.entry(cell, text);
      const isBase = entry.reset || (!cell.part && same(entry.value, known.baseline));
      const value = isBase ? null : this.sheet.quantity(cell.row, entry.value);
      if (cell.part) return this.evaluatePart(cell, value, entry.note);
      return { value: value !== null && same(value, cell.base) ? null : value, note: entry.note };
    } catch (error) {
      if (error instanceof EntryError) return { problem: error.message };
      throw error;
    }
  }

  evaluatePart(cell, value, note) {
    if (cell.part === "likely" && !this.sheet.editable(cell.number)) return { problem: this.sheet.whyNot(cell.number) };
    const number = this.sheet.text(cell.row, cell.number.value);
    if (cell.part === "firm" && value > cell.number.value + 1e-6) return { problem: `firm is at most the number, ${number}` };
    return { value, note };
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
    if (cells.length === 1 && skipped.length) this.status.note("entry", element("p", `${skipped[0]}.`));
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
    const sum = () => edits.reduce((total, { cell }) => total + cell.value * this.sheet.weightOf(cell), 0);
    const before = sum();
    this.apply(edits);
    const totals = edits.some(({ cell }) => this.sheet.weightOf(cell)) ? `: ${written(before, this.sheet.decimals)} became ${written(sum(), this.sheet.decimals)}` : "";
    const left = skipped.length ? `, ${skipped.length} skipped` : "";
    this.status.list("result", `${verb} ${edits.length} cell${edits.length === 1 ? "" : "s"}${totals}${left}.`, skipped);
  }

  apply(edits) {
    const changes = edits.map(asNumber).filter(({ cell, value }) => !this.sheet.stands(cell, value));
    if (!changes.length) return;
    const step = changes.map(({ cell, value }) => (
      { line: cell.row.line, month: cell.month, part: cell.part, before: this.own(cell), after: value }));
    this.history.add({ edits: step, reasons: [] });
    this.put(step.map(({ line, month, part, after }) => ({ line, month, part, value: after })));
  }

  /** The cell's own number, null when it stands at the baseline. */
  own(cell) {
    if (cell.part) return cell.said;
    return this.sheet.isChanged(cell) ? cell.value : null;
  }

  put(edits) {
    this.show(edits);
    const [numbers, parts] = [edits.filter((edit) => !edit.part), edits.filter((edit) => edit.part)];
    if (numbers.length) this.saver.queue(numbers);
    if (parts.length) this.partSaver?.queue(parts);
    this.emit("changed", { cells: edits.map(({ line, month, part }) => ({ line, month, part })) });
  }

  /** Values into the sheet, marked as not saved. */
  show(edits) {
    for (const { line, month, part, value, reason } of edits) {
      const cell = this.sheet.cell(line, month, part);
      if (!cell) continue;
      this.sheet.set(cell, value);
      if (reason) this.sheet.setReason(cell.row, reason);
      cell.element.classList.add("unsaved");
    }
    this.refresh(edits);
  }

  refresh(edits) {
    this.refreshRows(edits.map(({ line }) => this.sheet.byLine.get(String(line))));
  }

  refreshRows(rows) {
    for (const row of new Set([...rows, ...rows.map((one) => one?.heading)])) {
      if (row) this.sheet.showRow(row, this.reasons);
      if (row?.parts) this.sheet.parts.show(row);
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
    const usable = pairs.filter(([cell, source]) => cell && source && cell !== source && cell.isDate === source.isDate && !cell.members && !source.members && this.sheet.editable(cell));
    this.apply(usable.map(([cell, { value }]) => ({ cell, value: same(value, cell.base) ? null : value })));
  }

  giveReason(index) {
    const code = [...this.reasons.keys()][index];
    const row = this.cursor.currentRow;
    if (!code || row.members || row.part || code === row.reason) return;
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
    const cellOf = (edit) => this.sheet.cell(edit.line, edit.month, edit.part);
    const there = step.edits.filter(cellOf);
    this.elsewhere(step.edits.filter((edit) => !cellOf(edit)), side);
    const known = there.filter((edit) => this.sheet.editable(cellOf(edit)));
    if (known.length < there.length) this.status.say(`${there.length - known.length} locked, not changed`);
    if (known.length) this.put(known.map((edit) => ({ line: edit.line, month: edit.month, part: edit.part, value: edit[side] })));
    for (const change of step.reasons) {
      const row = this.sheet.lines.find((one) => one.line === change.line);
      if (row) this.putReason(row, change[side]);
    }
    const first = known[0] && cellOf(known[0]);
    if (first?.part && !first.row.owner.isSplit) this.sheet.parts.toggle(first.row.owner);
    if (first) this.cursor.focus(first.row.index, this.sheet.at(first.element).column);
  }

  /** Cells of a step on another page of a paged grid go back too: what the step had left there is what was seen. */
  elsewhere(edits, side) {
    if (!edits.length || this.sheet.table.dataset.paged === undefined) return;
    const seen = side === "before" ? "after" : "before";
    this.saver.queue(edits.map((edit) => ({ line: edit.line, month: edit.month, value: edit[side], seen: edit[seen] })));
    const count = `${edits.length} cell${edits.length === 1 ? "" : "s"}`;
    this.status.note("result", element("p", `${count} of this step on another page or outside the filter changed with it.`));
  }
}

/** A likely part that was typed is a number: firm and likely together. */
function asNumber({ cell, value }) {
  return cell.part === "likely" ? { cell: cell.number, value: atBase(cell.number, cell.numberFor(value)) } : { cell, value };
}

function atBase(cell, value) {
  return value === null || same(value, cell.base) ? null : value;
}

/** The cells of lines among these and beneath subtotals, each once. */
export function lineCells(cells) {
  return [...new Set(cells.flatMap((cell) => cell.members ?? [cell]))];
}

// What the server answered, brought back into the sheet: saved values, conflicts to decide, refused cells.

import { keyOf } from "./grid_save.js";
import { element } from "./grid_status.js";

export class Answers {
  constructor({ table, sheet, status, changes, saver, emit }) {
    Object.assign(this, { table, sheet, status, changes, saver, emit });
  }

  state(state, detail) {
    this.status.setState(state, detail);
    this.table.dataset.state = state;
    this.emit("state", { state, detail });
    if (state === "refused" && detail) this.offerWayOut(detail);
    else if (state === "saved") this.status.clear("way-out");
  }

  /** The whole batch was refused, for instance because the step has closed. */
  offerWayOut(detail) {
    const row = this.status.choice(detail, [
      ["Try again", () => { this.status.clear("way-out"); this.saver.flush(); }],
      ["Discard these changes", () => { this.status.clear("way-out"); this.restore(this.saver.discard()); }],
    ]);
    this.status.note("way-out", row);
  }

  restore(edits) {
    for (const edit of edits) {
      const cell = this.cellOf(edit);
      if (cell) this.settle(cell, cell.saved);
    }
    this.changes.refresh(edits);
  }

  cellOf({ line, month, part }) {
    return this.sheet.cell(line, month, part);
  }

  settle(cell, value) {
    this.sheet.set(cell, value);
    cell.element.classList.remove("unsaved", "conflict");
  }

  saved(answer, edits) {
    for (const one of answer.saved ?? []) {
      const { value } = one;
      const cell = this.cellOf(one);
      if (!cell) continue;
      cell.saved = value;
      if (this.saver.isPending(one)) continue;
      if (this.sheet.stands(cell, value)) cell.element.classList.remove("unsaved", "conflict");
      else this.settle(cell, value);
    }
    this.changes.refresh(edits);
    this.emit("saved", answer);
  }

  /** Both values, pick one. Where both are the same there is nothing to ask. */
  conflicts(conflicts, edits) {
    const questions = [];
    this.leave(conflicts, edits);
    for (const conflict of conflicts) {
      const cell = this.cellOf(conflict);
      const edit = edits.find((one) => keyOf(one) === keyOf(conflict));
      if (!cell || !edit) continue;
      cell.saved = conflict.theirs;
      if (this.sheet.stands(cell, conflict.theirs)) this.take(cell, edit, conflict.theirs);
      else questions.push(this.question(cell, edit, conflict));
    }
    if (!questions.length) return;
    const many = questions.length > 1;
    const title = element("p", `Somebody else changed ${many ? "these cells" : "this cell"} meanwhile. Which number stands?`);
    this.status.note("conflict", title, ...questions);
  }

  /** What is not on the page cannot be chosen here: there the other value stands. */
  leave(conflicts, edits) {
    const away = conflicts.filter((conflict) => !this.cellOf(conflict));
    const named = new Set(away.map(keyOf));
    for (const edit of edits.filter((one) => named.has(keyOf(one)))) this.saver.forget(edit);
    if (!away.length) return;
    const count = `${away.length} cell${away.length === 1 ? "" : "s"}`;
    this.status.note("result", element("p", `${count} not on this page changed meanwhile (${away[0].by}) and stay${away.length === 1 ? "s" : ""} so.`));
  }

  question(cell, edit, { theirs, by }) {
    cell.element.classList.add("conflict");
    const mine = this.sheet.text(cell.row, cell.value, cell);
    const other = theirs === null ? "nothing" : this.sheet.text(cell.row, theirs, cell);
    return this.status.choice(`${this.sheet.nameOf(cell)}: yours ${mine}, ${by || "theirs"} ${other}.`, [
      [`Keep ${mine}`, () => this.decided(() => this.saver.queue([{ ...edit, value: this.changes.own(cell) }]))],
      [`Use ${other}`, () => this.decided(() => this.take(cell, edit, theirs))],
    ]);
  }

  decided(act) {
    act();
    if (!this.status.notes.querySelector('[data-kind="conflict"] .row')) this.status.clear("conflict");
  }

  take(cell, edit, value) {
    this.settle(cell, value);
    this.changes.refresh([edit]);
    this.saver.forget(edit);
  }

  refused(errors) {
    const words = errors.map(({ detail, ...place }) => {
      const cell = this.cellOf(place);
      cell?.element.classList.add("invalid");
      return cell ? `${this.sheet.nameOf(cell)}: ${detail}` : detail;
    });
    const count = `${errors.length} cell${errors.length === 1 ? " was" : "s were"} not taken`;
    if (errors.length === 1) this.status.list("refused", `${count}. ${words[0]}`, []);
    else this.status.list("refused", `${count}.`, words);
  }
}

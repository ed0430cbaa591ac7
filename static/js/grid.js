// The planning grid: a server-rendered table one can type into like a spreadsheet.
//
//   import { attachGrid } from "grid.js", then: const grid = attachGrid(table);
//
// The table (works read-only without this script; templates/demand/_grid.html is one):
//   <div data-grid>                              home of the status line and the notes
//     <div class="grid-scroll">
//       <table class="grid" role="grid" aria-label="…" data-cycle="2026-11" data-save-url="…" [data-parts-url="…"] [data-submit-form="ID"]
//              [data-paged] [data-group="family"] [data-base-name="Proposal"] [data-flag-name="exception"] [data-asks-reasons="false"]
//              data-unit="units" [data-against="the rep's number"] data-threshold-pct="10" data-threshold-value="500"
//              [data-editable="false"]>          nobody is asked for reasons there
//         <tbody>
//           <tr data-line="17" data-name="Nordwind AG, Valve 40" data-price="12.5" data-decimals="0"
//               data-reason="customer_told" [data-flag="Order slipped twice"] data-customer="…" data-product="…" data-family="…"
//               [data-past="64,71,…" data-prev="70,,…"]    month by month: a year ago, and what was said a cycle ago
//               [data-avg3="61.3"] [data-firm="50,," data-upside="12,,"]   average of three months; said of the first months
//               [class="past-fold"]>                           folded until "open"
//             <th scope="row" class="sticky-1">…</th> <td class="product">… [<button data-split>]</td>
//             <td data-near="ly" or "bl">…</td>               sum of the first three months, last year or baseline
//             <td data-m="2026-11" [data-v="75.25"] [data-bl="60"]
//                 [aria-readonly="true"] [data-locked="Dan, Tue 14:02"]>75</td>
//                 [data-name="On hand"]                   what the column is called where it is no month
//                 [data-date]                             a date: data-v counts days since 2000 (grid_dates.js)
//             <td data-sum="2027-01 2027-02 2027-03">…</td>   read-only sum of months, or "all"
//             <td data-delta>…</td>                           change against the baseline
//             <td data-reason-cell>…</td>
//         <tfoot>  <td data-total="2026-11" or "all" [data-other="1200" data-other-money="9000"]>   lines of other pages  <td data-total-delta>  <td data-near-total="ly" or "bl">
//     <ol data-grid-reasons><li data-code="customer_told" [data-words="…"]>…   keys 1 to 9, in order; may stand elsewhere
//     <p data-grid-status class="grid-bar">, <div data-grid-notes>, <p data-grid-live>   made where missing
//   Rows without data-line are left alone. Hidden rows and columns are skipped. meta "csrf-token" and "person" are read.
//   data-v is what is saved where it is not just what is shown, data-bl what "back to the baseline" gives where it is another; plain numbers, always in units.
//   Marks set here: classes changed, locked, unsaved, conflict, invalid, editing; data-state on the table.
//   Two kinds of rows are made here: headings with subtotals (grid_groups.js; what is typed there is spread by
//   grid_spread.js over all lines beneath, locked ones held) and firm, likely and upside (grid_parts.js).
//
// Saving: POST data-save-url {token, edits: [{line, month, value (null = baseline), seen, reason}]}
//   200 {saved: [{line, month, value}]} · 409 {conflicts: [{line, month, yours, theirs, by}]}
//   422 {errors: [{line, month, detail}]} · anything else {detail}; see grid_save.js.
//   Firm and upside go the same way to data-parts-url, each with its part and null = nothing said; without it they are read.
//
// Events on the table, each with {line, month, cells: [{line, month}]} where it has them:
//   grid:row, grid:lock, grid:history, grid:comment, grid:baseline, grid:expand, grid:submit, grid:unit,
//   grid:changed (cells with their part), grid:saved (detail: the answer), grid:state (detail: {state, detail}).
//   grid:lock asks the page to lock or unlock; it answers with lock(line, month, by) (sheet_locks.js).
// The returned Grid has set(line, month, value), lock(line, month, by), group(kind), money(isMoney, currency),
// split(row), undo(), redo(), submit(), settled(), detach().

import { Answers } from "./grid_answers.js";
import { Changes, lineCells } from "./grid_changes.js";
import { Clipboard } from "./grid_clipboard.js";
import { Cursor } from "./grid_cursor.js";
import { Editor } from "./grid_editor.js";
import { Groups } from "./grid_groups.js";
import { History } from "./grid_history.js";
import { Keeper, TabKeeper } from "./grid_keeper.js";
import { keyTable } from "./grid_keys.js";
import { Parts } from "./grid_parts.js";
import { Saver } from "./grid_save.js";
import { Sheet } from "./grid_sheet.js";
import { element, Status } from "./grid_status.js";
import { showMoney } from "./grid_units.js";

export function attachGrid(table, options = {}) {
  return new Grid(table, options);
}

function meta(name) {
  return document.querySelector(`meta[name="${name}"]`)?.content ?? "";
}

function cellOf(event) {
  return event.target.closest("td, th");
}

class Grid {
  constructor(table, options) {
    this.table = table;
    this.stop = new AbortController();
    this.emit = this.emit.bind(this);
    this.sheet = new Sheet(table);
    this.groups = new Groups(this.sheet);
    this.parts = new Parts(this.sheet, { canWrite: Boolean(table.dataset.partsUrl) });
    this.status = new Status(table);
    this.reasons = this.readReasons();
    this.cursor = new Cursor(this.sheet, { onRow: (row) => this.emit("row", { line: row.line }) });
    const person = options.person ?? meta("person");
    const name = ["grid", person, table.dataset.cycle ?? "", table.dataset.saveUrl ?? ""].join(":");
    this.history = new History(new Keeper(sessionStorage, name));
    this.csrf = options.csrf ?? (() => meta("csrf-token"));
    this.saver = this.makeSaver(table.dataset.saveUrl, name);
    this.partSaver = table.dataset.partsUrl
      ? this.makeSaver(table.dataset.partsUrl, `${name}:parts`, () => this.saver.settled()) : null;
    this.changes = new Changes(this);
    this.answers = new Map([this.saver, this.partSaver].filter(Boolean).map((saver) => [saver, new Answers({ ...this, saver })]));
    this.clipboard = new Clipboard(this);
    this.editor = new Editor(this.sheet, {
      onCommit: (text, way) => this.committed(text, way),
      onCancel: () => { this.status.clear("entry"); this.cursor.refocus(); },
      onProblem: (message) => this.entryProblem(message),
    });
    this.listen();
    this.cursor.home();
    this.changes.refreshRows(this.sheet.lines.filter((row) => row.isBlank || this.sheet.isChangedRow(row)));
    for (const saver of this.answers.keys()) saver.resume();
  }

  readReasons() {
    const list = this.status.home.querySelector("[data-grid-reasons]") ?? document.querySelector("[data-grid-reasons]");
    const items = [...(list?.querySelectorAll("[data-code]") ?? [])];
    return new Map(items.map((item) => [item.dataset.code, item.dataset.words ?? item.textContent.trim()]));
  }

  makeSaver(url, name, ready) {
    const answers = () => this.answers.get(saver);
    const saver = new Saver({
      url,
      keeper: new TabKeeper(name),
      csrf: this.csrf,
      signal: this.stop.signal,
      ready,
      seen: (edit) => this.sheet.cell(edit.line, edit.month, edit.part)?.saved ?? null,
      onState: (state, detail) => this.stateOf(saver, state, detail),
      onSaved: (answer, edits) => answers().saved(answer, edits),
      onConflicts: (conflicts, edits) => answers().conflicts(conflicts, edits),
      onErrors: (errors) => answers().refused(errors),
      onRecovered: (edits) => this.changes.show(edits),
    });
    return saver;
  }

  /** Saved is what one says when the other has nothing left to send either. */
  stateOf(saver, state, detail) {
    const other = [...this.answers.keys()].find((one) => one !== saver);
    if (state !== "saved" || !(other?.busy || other?.undecided.size)) this.answers.get(saver).state(state, detail);
  }

  listen() {
    const { signal } = this.stop;
    const on = (target, type, act) => target.addEventListener(type, act, { signal });
    on(this.table, "keydown", (event) => this.key(event));
    on(document, "keydown", (event) => this.keyBeside(event));
    on(this.table, "mousedown", (event) => this.pressed(event));
    on(this.table, "mouseover", (event) => this.dragged(event));
    on(document, "mouseup", () => { this.dragging = false; });
    on(this.table, "dblclick", (event) => this.enter(this.sheet.at(cellOf(event))?.cell));
    on(this.table, "focusin", (event) => this.focused(event));
    on(document, "copy", (event) => { if (this.active) this.clipboard.copy(event); });
    on(document, "cut", (event) => this.cut(event));
    on(document, "paste", (event) => { if (this.active) this.clipboard.paste(event); });
    const form = document.getElementById(this.table.dataset.submitForm ?? "");
    if (form) on(form, "submit", (event) => this.beforeSubmit(event, form));
  }

  /** Leave the page to others: nothing listens any more, unsaved edits stay stored. */
  detach() {
    this.stop.abort();
    this.status.close();
  }

  emit(name, detail = {}) {
    this.table.dispatchEvent(new CustomEvent(`grid:${name}`, { bubbles: true, detail }));
  }

  /** Tell the page about a command on what is focused and selected. */
  command(name) {
    const cells = [...new Set(lineCells(this.cursor.cells()).map((cell) => cell.number ?? cell))]
      .map((cell) => ({ line: cell.row.line, month: cell.month }));
    this.emit(name, { line: this.cursor.currentRow?.line, month: this.cursor.cell?.month ?? null, cells });
  }

  // --- keys, pointer, focus ---

  get active() {
    return this.table.contains(document.activeElement) && !this.editor.open;
  }

  key(event) {
    if (this.editor.open || !this.sheet.at(cellOf(event))) return;
    const act = keyTable(event, this);
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Undo and redo also work while the focus is on a note or a button beside the grid. */
  keyBeside(event) {
    if (event.defaultPrevented || event.target.closest?.("input, textarea, select") || this.table.contains(event.target)) return;
    if ((event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key)) {
      event.preventDefault();
      keyTable(event, this)();
    }
  }

  pressed(event) {
    const place = this.sheet.at(cellOf(event));
    if (!place || event.button !== 0 || event.target.closest("a, button, input")) return;
    event.preventDefault();
    if (this.editor.open) this.editor.leave();
    this.dragging = true;
    this.cursor.focus(place.row.index, place.column, { extend: event.shiftKey });
  }

  dragged(event) {
    const place = this.dragging && this.sheet.at(cellOf(event));
    if (place) this.cursor.focus(place.row.index, place.column, { extend: true });
  }

  focused(event) {
    const place = this.sheet.at(event.target);
    if (place && event.target !== this.cursor.element()) this.cursor.place(place.row.index, place.column);
  }

  cut(event) {
    if (!this.active) return;
    this.clipboard.copy(event);
    this.changes.reset(this.cursor.cells());
  }

  // --- typing ---

  /** Open the editor, or press the link or button of a cell that has no number. */
  enter(cell = this.cursor.cell, typed = undefined) {
    if (!cell) this.cursor.element().querySelector("a, button")?.click();
    else if (this.sheet.editable(cell)) this.editor.start(cell, typed);
    else this.entryProblem(`${this.sheet.nameOf(cell)}: ${this.sheet.whyNot(cell)}.${cell.element.dataset.locked && !cell.closed ? " L unlocks it." : ""}`);
  }

  entryProblem(message) {
    if (message) this.status.note("entry", element("p", message));
    else this.status.clear("entry");
  }

  committed(text, way) {
    this.status.clear("entry");
    const cells = way === "fill" ? this.cursor.cells() : [this.cursor.cell];
    if (text !== null) this.changes.enter(cells, text);
    const steps = { down: [1, 0], up: [-1, 0], right: [0, 1], left: [0, -1] };
    if (steps[way]) this.cursor.step(...steps[way]);
    else if (way === "fill") this.cursor.refocus();
  }

  /** Back to the baseline: Delete, B. */
  reset() {
    this.command("baseline");
    this.changes.reset(this.cursor.cells());
  }

  set(line, month, value) {
    this.changes.apply([{ cell: this.sheet.cell(line, month), value }]);
  }

  lock(line, month, by) {
    const cell = this.sheet.cell(line, month);
    if (cell) this.sheet.markLocked(cell, by);
  }

  /** Lines under headings with subtotals; `kind` "customer", "product", "family" or "" for none. */
  group(kind) {
    const { currentRow, column } = this.cursor;
    this.cursor.element().tabIndex = -1;
    this.groups.arrange(kind);
    if (this.sheet.rows.includes(currentRow) && this.cursor.visible(currentRow.tr)) this.cursor.place(currentRow.index, column);
    else this.cursor.home();
  }

  /** Numbers in money instead of units; what is typed is in the shown unit, what is saved is units. */
  money(isMoney, currency) {
    showMoney(this.sheet, isMoney);
    this.status.unit = isMoney ? currency : this.table.dataset.unit ?? "units";
    this.status.summarise(this.sheet);
    this.emit("unit");
  }

  undo() {
    this.changes.undo();
  }

  redo() {
    this.changes.redo();
  }

  // --- submitting: first everything is saved ---

  async settled() {
    const all = await Promise.all([...this.answers.keys()].map((saver) => saver.settled()));
    return all.every(Boolean);
  }

  /** Firm, likely and upside of the focused line, shown or hidden: Space. */
  split(row = this.cursor.currentRow) {
    const line = row.owner ?? row;
    if (line.members) {
      const fold = line.tr.querySelector(".group-fold");
      fold?.click();
      if (fold) this.status.say(`${this.sheet.nameOfRow(line)}: ${fold.getAttribute("aria-expanded") === "true" ? "shown" : "folded"}.`);
      return;
    }
    const { currentRow, column } = this.cursor;
    this.cursor.element().tabIndex = -1;
    this.parts.toggle(line);
    this.status.say(`Firm, likely and upside of ${this.sheet.nameOfRow(line)} ${line.isSplit ? "shown beneath" : "hidden"}.`);
    this.cursor.focus((currentRow.owner === line ? line : currentRow).index, column);
    this.command("expand");
  }

  submit() {
    this.command("submit");
    document.getElementById(this.table.dataset.submitForm ?? "")?.requestSubmit();
  }

  async beforeSubmit(event, form) {
    if ([...this.answers.keys()].every((saver) => !saver.busy && !saver.undecided.size)) return;
    event.preventDefault();
    const { submitter } = event;
    if (await this.settled()) form.requestSubmit(submitter);
  }
}

// Where the reader is in a grid: one focused cell, one tab stop, one selected rectangle.

export class Cursor {
  constructor(sheet, { onRow }) {
    this.sheet = sheet;
    this.onRow = onRow;
    this.row = 0;
    this.column = 0;
    this.anchor = { row: 0, column: 0 };
    this.marked = new Set();
    for (const inner of sheet.table.querySelectorAll("tbody a, tbody button, tbody input")) inner.tabIndex = -1;
  }

  element(row = this.row, column = this.column) {
    return this.sheet.rows[row]?.elements[column];
  }

  get cell() {
    return this.sheet.at(this.element())?.cell;
  }

  get currentRow() {
    return this.sheet.rows[this.row];
  }

  /** Give the tab stop to the first number that can be typed. */
  home() {
    for (const row of this.sheet.rows) {
      const cell = row.cells.find((one) => this.sheet.editable(one) && this.visible(one.element));
      if (cell) return this.place(row.index, row.elements.indexOf(cell.element));
    }
    return this.place(0, 0);
  }

  visible(element) {
    return Boolean(element) && element.getClientRects().length > 0;
  }

  /** Put the tab stop somewhere without moving the focus. */
  place(row, column, { extend = false } = {}) {
    const element = this.element(row, column);
    if (!element) return null;
    const old = this.element();
    if (old) old.tabIndex = -1;
    const otherRow = row !== this.row;
    this.row = row;
    this.column = column;
    if (!extend) this.anchor = { row, column };
    element.tabIndex = 0;
    this.paint();
    if (otherRow) this.onRow(this.currentRow);
    return element;
  }

  focus(row, column, options) {
    const element = this.place(row, column, options);
    element?.focus();
    element?.scrollIntoView({ block: "nearest", inline: "nearest" });
    return element;
  }

  refocus() {
    this.element()?.focus();
  }

  /** Step to the next visible cell; no wrapping. */
  step(down, right, options) {
    const [row, column] = this.seek(this.row, this.column, down, right);
    return this.focus(row, column, options);
  }

  seek(row, column, down, right) {
    for (let r = row + down, c = column + right; this.element(r, c); r += down, c += right) {
      if (this.visible(this.element(r, c))) return [r, c];
    }
    return [row, column];
  }

  toEdge(down, right, options) {
    let [row, column] = [this.row, this.column];
    if (right) column = this.edge(row, right);
    if (down) row = this.edgeRow(down, column);
    return this.focus(row, column, options);
  }

  edge(row, right) {
    const elements = this.sheet.rows[row].elements;
    const order = right > 0 ? [...elements.keys()].reverse() : [...elements.keys()];
    return order.find((column) => this.visible(elements[column])) ?? this.column;
  }

  edgeRow(down, column) {
    const order = down > 0 ? [...this.sheet.rows.keys()].reverse() : [...this.sheet.rows.keys()];
    return order.find((row) => this.visible(this.element(row, column))) ?? this.row;
  }

  page(down, options) {
    const box = this.sheet.table.parentElement;
    const tall = this.element().getBoundingClientRect().height || 32;
    const jump = Math.max(1, Math.floor((box.clientHeight || 480) / tall) - 3);
    let [row] = [this.row];
    for (let i = 0; i < jump; i += 1) [row] = this.seek(row, this.column, down, 0);
    return this.focus(row, this.column, options);
  }

  /** The nearest flagged row before or after; the column stays. */
  flagged(way) {
    const { rows } = this.sheet;
    for (let row = this.row + way; rows[row]; row += way) {
      if (rows[row].tr.dataset.flag !== undefined && this.visible(this.element(row))) return this.focus(row, this.column);
    }
    return null;
  }

  selectAll() {
    const months = this.sheet.rows[this.row].cells.map((cell) => this.sheet.at(cell.element).column);
    if (!months.length) return;
    this.anchor = { row: 0, column: Math.min(...months) };
    this.focus(this.sheet.rows.length - 1, Math.max(...months), { extend: true });
  }

  selectColumn() {
    this.anchor = { row: 0, column: this.column };
    this.focus(this.sheet.rows.length - 1, this.column, { extend: true });
  }

  selectRow() {
    this.anchor = { row: this.row, column: 0 };
    this.focus(this.row, this.sheet.rows[this.row].elements.length - 1, { extend: true });
  }

  /** Visible elements of the selected rectangle, row by row. A column is hidden in all rows or in none. */
  selection() {
    const [top, foot] = [this.anchor.row, this.row].sort((a, b) => a - b);
    const [left, right] = [this.anchor.column, this.column].sort((a, b) => a - b);
    const columns = [];
    for (let column = left; column <= right; column += 1) if (this.visible(this.element(this.row, column))) columns.push(column);
    return this.sheet.rows.slice(top, foot + 1).filter((row) => this.visible(row.tr))
      .map((row) => columns.map((column) => row.elements[column]));
  }

  /** Number cells of the selection, editable or not. */
  cells() {
    return this.selection().flat().map((element) => this.sheet.at(element).cell).filter(Boolean);
  }

  get isRange() {
    return this.anchor.row !== this.row || this.anchor.column !== this.column;
  }

  paint() {
    const now = this.isRange ? new Set(this.selection().flat()) : new Set();
    for (const element of this.marked) if (!now.has(element)) element.removeAttribute("aria-selected");
    for (const element of now) element.setAttribute("aria-selected", "true");
    this.marked = now;
  }
}

// The numbers of a planning grid: reads the server-rendered table, keeps values, marks and totals.

import { numberIn, numberOf, put, same, signed, written } from "./grid_numbers.js";
import { Shown } from "./grid_shown.js";

export class Sheet extends Shown {
  constructor(table) {
    super();
    this.table = table;
    this.thresholdShare = Number(table.dataset.thresholdPct ?? 10) / 100;
    this.thresholdValue = Number(table.dataset.thresholdValue ?? 500);
    this.asksReasons = table.dataset.editable !== "false" && table.dataset.asksReasons !== "false";
    this.baseName = table.dataset.baseName ?? "Baseline";
    this.isMoney = false;
    this.byLine = new Map();
    this.byElement = new Map();
    this.lines = [...table.tBodies].flatMap((body) => [...body.rows])
      .filter((tr) => tr.dataset.line)
      .map((tr, index) => this.readRow(tr, index));
    this.rows = this.lines;
    this.readFooter();
    for (const row of this.lines) if (row.isBlank) this.showRow(row);
    this.showTotals();
  }

  /** The rows as they stand from now on, headings of groups among them. */
  arrange(rows) {
    this.rows = rows;
    rows.forEach((row, index) => { row.index = index; });
  }

  readRow(tr, index) {
    const row = {
      tr,
      index,
      line: tr.dataset.line,
      price: Number(tr.dataset.price ?? 0),
      decimals: Number(tr.dataset.decimals ?? 0),
      reason: tr.dataset.reason ?? "",
      factor: 1,
      weight: 1,
    };
    this.byLine.set(row.line, row);
    this.readElements(row, (element) => this.readCell(row, element));
    row.reasonElement = row.elements.find((e) => e.hasAttribute("data-reason-cell"));
    row.isBlank = [row.delta, ...row.sums].some((e) => e && !e.firstChild);
    return row;
  }

  /** Once for every cell of the page: kept to what a cell is for. */
  readElements(row, readCell) {
    row.elements = [...row.tr.cells];
    row.cells = [];
    row.sums = [];
    row.elements.forEach((element, column) => {
      this.byElement.set(element, { row, column });
      if (element.hasAttribute("data-m")) readCell(element);
      else if (element.hasAttribute("data-sum")) row.sums.push(element);
      else if (element.hasAttribute("data-delta")) row.delta = element;
    });
  }

  readCell(row, element) {
    const value = numberIn(element, "data-v") ?? numberOf(element.textContent);
    const cell = {
      element,
      row,
      month: element.getAttribute("data-m"),
      value,
      saved: value,
      base: numberIn(element, "data-bl") ?? value,
      closed: element.getAttribute("aria-readonly") === "true",
      isDate: element.hasAttribute("data-date"),
    };
    row.cells.push(cell);
    this.byElement.get(element).cell = cell;
    if (element.hasAttribute("data-locked")) this.markLocked(cell, element.dataset.locked);
    else if (this.isChanged(cell)) this.mark(cell);
  }

  readFooter() {
    const foot = this.table.tFoot;
    const all = foot ? [...foot.querySelectorAll("td, th")] : [];
    this.totals = all.filter((e) => e.dataset.total)
      .map((element) => ({ element, months: monthsIn(element.dataset.total) }));
    this.totalDelta = all.filter((e) => e.hasAttribute("data-total-delta"));
    this.addUp();
  }

  /** All lines by month, in the unit that is shown. */
  addUp() {
    this.decimals = this.isMoney ? 0 : Math.max(0, ...this.lines.map((row) => row.decimals));
    this.sumByMonth = new Map();
    this.deltaSum = 0;
    for (const row of this.lines) {
      for (const cell of row.cells) {
        const weight = this.weightOf(cell);
        this.addToMonth(cell.month, cell.value * weight);
        this.deltaSum += (cell.value - cell.base) * weight;
      }
    }
  }

  addToMonth(month, amount) {
    this.sumByMonth.set(month, (this.sumByMonth.get(month) ?? 0) + amount);
  }

  cell(line, month, part) {
    return part ? this.parts?.cell(line, month, part) : this.byLine.get(String(line))?.cells.find((one) => one.month === month);
  }

  /** What stands where an element is: {row, column, cell?}. */
  at(element) {
    return this.byElement.get(element);
  }

  editable(cell) {
    return Boolean(cell) && cell.element.getAttribute("aria-readonly") !== "true";
  }

  whyNot(cell) {
    const { locked } = cell.element.dataset;
    return locked ? `Locked by ${locked}` : "not yours to change";
  }

  /** Put a value into a cell (null = back to the baseline); totals and marks follow. */
  set(cell, value) {
    if (cell.part) {
      cell.said = value;
      cell.element.classList.remove("invalid");
      this.mark(cell);
      return;
    }
    const now = value ?? cell.base;
    const change = now - cell.value;
    this.addToMonth(cell.month, change * this.weightOf(cell));
    this.deltaSum += change * this.weightOf(cell);
    cell.value = now;
    cell.element.setAttribute("data-v", String(now));
    cell.element.classList.remove("invalid");
    this.mark(cell);
  }

  setReason(row, reason) {
    row.reason = reason;
    row.tr.dataset.reason = reason;
  }

  /** Whether this value is what stands in a cell; null is nothing said of a part, else the baseline. */
  stands(cell, value) {
    if (!cell.part || cell.part === "likely") return same(cell.value, value ?? cell.base);
    return value === null || cell.said === null ? value === cell.said : same(cell.said, value);
  }

  isChanged(cell) {
    return !same(cell.value, cell.base);
  }

  mark(cell) {
    const { element } = cell;
    put(element, cell.said === null && cell.part !== "likely" ? "" : this.words(cell));
    if (cell.part) return;
    const changed = this.isChanged(cell);
    if (!changed && !element.classList.contains("changed") && !element.dataset.locked) return;
    element.classList.toggle("changed", changed);
    const said = [
      element.dataset.locked && this.whyNot(cell),
      changed && `${this.baseName} ${this.words(cell, "base")}`,
    ].filter(Boolean);
    if (said.length) element.title = said.join(". ");
    else element.removeAttribute("title");
  }

  markLocked(cell, by) {
    const { element } = cell;
    element.classList.toggle("locked", Boolean(by));
    if (by) {
      element.dataset.locked = by;
      element.setAttribute("aria-readonly", "true");
    } else {
      delete element.dataset.locked;
      if (!cell.closed) element.removeAttribute("aria-readonly");
      element.removeAttribute("title");
    }
    this.mark(cell);
  }

  rowDelta(row) {
    return row.cells.reduce((sum, cell) => sum + this.shown(cell) - this.shown(cell, "base"), 0);
  }

  /** The twin of demand/change_size.py: the change passes both thresholds. */
  needsReason(row) {
    if (!this.asksReasons) return false;
    const changed = row.cells.filter((cell) => this.isChanged(cell));
    const units = changed.reduce((sum, cell) => sum + Math.abs(cell.value - cell.base), 0);
    const stood = changed.reduce((sum, cell) => sum + cell.base, 0);
    return units > 0
      && units >= this.thresholdShare * stood * (1 - 1e-9)
      && units * row.price >= this.thresholdValue * (1 - 1e-9);
  }

  showRow(row, reasons = this.reasons) {
    const decimals = this.decimalsOf(row);
    if (row.members) for (const cell of row.cells) this.mark(cell);
    if (row.delta) {
      const delta = this.rowDelta(row);
      put(row.delta, signed(delta, decimals));
      row.delta.classList.toggle("good", delta > 1e-9);
      row.delta.classList.toggle("bad", delta < -1e-9);
      row.delta.classList.toggle("zero", Math.abs(delta) <= 1e-9);
    }
    for (const element of row.sums) {
      const months = monthsIn(element.dataset.sum);
      const cells = months ? row.cells.filter((cell) => months.has(cell.month)) : row.cells;
      put(element, written(cells.reduce((sum, cell) => sum + this.shown(cell), 0), decimals));
    }
    this.showReason(row, reasons);
  }

  showReason(row, reasons) {
    if (!row.reasonElement) return;
    const missing = !row.reason && this.needsReason(row);
    row.reasonElement.classList.toggle("missing", missing);
    if (reasons || missing) put(row.reasonElement, missing ? "reason missing" : reasons?.get(row.reason) ?? "");
  }

  showTotals() {
    for (const { element, months } of this.totals) {
      let sum = this.elsewhere(element);
      for (const [month, value] of this.sumByMonth) if (!months || months.has(month)) sum += value;
      put(element, written(sum, this.decimals));
    }
    for (const element of this.totalDelta) put(element, signed(this.deltaSum + this.elsewhere(element), this.decimals));
  }

  /** What lines that are not on the page add to a total, in the unit that is shown. */
  elsewhere(element) {
    return numberIn(element, this.isMoney ? "data-other-money" : "data-other") ?? 0;
  }

  changedRows() {
    return this.lines.filter((row) => this.isChangedRow(row));
  }

  isChangedRow(row) {
    return row.cells.some((cell) => this.isChanged(cell));
  }

  missingReasons() {
    return this.lines.filter((row) => !row.reason && this.needsReason(row));
  }

  /** What a person calls a cell: "Nordwind AG, Valve 40, Nov 26". */
  nameOf(cell) {
    return `${this.nameOfRow(cell.row)}, ${cell.element.dataset.name ?? this.monthName(cell.month)}`;
  }

  nameOfRow(row) {
    return row.tr.dataset.name ?? row.elements.find((e) => e.tagName === "TH")?.textContent.trim() ?? row.line;
  }

  monthName(month) {
    const date = new Date(`${month}-01T00:00:00Z`);
    const name = new Intl.DateTimeFormat("en", { month: "short", timeZone: "UTC" }).format(date);
    return `${name} ${month.slice(2, 4)}`;
  }
}

/** "all" -> null (every month), "2026-11 2026-12" -> a set. */
function monthsIn(text) {
  return text === "all" ? null : new Set(text.split(/\s+/));
}

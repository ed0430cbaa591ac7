// The numbers of a planning grid: reads the server-rendered table, keeps values, marks and totals.

const MINUS = "\u2212";
const formats = new Map();

/** 1450 -> "1,450", -3 -> "−3"; as sop_portal/number_format.py writes it. */
export function written(value, decimals = 0) {
  if (!formats.has(decimals)) {
    formats.set(decimals, new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }));
  }
  const text = formats.get(decimals).format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/** A variance: "+15", "−140", "0". */
export function signed(value, decimals = 0) {
  const text = written(value, decimals);
  if (!/[1-9]/.test(text)) return "0";
  return value > 0 ? `+${text}` : text;
}

export function same(one, other) {
  return Math.abs(one - other) <= 1e-6 * Math.max(1, Math.abs(one), Math.abs(other));
}

function numberIn(element, name) {
  const text = element.getAttribute(name);
  return text === null || text === "" ? null : Number(text);
}

function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

export class Sheet {
  constructor(table) {
    this.table = table;
    this.thresholdShare = Number(table.dataset.thresholdPct ?? 10) / 100;
    this.thresholdValue = Number(table.dataset.thresholdValue ?? 500);
    this.byKey = new Map();
    this.byElement = new Map();
    this.rows = [...table.tBodies].flatMap((body) => [...body.rows])
      .filter((tr) => tr.dataset.line)
      .map((tr, index) => this.readRow(tr, index));
    this.readFooter();
    for (const row of this.rows) this.showRow(row);
    this.showTotals();
  }

  readRow(tr, index) {
    const row = {
      tr,
      index,
      line: tr.dataset.line,
      price: Number(tr.dataset.price ?? 0),
      decimals: Number(tr.dataset.decimals ?? 0),
      reason: tr.dataset.reason ?? "",
      elements: [...tr.cells],
      cells: [],
    };
    row.elements.forEach((element, column) => {
      this.byElement.set(element, { row, column });
      if (element.hasAttribute("data-m")) this.readCell(row, element);
    });
    row.delta = row.elements.find((e) => e.hasAttribute("data-delta"));
    row.reasonElement = row.elements.find((e) => e.hasAttribute("data-reason-cell"));
    row.sums = row.elements.filter((e) => e.hasAttribute("data-sum")).map((element) => ({ element, months: monthsIn(element.dataset.sum) }));
    return row;
  }

  readCell(row, element) {
    const value = numberIn(element, "data-v") ?? 0;
    const cell = {
      element,
      row,
      month: element.getAttribute("data-m"),
      value,
      saved: value,
      base: numberIn(element, "data-bl") ?? value,
    };
    row.cells.push(cell);
    this.byKey.set(`${row.line}|${cell.month}`, cell);
    this.byElement.get(element).cell = cell;
    if (element.hasAttribute("data-locked")) this.markLocked(cell, element.dataset.locked);
    if (this.isChanged(cell)) this.mark(cell);
  }

  readFooter() {
    const foot = this.table.tFoot;
    const all = foot ? [...foot.querySelectorAll("td, th")] : [];
    this.totals = all.filter((e) => e.dataset.total)
      .map((element) => ({ element, months: monthsIn(element.dataset.total), other: numberIn(element, "data-other") ?? 0 }));
    this.totalDelta = all.filter((e) => e.hasAttribute("data-total-delta"));
    this.decimals = Math.max(0, ...this.rows.map((row) => row.decimals));
    this.sumByMonth = new Map();
    this.deltaSum = 0;
    for (const row of this.rows) {
      for (const cell of row.cells) {
        this.addToMonth(cell.month, cell.value);
        this.deltaSum += cell.value - cell.base;
      }
    }
  }

  addToMonth(month, amount) {
    this.sumByMonth.set(month, (this.sumByMonth.get(month) ?? 0) + amount);
  }

  cell(line, month) {
    return this.byKey.get(`${line}|${month}`);
  }

  /** What stands where an element is: {row, column, cell?}. */
  at(element) {
    return this.byElement.get(element);
  }

  editable(cell) {
    return Boolean(cell) && cell.element.getAttribute("aria-readonly") !== "true";
  }

  /** What the entry grammar needs to know of a cell. */
  references(cell) {
    return {
      current: cell.value,
      baseline: cell.base,
      lastYear: numberIn(cell.element, "data-ly"),
      previous: numberIn(cell.element, "data-prev"),
      average3: numberIn(cell.element, "data-avg3"),
      decimals: cell.row.decimals,
    };
  }

  /** Put a value into a cell (null = back to the baseline); totals and marks follow. */
  set(cell, value) {
    const now = value ?? cell.base;
    const change = now - cell.value;
    this.addToMonth(cell.month, change);
    this.deltaSum += change;
    cell.value = now;
    cell.element.setAttribute("data-v", String(now));
    cell.element.classList.remove("invalid");
    this.mark(cell);
  }

  setReason(row, reason) {
    row.reason = reason;
    row.tr.dataset.reason = reason;
  }

  isChanged(cell) {
    return !same(cell.value, cell.base);
  }

  mark(cell) {
    const { element, row } = cell;
    put(element, written(cell.value, row.decimals));
    const changed = this.isChanged(cell);
    if (changed === element.classList.contains("changed") && !changed) return;
    element.classList.toggle("changed", changed);
    if (changed) element.title = `Baseline ${written(cell.base, row.decimals)}`;
    else if (!element.dataset.locked) element.removeAttribute("title");
  }

  markLocked(cell, by) {
    const { element } = cell;
    element.classList.toggle("locked", Boolean(by));
    if (by) {
      element.dataset.locked = by;
      element.setAttribute("aria-readonly", "true");
      element.title = `Locked by ${by}`;
    } else {
      delete element.dataset.locked;
      element.removeAttribute("aria-readonly");
      element.removeAttribute("title");
    }
  }

  rowDelta(row) {
    return row.cells.reduce((sum, cell) => sum + cell.value - cell.base, 0);
  }

  /** The twin of demand/change_size.py: the change passes both thresholds. */
  needsReason(row) {
    const changed = row.cells.filter((cell) => this.isChanged(cell));
    const units = changed.reduce((sum, cell) => sum + Math.abs(cell.value - cell.base), 0);
    const stood = changed.reduce((sum, cell) => sum + cell.base, 0);
    return units > 0
      && units >= this.thresholdShare * stood * (1 - 1e-9)
      && units * row.price >= this.thresholdValue * (1 - 1e-9);
  }

  showRow(row, reasons = this.reasons) {
    const delta = this.rowDelta(row);
    if (row.delta) {
      put(row.delta, signed(delta, row.decimals));
      row.delta.classList.toggle("good", delta > 1e-9);
      row.delta.classList.toggle("bad", delta < -1e-9);
      row.delta.classList.toggle("zero", Math.abs(delta) <= 1e-9);
    }
    for (const { element, months } of row.sums) {
      const cells = months ? row.cells.filter((cell) => months.has(cell.month)) : row.cells;
      put(element, written(cells.reduce((sum, cell) => sum + cell.value, 0), row.decimals));
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
    for (const { element, months, other } of this.totals) {
      let sum = other;
      for (const [month, value] of this.sumByMonth) if (!months || months.has(month)) sum += value;
      put(element, written(sum, this.decimals));
    }
    for (const element of this.totalDelta) put(element, signed(this.deltaSum, this.decimals));
  }

  changedRows() {
    return this.rows.filter((row) => row.cells.some((cell) => this.isChanged(cell)));
  }

  missingReasons() {
    return this.rows.filter((row) => !row.reason && this.needsReason(row));
  }

  /** What a person calls a cell: "Nordwind AG, Valve 40, Nov 26". */
  nameOf(cell) {
    return `${this.nameOfRow(cell.row)}, ${this.monthName(cell.month)}`;
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

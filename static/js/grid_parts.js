// Firm, likely and upside of a line's first months, as three rows beneath it. Firm and likely add up to the number;
// upside stands beside it and never enters the plan.

import { put, signed } from "./grid_numbers.js";

const NEAR = 3;
const PARTS = { firm: "Firm", likely: "Likely", upside: "Upside" };
const WORDS = { firm: "certain", likely: "the rest of the number", upside: "on top, not in the plan" };

/** One part of one number: `said` is what its owner said, null for nothing; `number` is the cell it belongs to. */
class Part {
  constructor(part, number, element, row) {
    Object.assign(this, { part, number, element, row, month: number.month, base: 0 });
    this.said = null;
    this.saved = null;
  }

  get value() {
    if (this.part === "likely") return this.number.value - this.firm.value;
    return this.part === "firm" ? Math.min(this.said ?? 0, this.number.value) : this.said ?? 0;
  }

  /** What a likely typed here makes of the number. */
  numberFor(likely) {
    return likely === null ? null : this.firm.value + likely;
  }
}

export class Parts {
  constructor(sheet, { canWrite }) {
    Object.assign(this, { sheet, canWrite, byKey: new Map() });
    sheet.parts = this;
  }

  toggle(row) {
    if (row.isSplit) this.close(row);
    else this.open(row);
    row.tr.querySelector("[data-split]")?.setAttribute("aria-expanded", String(row.isSplit));
  }

  open(row) {
    this.build(row);
    row.isSplit = true;
    const { classList } = row.tr;
    for (const { tr } of row.parts) {
      for (const name of ["past-fold", "open"]) tr.classList.toggle(name, classList.contains(name));
    }
    row.tr.after(...row.parts.map((part) => part.tr));
    this.sheet.arrange(this.sheet.rows.flatMap((one) => (one === row ? [row, ...row.parts] : [one])));
    this.show(row);
  }

  close(row) {
    row.isSplit = false;
    for (const { tr } of row.parts) tr.remove();
    this.sheet.arrange(this.sheet.rows.filter((one) => one.owner !== row));
  }

  /** The rows are made once, whether they are on the page or not, so that what was left unsaved has its place. */
  build(row) {
    if (row.parts) return;
    row.parts = Object.entries(PARTS).map(([part, name]) => this.partRow(row, part, name));
    const [firm, likely] = row.parts;
    likely.cells.forEach((cell, index) => { cell.firm = firm.cells[index]; });
    this.show(row);
  }

  partRow(owner, part, name) {
    const row = { owner, line: owner.line, part, tr: document.createElement("tr"), reason: "" };
    for (const key of ["price", "decimals", "factor", "weight"]) Object.defineProperty(row, key, { get: () => owner[key] });
    row.tr.className = `part ${part}`;
    row.tr.dataset.name = `${this.sheet.nameOfRow(owner)}, ${part}`;
    for (const pattern of owner.elements) row.tr.append(likeCell(pattern, owner.cells.slice(0, NEAR)));
    put(row.tr.cells[0], name);
    put(row.tr.querySelector(".product"), WORDS[part]);
    const said = (owner.tr.dataset[part] ?? "").split(",").map((text) => (text === "" ? null : Number(text)));
    this.sheet.readElements(row, (element) => this.readPart(row, part, element, said));
    return row;
  }

  readPart(row, part, element, said) {
    const cell = new Part(part, this.sheet.cell(row.line, element.dataset.m), element, row);
    if (part !== "likely") cell.said = cell.saved = said[row.cells.length] ?? null;
    if (!this.canWrite || cell.number.closed) element.setAttribute("aria-readonly", "true");
    row.cells.push(cell);
    this.sheet.byElement.get(element).cell = cell;
    this.byKey.set(`${row.line}|${cell.month}|${part}`, cell);
  }

  cell(line, month, part) {
    const row = this.sheet.byLine.get(String(line));
    if (row) this.build(row);
    return this.byKey.get(`${line}|${month}|${part}`);
  }

  /** The parts follow the number; the line says its upside. */
  show(row) {
    for (const part of row.parts ?? []) for (const cell of part.cells) this.sheet.mark(cell);
    const upside = row.parts[2].cells.reduce((sum, cell) => sum + cell.value, 0);
    const home = row.tr.querySelector(".product");
    let flag = home?.querySelector("[data-upside]");
    if (home && !flag && upside) {
      flag = Object.assign(document.createElement("span"), { className: "flag plain" });
      flag.dataset.upside = "";
      home.append(" ", flag);
    }
    if (flag) flag.hidden = !upside;
    if (flag) put(flag, `upside ${signed(upside, row.decimals)}`);
  }
}

/** An empty cell of the same column; a month only where there is a part of it. */
function likeCell(pattern, months) {
  const made = document.createElement(pattern.tagName);
  const kept = ["sticky-1", "product", "num", "context", "far", "block", "delta", "reason"];
  made.className = kept.filter((name) => pattern.classList.contains(name)).join(" ");
  if (pattern.hasAttribute("scope")) made.scope = pattern.scope;
  if (months.some((cell) => cell.element === pattern)) made.dataset.m = pattern.dataset.m;
  return made;
}

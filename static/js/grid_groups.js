// Lines under headings, by customer, product, family, region or rep; a heading's months are subtotals that can be
// typed into.

import { put } from "./grid_numbers.js";
import { showNear } from "./grid_units.js";

/** The sum of one month over the lines of a group; a cell like any other, but what is typed is spread. */
class Subtotal {
  constructor(element, row, members) {
    Object.assign(this, { element, row, members, month: members[0].month });
  }

  get value() {
    return this.members.reduce((sum, cell) => sum + cell.value, 0);
  }

  get base() {
    return this.members.reduce((sum, cell) => sum + cell.base, 0);
  }
}

export class Groups {
  constructor(sheet) {
    this.sheet = sheet;
    this.body = sheet.table.tBodies[0];
    this.order = [...this.body.rows];
    this.headings = [];
  }

  /** `kind` "customer", "product", "family", "region" or "rep" puts lines under headings; "" is the order of the page. */
  arrange(kind) {
    for (const heading of this.headings) heading.tr.remove();
    for (const row of this.sheet.lines) row.heading = null;
    this.headings = [];
    this.sheet.table.classList.toggle("grouped", Boolean(kind));
    if (!kind) {
      this.body.append(...this.order);
      this.sheet.arrange(this.sheet.lines.flatMap(withParts));
      for (const row of this.sheet.lines) row.tr.after(...withParts(row).slice(1).map((part) => part.tr));
      return;
    }
    const groups = [...groupsOf(this.sheet.lines, kind)];
    const rows = groups.flatMap(([name, lines]) => [this.heading(name, lines), ...lines.flatMap(withParts)]);
    this.body.append(...rows.map((row) => row.tr));
    this.sheet.arrange(rows);
    for (const heading of this.headings) this.sheet.showRow(heading);
  }

  heading(name, lines) {
    const row = { line: "", members: lines, price: 0, reason: "", factor: 1, weight: 1 };
    row.decimals = Math.min(...lines.map((line) => line.decimals));
    row.tr = this.headingElement(name, lines);
    this.sheet.readElements(row, (element) => this.readSubtotal(row, element));
    for (const line of lines) line.heading = row;
    this.headings.push(row);
    showNear(this.sheet, row);
    return row;
  }

  readSubtotal(row, element) {
    const members = row.members.map((line) => this.sheet.cell(line.line, element.dataset.m)).filter(Boolean);
    const cell = new Subtotal(element, row, members);
    row.cells.push(cell);
    this.sheet.byElement.get(element).cell = cell;
    if (members.every((one) => one.closed)) element.setAttribute("aria-readonly", "true");
  }

  headingElement(name, lines) {
    const tr = document.createElement("tr");
    tr.className = "group";
    tr.dataset.name = `${name}, ${lines[0].tr.dataset.all ? "" : "all "}${howMany(lines)}`;
    for (const pattern of lines[0].elements) tr.append(likeCell(pattern));
    put(tr.cells[0], name);
    tr.cells[0].title = name;
    tr.querySelector(".product")?.append(...this.count(lines));
    return tr;
  }

  /** "8 lines, 3 need you", and a button for those that are folded. */
  count(lines) {
    const flagged = lines.filter((line) => line.tr.dataset.flag !== undefined).length;
    const { flagName } = this.sheet.table.dataset;
    const waiting = flagName ? ` ${flagName}${flagged === 1 ? "" : "s"}` : ` need${flagged === 1 ? "s" : ""} you`;
    const words = `${howMany(lines)}${flagged ? `, ${flagged}${waiting}` : ""}`;
    const folded = lines.filter((line) => line.tr.classList.contains("past-fold"));
    return folded.length ? [this.toggle(words, folded)] : [words];
  }

  toggle(words, folded) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "group-fold", textContent: words, tabIndex: -1 });
    const isOpen = () => folded[0].tr.classList.contains("open");
    button.setAttribute("aria-expanded", String(isOpen()));
    button.addEventListener("click", () => {
      const open = !isOpen();
      for (const row of folded.flatMap(withParts)) row.tr.classList.toggle("open", open);
      button.setAttribute("aria-expanded", String(open));
    });
    return button;
  }
}

/** "8 lines", or "8 of 40 lines on this page" where the rest is on other pages. */
function howMany(lines) {
  const { all } = lines[0].tr.dataset;
  return all ? `${lines.length} of ${all} lines, on this page` : `${lines.length} line${lines.length === 1 ? "" : "s"}`;
}

function withParts(row) {
  return row.isSplit ? [row, ...row.parts] : [row];
}

/** Name -> lines, names in order of the alphabet, lines in the order of the page. */
function groupsOf(lines, kind) {
  const groups = new Map();
  for (const line of lines) {
    const name = line.tr.dataset[kind] || "None";
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(line);
  }
  return [...groups].sort(([one], [other]) => one.localeCompare(other));
}

/** An empty cell of the same column. */
function likeCell(pattern) {
  const made = document.createElement(pattern.tagName);
  made.className = [...pattern.classList].filter((name) => KEPT.has(name)).join(" ");
  for (const name of ["scope", "data-m", "data-sum", "data-delta", "data-near"]) {
    if (pattern.hasAttribute(name)) made.setAttribute(name, pattern.getAttribute(name));
  }
  return made;
}

const KEPT = new Set(["sticky-1", "sticky-2", "product", "num", "context", "far", "block", "delta", "reason"]);

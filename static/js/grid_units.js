// Units or money: the same quantities, shown and typed at the line's price. What is saved stays units.

import { put, written } from "./grid_numbers.js";

const NEAR = 3;

export function showMoney(sheet, isMoney) {
  sheet.isMoney = isMoney;
  for (const row of sheet.lines) {
    const priced = isMoney && row.price > 0;
    row.factor = priced ? row.price : 1;
    row.weight = priced || !isMoney ? row.factor : 0;
    row.tr.classList.toggle("no-price", isMoney && !priced);
  }
  sheet.addUp();
  for (const row of sheet.rows) {
    for (const cell of row.cells) sheet.mark(cell);
    sheet.showRow(row);
    showNear(sheet, row);
  }
  showNearTotals(sheet);
  sheet.showTotals();
}

export function withoutPrice(sheet) {
  return sheet.lines.filter((row) => !(row.price > 0)).length;
}

/** Last year and baseline of the first months, beside the numbers. */
export function showNear(sheet, row) {
  for (const element of row.elements) {
    const name = element.dataset.near;
    if (name) put(element, worded(nearOf(sheet, row, name), sheet.decimalsOf(row)));
  }
}

function nearOf(sheet, row, name) {
  const known = row.cells.slice(0, NEAR)
    .map((cell) => (name === "bl" ? sheet.shown(cell, "base") : sheet.references(cell).lastYear))
    .filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) : null;
}

function showNearTotals(sheet) {
  for (const element of sheet.table.tFoot?.querySelectorAll("[data-near-total]") ?? []) {
    const name = element.dataset.nearTotal;
    const known = sheet.lines.filter((row) => row.weight).map((row) => nearOf(sheet, row, name)).filter((value) => value !== null);
    put(element, worded(known.length ? known.reduce((sum, value) => sum + value, 0) : null, sheet.decimals));
  }
}

function worded(value, decimals) {
  return value === null ? "–" : written(value, decimals);
}

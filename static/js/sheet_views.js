// How the sheet is shown: which months, under which headings, in units or money. A choice stays for the tab.

import { Groups } from "./grid_groups.js";
import { Parts } from "./grid_parts.js";
import { Sheet } from "./grid_sheet.js";
import { showMoney, withoutPrice } from "./grid_units.js";

/** `grid` is null where the sheet is only read. */
export function attachViews(table, grid) {
  const reader = grid ?? readOnly(table);
  choice("months", "show", (view) => showMonths(table, view));
  if (table.dataset.group) pivot(reader, table.dataset.group);
  choice("group", "group", (kind) => reader.group(kind === "flagged" ? "" : kind));
  choice("unit", "unit", (unit) => {
    reader.money(unit === "money", table.dataset.currency);
    sayUnit(table, reader.sheet, unit === "money");
  });
  return reader;
}

/** The headings that the address asks for; lines that are not changed are folded beneath them. */
function pivot(reader, kind) {
  for (const row of reader.sheet.lines) {
    if (!reader.sheet.isChangedRow(row)) row.tr.classList.add("past-fold");
  }
  reader.group(kind);
}

function readOnly(table) {
  const sheet = new Sheet(table);
  const groups = new Groups(sheet);
  const parts = new Parts(sheet, { canWrite: false });
  return { sheet, parts, group: (kind) => groups.arrange(kind), money: (isMoney) => showMoney(sheet, isMoney) };
}

/** A segmented control of links: without reload, kept for the tab, an address that asks for one wins. */
function choice(name, parameter, act) {
  const home = document.querySelector(`[data-choice="${name}"]`);
  if (!home) return;
  const links = [...home.querySelectorAll("[data-value]")];
  const show = (value) => {
    for (const link of links) {
      if (link.dataset.value === value) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    act(value);
  };
  home.addEventListener("click", (event) => {
    const link = event.target.closest("[data-value]");
    if (!link) return;
    event.preventDefault();
    keep(`sheet-${name}`, link.dataset.value);
    show(link.dataset.value);
  });
  const asked = new URLSearchParams(window.location.search).get(parameter);
  const first = links.find((link) => link.dataset.value === (asked ?? kept(`sheet-${name}`)));
  if (first && first !== links[0]) show(first.dataset.value);
}

function keep(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // A browser that stores nothing shows the first view after a reload.
  }
}

function kept(name) {
  try {
    return sessionStorage.getItem(name);
  } catch {
    return null;
  }
}

function showMonths(table, view) {
  for (const one of ["near", "blocks", "all"]) table.classList.toggle(`months-${one}`, one === view);
}

function sayUnit(table, sheet, isMoney) {
  const note = document.querySelector("[data-unit-note]");
  const missing = withoutPrice(sheet);
  const words = missing === 1 ? "1 line has no price: it stays in units and is" : `${missing} lines have no price: they stay in units and are`;
  if (note) note.textContent = isMoney && missing ? `${words} not in the totals.` : "";
  for (const name of table.querySelectorAll("[data-unit-name]")) name.textContent = isMoney ? table.dataset.currency : "units";
}

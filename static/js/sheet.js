// The sheet's page around the grid: folds, the cue of the focused cell, why this number, the reason keys.

import { attachGrid } from "./grid.js";
import { signed, written } from "./grid_numbers.js";
import { attachViews } from "./sheet_views.js";
import { attachLocks } from "./sheet_locks.js";

const SVG = "http://www.w3.org/2000/svg";
const table = document.getElementById("sheet");
const wide = window.matchMedia("(min-width: 720px)");
const editable = table?.dataset.editable === "true";
export const grid = editable && wide.matches ? attachGrid(table) : null;
const views = table && (grid || !editable) ? attachViews(table, grid) : null;

// Firm, likely and upside, by pointer; Space does the same.

table?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-split]");
  const row = button && views?.sheet.at(button.closest("td"))?.row;
  if (row && grid) grid.split(row);
  else if (row) views.parts.toggle(row);
});

// The lines that match the baseline.

const unfold = table?.querySelector("[data-unfold]");

function setFold(open) {
  unfold.setAttribute("aria-expanded", String(open));
  for (const row of table.querySelectorAll("tr.past-fold")) row.classList.toggle("open", open);
}

if (unfold) {
  unfold.tabIndex = 0;
  unfold.addEventListener("click", () => setFold(unfold.getAttribute("aria-expanded") !== "true"));
}

function reveal(hash) {
  const row = hash.startsWith("#line-") ? document.getElementById(hash.slice(1)) : null;
  if (!row) return;
  if (row.classList.contains("past-fold") && unfold) setFold(true);
  row.scrollIntoView({ block: "center" });
  row.querySelector("td[data-m]")?.focus();
}
if (window.location.hash) reveal(window.location.hash);
window.addEventListener("hashchange", () => reveal(window.location.hash));

// Why this number, in the side panel.

let loading = null;

/** The library of the side panel comes with the first panel: a third of the script, and most visits need none. */
function loadHtmx() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector('meta[name="htmx-script"]').content;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return loading;
}

async function openWhy(line, month) {
  if (!line) return;
  const address = `/why/${line}/${month}/`;
  try {
    await loadHtmx();
  } catch {
    window.location.assign(address);
    return;
  }
  await window.htmx.ajax("GET", address, { target: "#panel-body", swap: "innerHTML" });
}

table?.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-why]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openWhy(link.dataset.why, table.dataset.cycle);
});

function monthOf(detail) {
  return detail.month ?? table.dataset.cycle;
}

table?.addEventListener("grid:history", ({ detail }) => openWhy(detail.line, monthOf(detail)));
table?.addEventListener("grid:comment", async ({ detail }) => {
  await openWhy(detail.line, monthOf(detail));
  document.getElementById("note-text")?.focus();
});
if (grid) attachLocks(table, grid);

// The cue beneath the grid: what the focused cell is compared with.

const cue = document.querySelector("[data-cue]");

function drawn(values) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 96 20");
  svg.setAttribute("aria-hidden", "true");
  const top = Math.max(...values, 1);
  const points = values.map((value, i) => [2 + (i * 92) / Math.max(values.length - 1, 1), 18 - (16 * Math.max(value, 0)) / top]);
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", points.map((point) => point.map((n) => n.toFixed(1)).join(",")).join(" "));
  const dot = document.createElementNS(SVG, "circle");
  dot.setAttribute("cx", points.at(-1)[0]);
  dot.setAttribute("cy", points.at(-1)[1]);
  dot.setAttribute("r", "2");
  svg.append(line, dot);
  return svg;
}

function span(text, css = "") {
  return Object.assign(document.createElement("span"), { textContent: text, className: css });
}

function valueOf(cell, side) {
  return (cell.members ?? [cell]).reduce((sum, one) => sum + one[side] * one.row.price, 0);
}

function tell(place) {
  const cell = place.cell?.number ?? place.cell;
  const row = place.row.owner ?? place.row;
  const past = (row.tr.dataset.past ?? "").split(",").filter(Boolean).map(Number);
  const parts = [];
  if (past.length) parts.push(span("Last 12 months"), drawn(past));
  if (cell) {
    const refs = grid.sheet.references(cell);
    const say = (name, value) => value !== null && parts.push(span(`${name} ${written(value, grid.sheet.decimalsOf(row))}`));
    say(table.dataset.baseName ?? (table.dataset.against ? "Rep's number" : "Baseline"), refs.baseline);
    say("last year", refs.lastYear);
    say(table.dataset.previousName ?? "you said", refs.previous);
    say("3-month average", refs.average3);
    const money = valueOf(cell, "value") - valueOf(cell, "base");
    if (Math.abs(money) >= 0.5) parts.push(span(`${signed(money)} ${table.dataset.currency}`));
  }
  if (row.tr.dataset.flag) parts.push(span(row.tr.dataset.flag, "cue-flag"));
  if (row.tr.dataset.also) parts.push(span(`Also: ${row.tr.dataset.also}`));
  cue.replaceChildren(...parts);
}

if (grid && cue) {
  const here = () => {
    const place = grid.sheet.at(grid.cursor.element());
    if (place) tell(place);
  };
  for (const kind of ["focusin", "grid:changed", "grid:unit"]) table.addEventListener(kind, here);
  here();
}

// A reason by pointer: for the row of the focused cell.

document.querySelector("[data-grid-reasons]")?.addEventListener("click", (event) => {
  const item = event.target.closest("[data-code]");
  if (!item || !grid) return;
  grid.changes.giveReason([...item.parentElement.children].indexOf(item));
});

document.querySelector("[data-undo]")?.addEventListener("click", () => {
  grid?.undo();
});

// The panel's choice of month.

document.addEventListener("change", (event) => {
  const select = event.target.closest("select[data-why]");
  if (select) openWhy(select.dataset.why, select.value);
});

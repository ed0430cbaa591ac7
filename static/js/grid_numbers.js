// Numbers as the grid reads and writes them.

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

export function numberIn(element, name) {
  const text = element.getAttribute(name);
  return text === null || text === "" ? null : Number(text);
}

/** "1,450" -> 1450; 0 where no number stands. */
export function numberOf(text) {
  return Number(text.replaceAll(",", "")) || 0;
}

/** What the cell's row says of its month in a list with an entry for each of its cells; null where it says nothing. */
export function beside(cell, name) {
  const said = cell.row.tr.getAttribute(name)?.split(",")[cell.row.cells.indexOf(cell)];
  return said ? Number(said) : null;
}

export function times(value, factor) {
  return value === null ? null : value * factor;
}

export function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

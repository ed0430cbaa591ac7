// The grid's keys. keyTable(event, grid) gives what a key does there, or null to leave it to the browser.

const STARTS_ENTRY = /^[0-9.+\-*=\u2212]$/;

export function keyTable(event, grid) {
  if (event.altKey) return null;
  const held = event.ctrlKey || event.metaKey;
  return held ? withControl(event, grid) : moving(event, grid) ?? editing(event, grid) ?? letter(event, grid);
}

function moving({ key, shiftKey }, { cursor }) {
  const options = { extend: shiftKey };
  const moves = {
    ArrowUp: () => cursor.step(-1, 0, options),
    ArrowDown: () => cursor.step(1, 0, options),
    ArrowLeft: () => cursor.step(0, -1, options),
    ArrowRight: () => cursor.step(0, 1, options),
    Home: () => cursor.toEdge(0, -1, options),
    End: () => cursor.toEdge(0, 1, options),
    PageUp: () => cursor.page(-1, options),
    PageDown: () => cursor.page(1, options),
  };
  return moves[key] ?? null;
}

function withControl({ key, shiftKey }, grid) {
  const { cursor } = grid;
  const options = { extend: shiftKey };
  const acts = {
    Home: () => { cursor.toEdge(-1, -1, options); },
    End: () => { cursor.toEdge(1, 1, options); },
    ArrowUp: () => cursor.toEdge(-1, 0, options),
    ArrowDown: () => cursor.toEdge(1, 0, options),
    ArrowLeft: () => cursor.toEdge(0, -1, options),
    ArrowRight: () => cursor.toEdge(0, 1, options),
    Enter: () => (cursor.isRange ? fillRange(grid) : grid.submit()),
    " ": () => cursor.selectColumn(),
    a: () => cursor.selectAll(),
    d: () => grid.changes.fill(1, 0),
    r: () => (shiftKey ? grid.changes.fillToEnd() : grid.changes.fill(0, 1)),
    y: () => grid.redo(),
    z: () => (shiftKey ? grid.redo() : grid.undo()),
  };
  return acts[key.length === 1 ? key.toLowerCase() : key] ?? null;
}

/** Ctrl+Enter on a range gives every cell the number of the focused one. */
function fillRange(grid) {
  const { cell } = grid.cursor;
  if (cell && !cell.members) grid.changes.enter(grid.cursor.cells(), grid.sheet.typed(cell));
}

function editing(event, grid) {
  const { key, shiftKey } = event;
  const { cell } = grid.cursor;
  if (key === "Enter" || key === "F2") return () => grid.enter();
  if (key === "Escape") return grid.cursor.isRange ? () => grid.cursor.focus(grid.cursor.row, grid.cursor.column) : null;
  if (key === "Delete" || key === "Backspace") return () => grid.reset();
  if (key === " ") return shiftKey ? () => grid.cursor.selectRow() : () => grid.split();
  if (/^[1-9]$/.test(key) && grid.cursor.element() === grid.cursor.currentRow.reasonElement) {
    return () => grid.changes.giveReason(Number(key) - 1);
  }
  return cell && STARTS_ENTRY.test(key) ? () => grid.enter(cell, key) : null;
}

function letter({ key }, grid) {
  if (document.documentElement.dataset.shortcuts === "off") return null;
  const acts = {
    n: () => grid.cursor.flagged(1),
    p: () => grid.cursor.flagged(-1),
    l: () => grid.command("lock"),
    h: () => grid.command("history"),
    c: () => grid.command("comment"),
    b: () => grid.reset(),
  };
  return acts[key.toLowerCase()] ?? null;
}

// Copy, cut and paste of blocks as spreadsheets exchange them: tab-separated, quoted where needed.

export function toBlock(rows) {
  return rows.map((row) => row.map(quoted).join("\t")).join("\r\n");
}

function quoted(text) {
  return /["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** "1\t2\r\n3\t4\r\n" -> [["1", "2"], ["3", "4"]]; the line end after the last row is not a row. */
export function fromBlock(text) {
  const rows = [[]];
  let field = "";
  let inQuotes = false;
  const body = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const endField = () => { rows.at(-1).push(field); field = ""; };
  for (let i = 0; i < body.length; i += 1) {
    const mark = body[i];
    if (inQuotes && mark === '"' && body[i + 1] === '"') { field += mark; i += 1; }
    else if (mark === '"' && (inQuotes || field === "")) inQuotes = !inQuotes;
    else if (inQuotes) field += mark;
    else if (mark === "\t") endField();
    else if (mark === "\n") { endField(); rows.push([]); }
    else field += mark;
  }
  endField();
  return rows;
}

/** Repeat a block over a selection it fits into evenly, as spreadsheets do; else the block as it is. */
export function tiled(block, height, width) {
  if (height % block.length || width % block[0].length) return block;
  return Array.from({ length: height }, (_, i) =>
    Array.from({ length: width }, (_unused, j) => block[i % block.length][j % block[0].length]));
}

export class Clipboard {
  constructor({ sheet, cursor, changes }) {
    Object.assign(this, { sheet, cursor, changes });
  }

  copy(event) {
    const rows = this.cursor.selection().map((row) => row.map((one) => this.textOf(one)));
    event.clipboardData.setData("text/plain", toBlock(rows));
    event.preventDefault();
  }

  textOf(one) {
    const { cell, row } = this.sheet.at(one);
    if (cell?.isDate) return this.sheet.typed(cell);
    return cell ? String(Number(this.sheet.shown(cell).toFixed(this.sheet.decimalsOf(row)))) : one.textContent.trim();
  }

  paste(event) {
    event.preventDefault();
    const block = fromBlock(event.clipboardData.getData("text/plain"));
    const selected = this.cursor.selection();
    const edits = [];
    const skipped = [];
    const targets = this.targets();
    tiled(block, selected.length, selected[0].length).forEach((fields, i) => {
      fields.forEach((field, j) => this.lay(field.trim(), targets(i, j), edits, skipped));
    });
    this.changes.applyMany("Pasted", edits, skipped);
  }

  /** (row, column) from the selection's corner -> visible element. */
  targets() {
    const top = Math.min(this.cursor.row, this.cursor.anchor.row);
    const left = Math.min(this.cursor.column, this.cursor.anchor.column);
    const rows = this.sheet.rows.slice(top).filter((row) => this.cursor.visible(row.tr))
      .map((row) => row.elements.slice(left).filter((one) => this.cursor.visible(one)));
    return (i, j) => rows[i]?.[j];
  }

  /** Pasted numbers are plain: a sign would be a change here and a negative number there. Empty ones change nothing. */
  lay(field, one, edits, skipped) {
    if (!field) return;
    const place = one && this.sheet.at(one);
    if (!place) skipped.push(`${field}: outside the sheet`);
    else if (!place.cell) skipped.push(`${field}: no number to change there (${this.sheet.nameOfRow(place.row)})`);
    else if (/^[+\u2212=*-]/.test(field)) skipped.push(`${this.sheet.nameOf(place.cell)}: ${field} is not a plain number`);
    else {
      const { value, problem } = this.changes.evaluate(place.cell, field);
      if (problem) skipped.push(`${this.sheet.nameOf(place.cell)}: ${problem}`);
      else edits.push({ cell: place.cell, value });
    }
  }
}

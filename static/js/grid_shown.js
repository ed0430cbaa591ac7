// What a cell shows and takes: units, or money at the line's price. Quantities stay units.

import { parseEntry } from "./cell_grammar.js";
import { parseDate, typedDate, writtenDate } from "./grid_dates.js";
import { beside, numberIn, times, written } from "./grid_numbers.js";

const CENTS = 2;

/** A line's `factor` turns its quantity into what is shown; its `weight` is what it counts in sums, 0 without a price. */
export class Shown {
  /** What the entry grammar needs to know of a cell, in the unit that is shown. */
  references(cell) {
    if (cell.part) return this.partReferences(cell);
    const known = (of) => (cell.members ? this.sumOf(cell, of) : times(of(cell), cell.row.factor));
    return {
      current: this.shown(cell),
      baseline: this.shown(cell, "base"),
      lastYear: known((one) => beside(one, "data-past")),
      previous: known((one) => beside(one, "data-prev")),
      average3: known((one) => numberIn(one.row.tr, "data-avg3")),
      decimals: this.isMoney && cell.row.weight ? CENTS : cell.row.decimals,
    };
  }

  partReferences(cell) {
    const { row, number, part } = cell;
    const baseline = part === "likely" ? Math.max(number.base - cell.firm.value, 0) * row.factor : 0;
    return { ...this.references(number), current: this.shown(cell), baseline, lastYear: null, previous: null, average3: null };
  }

  /** A sum over the lines of a subtotal that count in the shown unit; null where nothing is known. */
  sumOf(cell, read) {
    const known = cell.members.filter((one) => one.row.weight && read(one) !== null);
    return known.length ? known.reduce((sum, one) => sum + read(one) * one.row.weight, 0) : null;
  }

  /** A cell's number in the unit that is shown; `side` "base" for what it is compared with. */
  shown(cell, side = "value") {
    return cell.members ? this.sumOf(cell, (one) => one[side]) ?? 0 : cell[side] * cell.row.factor;
  }

  /** A cell's number as it can be typed again: to the cent in money, in units as it is. */
  typed(cell) {
    if (cell.isDate) return typedDate(cell.value);
    return String(Number(this.shown(cell).toFixed(this.isMoney && cell.row.weight ? CENTS : 6)));
  }

  /** What an entry makes of a cell; throws EntryError. */
  entry(cell, text) {
    return (cell.isDate ? parseDate : parseEntry)(text, this.references(cell));
  }

  /** A number of a line in words, in the unit that is shown; where the cell is one of dates, the date. */
  text(row, value, cell = null) {
    return cell?.isDate ? writtenDate(value) : written(value * row.factor, this.decimalsOf(row));
  }

  /** What a cell shows; `side` "base" for what it is compared with. */
  words(cell, side = "value") {
    return cell.isDate ? writtenDate(cell[side]) : written(this.shown(cell, side), this.decimalsOf(cell.row));
  }

  /** What a cell counts in sums; dates have none. */
  weightOf(cell) {
    return cell.isDate ? 0 : cell.row.weight;
  }

  decimalsOf(row) {
    return this.isMoney && row.weight ? 0 : row.decimals;
  }

  /** What was typed in the shown unit, as the line's quantity. */
  quantity(row, typed) {
    return !this.isMoney || !row.weight ? typed : Math.round((typed / row.factor) * 10 ** row.decimals + 1e-9) / 10 ** row.decimals;
  }
}

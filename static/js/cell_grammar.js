// What a person types into a forecast cell, turned into a number. The twin of demand/cell_grammar.py;
// both are held to tests/demand/cell_grammar_cases.json, so change them together.
//
//   parseEntry("+10%", { current: 75, baseline: 60 })  ->  { value: 83, reset: false, note: "" }
//   throws EntryError with a sentence that says what to type instead.

const LARGEST = 1_000_000_000;
const MOST_DECIMALS = 6;
const CLIPPED = "A forecast is never negative, so this is 0.";

const NUMBER = String.raw`(\d+(?:\.\d+)?|\.\d+)`;
const SET = new RegExp(`^${NUMBER}\\s*([km])?$`);
const CHANGE = new RegExp(`^([+-])\\s*${NUMBER}\\s*([km%])?$`);
const TIMES = new RegExp(`^\\*\\s*${NUMBER}$`);
const BARE_PERCENT = new RegExp(`^${NUMBER}\\s*%$`);
const TWO_MEANINGS = /^([+-]?)\s*([1-9]\d{0,2})([.,])(\d{3})\s*([km]?)$/;
const DECIMAL_COMMA = /^([+-]?\d*),(\d+)$/;
const SEPARATED = /^[+-]?\d{1,3}(?:[,.'’_ \u00a0\u202f]\d{3})+$/;
const LEADING_NUMBER = /^[+*-]?\s*(\d{1,9}(?:\.\d+)?)(?!\d)/;
const FOREIGN_DIGIT = /(?![0-9])(?:\p{Nd}|\p{No})/u;
const ZEROS = { k: 3, m: 6 };
const REFERENCES = {
  bl: ["baseline", "baseline"],
  ly: ["lastYear", "last year's number"],
  prev: ["previous", "earlier number of yours"],
  avg3: ["average3", "three-month average"],
};

export class EntryError extends Error {}

export function parseEntry(text, cell) {
  const decimals = cell.decimals ?? 0;
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > MOST_DECIMALS) {
    throw new RangeError(`decimals must be 0 to ${MOST_DECIMALS}, not ${decimals}`);
  }
  const typed = text.trim().replaceAll("\u2212", "-").toLowerCase();
  if (!typed) return { value: reference("bl", cell, text), reset: true, note: "" };
  if (typed.startsWith("=")) {
    const name = typed.slice(1).trim();
    return bounded(reference(name, cell, text), text, name === "bl" ? null : decimals);
  }
  return bounded(amount(typed, cell.current, decimals, text), text, decimals);
}

function amount(typed, current, decimals, text) {
  refuseTwoMeanings(typed, decimals, text);
  let match = TIMES.exec(typed);
  if (match) return current * Number(match[1]);
  match = CHANGE.exec(typed);
  if (match) {
    const sign = match[1] === "-" ? -1 : 1;
    if (match[3] === "%") return current + (sign * current * Number(match[2])) / 100;
    return current + sign * plain(match[2], match[3], decimals, text);
  }
  match = SET.exec(typed);
  if (match) return plain(match[1], match[2], decimals, text);
  throw new EntryError(whyNot(typed, text));
}

function plain(number, suffix, decimals, text) {
  const zeros = ZEROS[suffix] ?? 0;
  const written = (number.split(".")[1] ?? "").replace(/0+$/, "").length - zeros;
  if (written > decimals) throw new EntryError(`\`${shown(text)}\` has too many decimals. ${grain(decimals)}`);
  return Number(number) * 10 ** zeros;
}

function grain(decimals) {
  if (decimals === 0) return "This line is planned in whole units.";
  return `This line is planned with ${decimals} decimal${decimals > 1 ? "s" : ""}.`;
}

function reference(name, cell, text) {
  if (!Object.hasOwn(REFERENCES, name)) {
    throw new EntryError(`\`${shown(text)}\` is not known. Try =bl, =ly, =prev or =avg3.`);
  }
  const [key, words] = REFERENCES[name];
  const value = cell[key];
  if (!Number.isFinite(value)) throw new EntryError(`There is no ${words} for this cell. Type a number.`);
  return value;
}

function refuseTwoMeanings(typed, decimals, text) {
  const match = TWO_MEANINGS.exec(typed);
  if (!match || (match[3] === "." && decimals >= 3)) return;
  const [, sign, whole, , rest, suffix] = match;
  const thousands = `${sign}${whole}${rest}${suffix}`;
  const point = sign + `${whole}.${rest}`.replace(/0+$/, "").replace(/\.$/, "") + suffix;
  throw new EntryError(`\`${shown(text)}\` could mean ${thousands} or ${point}. Type ${thousands} or ${point}.`);
}

function whyNot(typed, text) {
  const entry = `\`${shown(text)}\``;
  if (FOREIGN_DIGIT.test(typed)) return `${entry} has digits that cannot be read here. Use 0 to 9.`;
  let match = BARE_PERCENT.exec(typed);
  if (match) return `${entry} needs a sign. Try +${match[1]}% or -${match[1]}%.`;
  match = DECIMAL_COMMA.exec(typed);
  if (match) return `${entry} has a comma. Use a point for decimals: ${match[1] || "0"}.${match[2]}.`;
  if (SEPARATED.test(typed) && typed.length <= 15) {
    return `${entry} has separators. Type ${typed.replace(/[^0-9+-]/g, "")}.`;
  }
  match = LEADING_NUMBER.exec(typed);
  if (match) return `${entry} is not a number. Try ${match[1]} or +${match[1]}%.`;
  return `${entry} is not a number. Try 75, +15 or +10%.`;
}

function bounded(value, text, decimals) {
  if (!Number.isFinite(value) || value > LARGEST) {
    throw new EntryError(`\`${shown(text)}\` is too large. A cell holds at most 1,000,000,000.`);
  }
  if (value < 0) return { value: 0, reset: false, note: CLIPPED };
  if (decimals === null) return { value, reset: false, note: "" };
  return { value: Math.floor(value * 10 ** decimals + 0.5) / 10 ** decimals, reset: false, note: "" };
}

function shown(text) {
  const printable = [...text.trim()]
    .map((mark) => (/\s/u.test(mark) ? " " : /[\p{C}\p{Zl}\p{Zp}]/u.test(mark) ? "?" : mark));
  return printable.length <= 20 ? printable.join("") : `${printable.slice(0, 19).join("")}…`;
}

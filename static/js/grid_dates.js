// Dates as the grid keeps, reads and writes them: days since 1 January 2000, as supply/inputs.py counts.
//
//   parseDate("+7", { current, baseline })  ->  { value, reset: false, note: "" }
//   throws EntryError with a sentence that says what to type instead.

import { EntryError } from "./cell_grammar.js";

const DAY = 86400000;
const FIRST = Date.UTC(2000, 0, 1);
const LAST = Date.UTC(2100, 0, 1);
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const ISO = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const NAMED = /^(\d{1,2})\.?\s*([a-z]{3})[a-z]*\.?\s*(\d{4})?$/;
const LATER = /^([+-])\s*(\d{1,4})\s*([dw])?$/;

/** 9823 -> "23 Nov 2026". */
export function writtenDate(day) {
  const at = new Date(FIRST + day * DAY);
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

/** As it can be typed again. */
export function typedDate(day) {
  return new Date(FIRST + day * DAY).toISOString().slice(0, 10);
}

/** "2026-12-05", "5 Dec", "5 Dec 2026", "+7" and "-2w" from the date that stands; empty or =bl goes back. */
export function parseDate(text, { current, baseline }) {
  const typed = text.trim().replaceAll("\u2212", "-").toLowerCase();
  if (!typed || typed === "=bl") return { value: baseline, reset: true, note: "" };
  return { value: bounded(dayOf(typed, current), text), reset: false, note: "" };
}

function dayOf(typed, current) {
  let match = LATER.exec(typed);
  if (match) return current + (match[1] === "-" ? -1 : 1) * Number(match[2]) * (match[3] === "w" ? 7 : 1);
  match = ISO.exec(typed);
  if (match) return dayAt(Number(match[1]), Number(match[2]) - 1, Number(match[3]));
  match = NAMED.exec(typed);
  const month = match ? MONTHS.findIndex((name) => name.toLowerCase() === match[2]) : -1;
  if (month < 0) return NaN;
  return match[3] ? dayAt(Number(match[3]), month, Number(match[1])) : nearest(current, month, Number(match[1]));
}

/** Days since 2000; NaN for a day that no month has. */
function dayAt(year, month, day) {
  const at = new Date(Date.UTC(year, month, day));
  return at.getUTCMonth() === month && at.getUTCDate() === day ? (at.getTime() - FIRST) / DAY : NaN;
}

/** Without a year it is the one nearest to the date that stands. */
function nearest(current, month, day) {
  const year = new Date(FIRST + current * DAY).getUTCFullYear();
  const found = [year - 1, year, year + 1].map((one) => dayAt(one, month, day)).filter(Number.isFinite);
  return found.length ? found.reduce((best, one) => (Math.abs(one - current) < Math.abs(best - current) ? one : best)) : NaN;
}

function bounded(day, text) {
  if (Number.isFinite(day) && day >= 0 && FIRST + day * DAY < LAST) return day;
  throw new EntryError(`\`${text.trim().slice(0, 20)}\` is not a date. Try 2026-12-05, 5 Dec, +7 for a week later or -3.`);
}

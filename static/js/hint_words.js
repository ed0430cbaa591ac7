// Soft friction in words: what one's own past cases say of a change like this one, on the sheet and on cards.

import { same } from "./grid_numbers.js";

/** What the page knows of one's past; null = nothing to say. */
export function hintFacts() {
  const home = document.getElementById("sheet-hints");
  return home ? JSON.parse(home.dataset.hints) : null;
}

/** What there is to say of a number that was changed; empty = nothing. */
export function hintWords(facts, { line, value, base, reason }) {
  if (same(value, base)) return "";
  const share = base > 0 ? (value - base) / base : 0;
  const { small } = facts;
  if (small && share && Math.abs(share) < small.under && !reason) return `Small changes helped in ${small.helped} of your last ${small.of}.`;
  const up = facts.increases[line];
  return up && share > facts.over ? `Your last ${up.of} increases here came in ${up.lower} % lower on average.` : "";
}

// What a grid says: the line of text under it, its polite announcement, and notes that wait for an answer.

import { signed } from "./grid_numbers.js";

const TICK = 1000;

export class Status {
  constructor(table) {
    this.home = table.closest("[data-grid]") ?? table.parentElement;
    this.unit = table.dataset.unit ?? "units";
    this.against = table.dataset.against ?? "baseline";
    this.line = this.found("data-grid-status", "p", "grid-bar");
    this.notes = this.found("data-grid-notes", "div", "stack-tight");
    this.live = this.found("data-grid-live", "p", "visually-hidden");
    this.live.setAttribute("role", "status");
    this.total = "";
    this.state = "";
    this.savedAt = 0;
    this.timer = setInterval(() => this.show(), TICK);
  }

  found(attribute, tag, css) {
    const there = this.home.querySelector(`[${attribute}]`);
    if (there) return there;
    const made = document.createElement(tag);
    made.setAttribute(attribute, "");
    made.className = css;
    this.home.append(made);
    return made;
  }

  /** "3 changed, −113 units vs baseline" and, where asked for, "2 reasons missing". */
  summarise(sheet) {
    const changed = sheet.changedRows().length;
    const missing = sheet.missingReasons().length;
    const parts = [changed ? `${changed} changed, ${signed(sheet.deltaSum, sheet.decimals)} ${this.unit} vs ${this.against}` : "Nothing changed"];
    if (missing) parts.push(`${missing} reason${missing > 1 ? "s" : ""} missing`);
    this.total = `${parts.join(". ")}.`;
    this.show();
  }

  setState(state, detail = "") {
    this.state = state;
    this.detail = detail;
    if (state === "saved") {
      this.savedAt = Date.now();
      this.say(`Saved. ${this.total}`);
    }
    if (["retrying", "refused", "signed-out"].includes(state)) this.say(this.stateText());
    if (state === "saving" && this.line.dataset.state === "retrying") this.state = "retrying";
    this.show();
  }

  stateText() {
    if (this.state === "retrying") return "Not saved, retrying. Your changes are kept on this device.";
    if (this.state === "refused") return "Not saved.";
    if (this.state === "undecided") return "Not saved: choose a number above.";
    if (this.state === "discarded") return "Unsaved changes discarded.";
    if (this.state === "signed-out") return "Not saved: you are signed out. Your changes are kept on this device; sign in again and they are sent.";
    if (this.state === "saving" || this.state === "waiting") return "Saving";
    if (this.state === "saved") return `Saved ${since(Date.now() - this.savedAt)}.`;
    return "";
  }

  show() {
    const problem = ["refused", "signed-out", "undecided"].includes(this.state);
    const text = `${this.total} ${this.stateText()}`.trim();
    if (this.line.textContent === text) return;
    const state = document.createElement("span");
    state.textContent = this.stateText();
    if (problem) state.className = "grid-problem";
    if (this.state === "retrying") state.className = "grid-waiting";
    this.line.replaceChildren(`${this.total} `, state);
    this.line.dataset.state = this.state;
  }

  say(text) {
    this.live.textContent = text;
  }

  /** A note stands until it is answered or replaced by the next one of its kind. */
  note(kind, ...content) {
    this.clear(kind);
    const note = document.createElement("div");
    note.className = `grid-note ${kind}`;
    note.dataset.kind = kind;
    note.append(...content);
    this.notes.append(note);
    this.say(note.textContent);
    return note;
  }

  clear(kind) {
    this.notes.querySelector(`[data-kind="${kind}"]`)?.remove();
  }

  /** One line and, folded, the list behind it. */
  list(kind, headline, items) {
    const text = element("p", headline);
    if (!items.length) return this.note(kind, text);
    const details = document.createElement("details");
    const list = document.createElement("ul");
    for (const item of items.slice(0, 50)) list.append(element("li", item));
    if (items.length > 50) list.append(element("li", `and ${items.length - 50} more`));
    details.append(element("summary", "Which ones"), list);
    return this.note(kind, text, details);
  }

  /** Two values for one cell: pick one. */
  choice(words, options) {
    const row = document.createElement("div");
    row.className = "row";
    row.append(element("span", words));
    for (const [label, act] of options) {
      const button = element("button", label);
      button.type = "button";
      button.className = "btn small";
      button.addEventListener("click", () => { row.remove(); act(); });
      row.append(button);
    }
    return row;
  }

  close() {
    clearInterval(this.timer);
  }
}

export function element(tag, text) {
  return Object.assign(document.createElement(tag), { textContent: text });
}

function since(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 2) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  return `${Math.round(seconds / 60)} min ago`;
}

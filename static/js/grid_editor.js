// The editor inside one cell: a text field that takes the entry grammar.

import { EntryError } from "./cell_grammar.js";

/**
 * onCommit(entry text, way) with way "down", "up", "right", "left", "fill" or "stay";
 * onCancel(); onProblem(message). The cell's number comes back whatever happens.
 */
export class Editor {
  constructor(sheet, handlers) {
    this.sheet = sheet;
    Object.assign(this, handlers);
    this.cell = null;
  }

  get open() {
    return this.cell !== null;
  }

  /** `typed` replaces the number and lets arrows leave; without it the number is edited in place. */
  start(cell, typed) {
    this.cell = cell;
    this.inPlace = typed === undefined;
    const input = document.createElement("input");
    input.className = "cell-input";
    input.type = "text";
    input.inputMode = cell.isDate ? "text" : "decimal";
    input.autocomplete = "off";
    input.spellcheck = false;
    input.setAttribute("aria-label", this.sheet.nameOf(cell));
    this.stood = this.sheet.typed(cell);
    input.value = this.inPlace ? this.stood : typed;
    this.input = input;
    cell.element.classList.add("editing");
    cell.element.replaceChildren(input);
    input.focus();
    if (this.inPlace) input.select();
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("input", () => this.judge());
    input.addEventListener("blur", () => { if (this.open) this.leave(); });
  }

  key(event) {
    event.stopPropagation();
    const way = this.wayOf(event);
    if (way === null) return;
    event.preventDefault();
    if (way === "cancel") this.cancel();
    else this.commit(way);
  }

  wayOf({ key, shiftKey, ctrlKey, metaKey }) {
    if (key === "Escape") return "cancel";
    if (key === "Enter") return ctrlKey || metaKey ? "fill" : shiftKey ? "up" : "down";
    if (key === "Tab") return shiftKey ? "left" : "right";
    if (this.inPlace) return null;
    return { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" }[key] ?? null;
  }

  /** The message for what stands in the field, or "" when it can be taken. */
  problem() {
    try {
      this.sheet.entry(this.cell, this.input.value);
      return "";
    } catch (error) {
      if (error instanceof EntryError) return error.message;
      throw error;
    }
  }

  judge() {
    if (this.input.getAttribute("aria-invalid") === "true" && !this.problem()) {
      this.input.removeAttribute("aria-invalid");
      this.onProblem("");
    }
  }

  commit(way) {
    const message = this.problem();
    if (message) {
      this.input.setAttribute("aria-invalid", "true");
      this.onProblem(message);
      return;
    }
    const text = this.input.value;
    const unchanged = this.inPlace && text === this.stood;
    this.close();
    this.onCommit(unchanged ? null : text, way);
  }

  /** The focus went elsewhere: take what can be taken, say what cannot. */
  leave() {
    const message = this.problem();
    if (!message) return this.commit("stay");
    this.close();
    return this.onProblem(`${message} The number stays as it was.`);
  }

  cancel() {
    this.close();
    this.onCancel();
  }

  close() {
    const { cell } = this;
    this.cell = null;
    cell.element.classList.remove("editing");
    cell.element.replaceChildren();
    this.sheet.mark(cell);
  }
}

// Undo and redo: up to 100 steps of one person in one cycle, kept over reloads of the tab.

const DEEPEST = 100;

/** A step is {edits: [{line, month, before, after}], reasons: [{line, before, after}]}; null = baseline. */
export class History {
  constructor(keeper) {
    this.keeper = keeper;
    const kept = keeper.read();
    this.done = kept?.done ?? [];
    this.undone = kept?.undone ?? [];
  }

  add(step) {
    this.done.push(step);
    if (this.done.length > DEEPEST) this.done.shift();
    this.undone = [];
    this.keep();
  }

  undo() {
    return this.move(this.done, this.undone);
  }

  redo() {
    return this.move(this.undone, this.done);
  }

  move(from, to) {
    const step = from.pop();
    if (step) to.push(step);
    this.keep();
    return step ?? null;
  }

  keep() {
    while (!this.keeper.write({ done: this.done, undone: this.undone }) && this.done.length) this.done.shift();
  }
}

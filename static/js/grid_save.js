// Saving in the background: batches of edits, one on its way at a time, each with its own token, so that
// sending it again is harmless. What is not acknowledged stays in localStorage until it is.

import { uuid } from "./grid_keeper.js";

const PAUSE = 600;
const LONGEST_WAIT = 30000;
const PATIENCE = 20000;
const MOST = 2000;

export function keyOf({ line, month, part = "" }) {
  return `${line}|${month}|${part}`;
}

/**
 * An edit is {line, month, value (null = baseline), seen, reason?}: `seen` is what its editor saw on the server.
 *
 * ready() is waited for before anything is sent · seen(edit) -> number | null · onState(state, detail) with "waiting" (typed, not sent), "saving", "saved",
 * "retrying", "undecided", "refused", "signed-out" · onSaved(answer, edits) · onConflicts(conflicts, edits)
 * · onErrors(errors, edits) · onRecovered(edits).
 */
export class Saver {
  constructor({ url, keeper, csrf, signal, ready = () => null, ...handlers }) {
    Object.assign(this, { url, keeper, csrf, ready }, handlers);
    this.pending = new Map();
    this.undecided = new Map();
    this.flights = [];
    this.sending = false;
    this.failures = 0;
    this.timer = 0;
    this.waiters = [];
    window.addEventListener("online", () => this.hurry(), { signal });
    window.addEventListener("pagehide", () => this.hurry(), { signal });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.hurry(); }, { signal });
  }

  /** What earlier pages left unsaved is sent again: what was on its way with its old token. */
  async resume() {
    this.recover(this.keeper.read());
    for (const left of await this.keeper.inherit()) this.recover(left);
  }

  recover(kept) {
    if (!kept) return;
    this.flights.push(...kept.flights);
    for (const edit of kept.pending) this.pending.set(keyOf(edit), edit);
    this.keep();
    this.onRecovered([...kept.flights.flatMap((flight) => flight.edits), ...kept.pending]);
    this.flush();
  }

  get busy() {
    return this.flights.length > 0 || this.pending.size > 0;
  }

  queue(edits) {
    for (const edit of edits) {
      const before = this.pending.get(keyOf(edit));
      const seen = before?.seen ?? this.seen(edit) ?? edit.seen ?? null;
      this.pending.set(keyOf(edit), { ...edit, seen, reason: edit.reason ?? before?.reason });
      this.undecided.delete(keyOf(edit));
    }
    this.keep();
    if (!this.sending) this.onState("waiting");
    this.wait(PAUSE);
  }

  isPending(edit) {
    return this.pending.has(keyOf(edit));
  }

  /** An undecided cell was decided for the other value. */
  forget(edit) {
    this.undecided.delete(keyOf(edit));
    this.keep();
    if (!this.busy && !this.undecided.size) this.onState("saved");
  }

  /** Give up everything that is not saved; gives the edits. */
  discard() {
    clearTimeout(this.timer);
    const edits = [...this.flights.flatMap((flight) => flight.edits), ...this.pending.values(), ...this.undecided.values()];
    this.flights = [];
    this.pending.clear();
    this.undecided.clear();
    this.keep();
    this.onState("discarded");
    return edits;
  }

  keep() {
    const pending = [...this.pending.values(), ...this.undecided.values()];
    this.keeper.write(this.flights.length || pending.length ? { flights: this.flights, pending } : null);
  }

  wait(milliseconds) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), milliseconds);
  }

  hurry() {
    if (this.busy && !this.sending) this.flush();
  }

  /** Resolves true when everything is saved, false when something stands in the way. */
  settled() {
    if (!this.busy) return Promise.resolve(this.undecided.size === 0);
    const waited = new Promise((resolve) => { this.waiters.push(resolve); });
    this.hurry();
    return waited;
  }

  settle(done) {
    for (const resolve of this.waiters.splice(0)) resolve(done);
  }

  takeOff() {
    const edits = [...this.pending.values()].slice(0, MOST);
    for (const edit of edits) this.pending.delete(keyOf(edit));
    this.flights.push({ token: uuid(), edits });
  }

  async flush() {
    clearTimeout(this.timer);
    if (this.sending || !this.busy) return;
    if (!this.flights.length) this.takeOff();
    this.keep();
    this.sending = true;
    this.onState("saving");
    let answer;
    try {
      await this.ready();
      answer = await this.post(JSON.stringify(this.flights[0]));
    } catch {
      answer = { status: 0 };
    }
    this.sending = false;
    this.landed(answer);
  }

  async post(body) {
    const response = await fetch(this.url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.csrf() },
      body,
      keepalive: body.length < 60000,
      signal: AbortSignal.timeout?.(PATIENCE),
    });
    const json = (response.headers.get("Content-Type") ?? "").includes("json");
    if (response.redirected || (response.ok && !json)) return { status: 401 };
    return { status: response.status, data: json ? await response.json() : {} };
  }

  landed({ status, data }) {
    if (!this.flights.length) return;
    if (status === 200) this.acknowledged(data);
    else if (status === 409 && data.conflicts?.length) this.split(data.conflicts, "undecided", this.onConflicts);
    else if (status === 422 && data.errors?.length) this.split(data.errors, "refused", this.onErrors);
    else if (status === 0 || status === 429 || status >= 500) this.retry();
    else {
      this.onState(status === 401 ? "signed-out" : "refused", data?.detail ?? `The portal answered ${status}.`);
      this.settle(false);
    }
  }

  acknowledged(answer) {
    const { edits } = this.flights.shift();
    this.failures = 0;
    for (const cell of answer.saved ?? []) {
      const newer = this.pending.get(keyOf(cell));
      if (newer) newer.seen = cell.value;
    }
    this.keep();
    this.onSaved(answer, edits);
    if (this.busy) this.flush();
    else {
      this.onState(this.undecided.size ? "undecided" : "saved");
      this.settle(this.undecided.size === 0);
    }
  }

  /** The batch was refused for some cells: those are handed over, the rest goes again under a new token. */
  split(problems, state, handOver) {
    const { edits } = this.flights.shift();
    const named = new Set(problems.map(keyOf));
    const bad = edits.filter((edit) => named.has(keyOf(edit)));
    for (const edit of edits) {
      if (!named.has(keyOf(edit)) && !this.pending.has(keyOf(edit))) this.pending.set(keyOf(edit), edit);
    }
    if (state === "undecided") for (const edit of bad) this.undecided.set(keyOf(edit), edit);
    this.failures = 0;
    this.keep();
    handOver(problems, bad);
    if (this.busy) this.flush();
    else {
      this.onState(state === "undecided" && !this.undecided.size ? "saved" : state);
      this.settle(false);
    }
  }

  retry() {
    this.failures += 1;
    this.onState("retrying");
    this.wait(Math.min(LONGEST_WAIT, 1000 * 2 ** this.failures));
    if (this.failures > 1) this.settle(false);
  }
}

// The sheet on a phone: one line at a time, everything by tap. Answers are kept on the phone until they are saved.

import { csrfToken, announce } from "./app.js";
import { EntryError, parseEntry } from "./cell_grammar.js";
import { TabKeeper } from "./grid_keeper.js";
import { Saver } from "./grid_save.js";
import { written } from "./grid_numbers.js";
import { hintFacts, hintWords } from "./hint_words.js";
import { lockCells } from "./sheet_locks.js";

const home = document.querySelector("[data-cards]");
const phone = window.matchMedia("(max-width: 719px)");
const SHARE = 0.1;
const MONEY = 500;

class Cards {
  constructor(section) {
    this.section = section;
    this.cards = [...section.querySelectorAll("[data-card]")];
    this.end = section.querySelector("[data-cards-end]");
    this.said = section.querySelector("[data-cards-state]");
    this.facts = hintFacts();
    this.seen = new Map();
    for (const card of this.cards) {
      this.paintLock(card);
      this.seen.set(`${card.dataset.line}|${card.dataset.month}`, Number(card.dataset.v));
      this.seen.set(`${card.dataset.line}|${card.dataset.next}`, Number(card.dataset.vNext));
    }
    const person = document.querySelector('meta[name="person"]')?.content ?? "";
    this.saver = this.makeSaver(`cards:${person}:${section.dataset.cycle}`);
    this.saver.resume();
    section.addEventListener("click", (event) => this.tapped(event));
    section.addEventListener("submit", (event) => this.typed(event));
    this.show(0);
  }

  makeSaver(name) {
    return new Saver({
      url: this.section.dataset.saveUrl,
      keeper: new TabKeeper(name),
      csrf: csrfToken,
      seen: (edit) => this.seen.get(`${edit.line}|${edit.month}`) ?? null,
      onState: (state, detail) => this.state(state, detail),
      onSaved: (answer) => { for (const cell of answer.saved) this.seen.set(`${cell.line}|${cell.month}`, cell.value); },
      onConflicts: (conflicts) => this.conflicts(conflicts),
      onErrors: (errors) => this.state("refused", errors.map((error) => error.detail).join(" ")),
      onRecovered: (edits) => this.recovered(edits),
    });
  }

  state(state, detail) {
    const words = {
      waiting: "Saving", saving: "Saving", saved: "Saved.", retrying: "Saved on this phone, will send.",
      refused: `Not saved. ${detail ?? ""}`, "signed-out": "You are signed out. Sign in again; your answers are kept on this phone.",
      undecided: "Somebody else changed a number meanwhile.",
    };
    this.said.textContent = words[state] ?? "";
  }

  /** Somebody else's number stands; it is shown, and the answer can be given again. */
  conflicts(conflicts) {
    for (const { line, month, theirs, by } of conflicts) {
      this.seen.set(`${line}|${month}`, theirs);
      const card = this.cards.find((one) => one.dataset.line === String(line) && one.dataset.month === month);
      if (!card) continue;
      this.saver.forget({ line: card.dataset.line, month });
      card.dataset.v = String(theirs);
      this.paint(card);
      this.show(this.cards.indexOf(card));
      announce(`${by} changed this number to ${written(theirs, Number(card.dataset.decimals))} meanwhile. Answer again if you see it otherwise.`);
    }
  }

  recovered(edits) {
    for (const { line, month, value } of edits) {
      const card = this.cards.find((one) => one.dataset.line === String(line) && one.dataset.month === month);
      if (!card) continue;
      card.dataset.v = String(value ?? card.dataset.bl);
      this.paint(card);
    }
  }

  show(index) {
    this.cards.forEach((card, i) => { card.hidden = i !== index; });
    this.end.hidden = index < this.cards.length;
    this.at = index;
  }

  next() {
    this.show(this.at + 1);
    const target = this.cards[this.at]?.querySelector("h2") ?? this.end;
    target.tabIndex = -1;
    target.focus({ preventScroll: true });
  }

  paint(card) {
    card.querySelector("[data-big]").textContent = written(Number(card.dataset.v), Number(card.dataset.decimals));
  }

  tapped(event) {
    const button = event.target.closest("button");
    const card = button?.closest("[data-card]");
    if (!card || button.type === "submit") return;
    const { dataset } = button;
    if ("ok" in dataset) this.next();
    else if (dataset.factor) this.change(card, this.rounded(card, Number(card.dataset.v) * Number(dataset.factor)), button);
    else if ("slip" in dataset) this.slip(card);
    else if ("lost" in dataset) this.give(card, 0, "lost_business");
    else if ("type" in dataset) this.ask(card);
    else if ("lock" in dataset) this.lock(card);
    else if ("keep" in dataset) this.keep(card);
    else if ("back" in dataset) this.back(card);
    else if (dataset.code) this.give(card, Number(card.dataset.v), dataset.code);
  }

  rounded(card, value) {
    const scale = 10 ** Number(card.dataset.decimals);
    return Math.floor(value * scale + 0.5) / scale;
  }

  ask(card) {
    const form = card.querySelector("[data-entry]");
    form.hidden = false;
    form.querySelector("input").focus();
  }

  typed(event) {
    const card = event.target.closest("[data-card]");
    if (!card) return;
    event.preventDefault();
    const problem = event.target.querySelector("[data-problem]");
    try {
      const entry = parseEntry(event.target.querySelector("input").value, {
        current: Number(card.dataset.v), baseline: Number(card.dataset.bl), decimals: Number(card.dataset.decimals),
      });
      problem.hidden = true;
      event.target.hidden = true;
      this.change(card, entry.value);
    } catch (error) {
      if (!(error instanceof EntryError)) throw error;
      problem.textContent = error.message;
      problem.hidden = false;
    }
  }

  /** A changed number; a large one asks for its reason, and one's own past may have a word to say, before the next card. */
  change(card, value, button = null) {
    card.dataset.v = String(value);
    this.paint(card);
    for (const other of card.querySelectorAll(".chosen")) other.classList.remove("chosen");
    button?.classList.add("chosen");
    this.save(card, [{ month: card.dataset.month, value }]);
    const hint = this.hint(card, value);
    const asks = this.needsReason(card);
    const reasons = card.querySelector("[data-reasons]");
    reasons.hidden = !asks;
    if (asks || hint) {
      (asks ? reasons : card.querySelector("[data-hint]")).scrollIntoView({ block: "nearest" });
      announce([hint, asks && "Why? Choose a reason."].filter(Boolean).join(" "));
    } else this.next();
  }

  /** Said once per card: keep the number, or go back to the baseline. */
  hint(card, value) {
    const { line, bl, reason } = card.dataset;
    const box = card.querySelector("[data-hint]");
    const words = this.facts && !("told" in card.dataset) ? hintWords(this.facts, { line, value, base: Number(bl), reason }) : "";
    box.hidden = !words;
    if (!words) return "";
    card.dataset.told = "";
    box.querySelector("[data-hint-words]").textContent = words;
    box.querySelector("[data-keep]").textContent = `Keep ${written(value, Number(card.dataset.decimals))}`;
    box.querySelector("[data-back]").textContent = `Use ${written(Number(bl), Number(card.dataset.decimals))}`;
    return words;
  }

  keep(card) {
    card.querySelector("[data-hint]").hidden = true;
    if (!this.needsReason(card)) this.next();
  }

  /** Back to the baseline. */
  back(card) {
    card.dataset.v = card.dataset.bl;
    this.paint(card);
    for (const box of card.querySelectorAll("[data-hint], [data-reasons]")) box.hidden = true;
    this.save(card, [{ month: card.dataset.month, value: null }]);
    this.next();
  }

  /** This month's number stays as it is until it is unlocked. */
  async lock(card) {
    const { line, month, locked } = card.dataset;
    if (!(await this.saver.settled())) return this.say("Not locked: this number is not saved yet.");
    const answer = await lockCells(this.section.dataset.lockUrl, [{ line, month }], !locked);
    if (answer.detail) return this.say(`Not ${locked ? "unlocked" : "locked"}. ${answer.detail}`);
    card.dataset.locked = answer.locked ? answer.by : "";
    this.paintLock(card);
    return this.say(answer.locked ? "Locked: this number stays as it is until you unlock it." : "Unlocked.");
  }

  paintLock(card) {
    const { locked, nextLocked } = card.dataset;
    const button = card.querySelector("[data-lock]");
    button.setAttribute("aria-pressed", String(Boolean(locked)));
    const note = card.querySelector("[data-lock-note]");
    note.hidden = !locked;
    note.lastElementChild.textContent = `Locked by ${locked}.`;
    for (const answer of card.querySelectorAll("[data-factor], [data-type], [data-lost], [data-slip]")) answer.disabled = Boolean(locked);
    if (nextLocked) card.querySelector("[data-slip]").disabled = true;
  }

  say(text) {
    this.said.textContent = text;
  }

  needsReason(card) {
    const [value, base] = [Number(card.dataset.v), Number(card.dataset.bl)];
    const moved = Math.abs(value - base);
    return moved > 0 && moved >= SHARE * base * (1 - 1e-9) && moved * Number(card.dataset.price) >= MONEY * (1 - 1e-9);
  }

  give(card, value, reason) {
    card.dataset.v = String(value);
    this.paint(card);
    this.save(card, [{ month: card.dataset.month, value, reason }]);
    this.next();
  }

  slip(card) {
    const later = Number(card.dataset.vNext) + Number(card.dataset.v);
    const reason = "order_delayed";
    this.save(card, [{ month: card.dataset.month, value: 0, reason }, { month: card.dataset.next, value: later, reason }]);
    card.dataset.vNext = String(later);
    card.dataset.v = "0";
    this.paint(card);
    this.next();
  }

  save(card, edits) {
    this.saver.queue(edits.map((edit) => ({ line: card.dataset.line, ...edit })));
  }
}

if (home && phone.matches) {
  const cards = new Cards(home);
  const form = document.getElementById("submit-form");
  form?.addEventListener("submit", async (event) => {
    if (!cards.saver.busy) return;
    event.preventDefault();
    if (await cards.saver.settled()) form.requestSubmit(event.submitter);
  });
}

// Naming people with @ in a note: a list of names opens beneath the field and is used by keys, pointer or touch.
// Without this script @username typed by hand does the same.

import { announce } from "./app.js";

const TYPED = /(?:^|[\s([])@([\p{L}\p{N}_.-]*(?: [\p{L}\p{N}_.-]*)?)$/u;
const MOST_TYPED = 40;
let open = null; // { field, list, people, at, start }
let asked = 0;

/** What is being typed after an @ before the caret; null when nobody is being named. */
function typed(field) {
  const before = field.value.slice(0, field.selectionStart);
  const found = TYPED.exec(before);
  if (!found || found[1].length > MOST_TYPED) return null;
  return { words: found[1], start: before.length - found[1].length };
}

function close() {
  if (!open) return;
  open.list.remove();
  for (const name of ["aria-controls", "aria-activedescendant"]) open.field.removeAttribute(name);
  open = null;
}

function option(person, index) {
  const item = document.createElement("li");
  item.id = `mention-${index}`;
  item.role = "option";
  const name = Object.assign(document.createElement("span"), { textContent: person.name });
  const more = Object.assign(document.createElement("span"), { textContent: `@${person.username}, ${person.role}`, className: "muted small" });
  item.append(name, more);
  return item;
}

function mark(index) {
  open.at = index;
  [...open.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === index)));
  open.field.setAttribute("aria-activedescendant", `mention-${index}`);
  open.list.children[index].scrollIntoView({ block: "nearest" });
}

function show(field, people, start) {
  close();
  if (!people.length) return;
  const list = Object.assign(document.createElement("ul"), { id: "mention-list", className: "mention-list", role: "listbox", ariaLabel: "People" });
  list.append(...people.map(option));
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  open = { field, list, people, start, at: 0 };
  mark(0);
  announce(`${people.length} ${people.length === 1 ? "name" : "names"}; arrow keys choose, Enter takes.`);
}

function take(index) {
  const { field, people, start } = open;
  const text = `${people[index].username} `;
  field.setRangeText(text, start, field.selectionStart, "end");
  close();
  field.focus();
}

async function offer(field) {
  const now = typed(field);
  const mine = ++asked;
  if (!now) return close();
  const answer = await fetch(`${field.dataset.mentions}?q=${encodeURIComponent(now.words)}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (mine !== asked || !answer?.ok) return undefined;
  const { people } = await answer.json();
  if (mine === asked && field.isConnected) show(field, people, now.start);
  return undefined;
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("textarea[data-mentions]")) offer(event.target);
});

const KEYS = {
  ArrowDown: () => mark((open.at + 1) % open.people.length),
  ArrowUp: () => mark((open.at + open.people.length - 1) % open.people.length),
  Enter: () => take(open.at),
  Tab: () => take(open.at),
  Escape: close,
};

document.addEventListener("keydown", (event) => {
  if (!open || event.target !== open.field || !KEYS[event.key] || event.isComposing) return;
  event.preventDefault();
  event.stopPropagation();
  KEYS[event.key]();
}, true);

// A press must not take the focus out of the field, or the phone's keyboard closes.
document.addEventListener("pointerdown", (event) => {
  if (!open) return;
  const item = event.target.closest("[role=option]");
  if (item && open.list.contains(item)) event.preventDefault();
  else if (event.target !== open.field) close();
});

document.addEventListener("click", (event) => {
  const item = open && event.target.closest("[role=option]");
  if (item && open.list.contains(item)) take([...open.list.children].indexOf(item));
});

document.addEventListener("focusout", (event) => {
  if (open && event.target === open.field) close();
});

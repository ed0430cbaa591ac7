// Seconds a person is really active on the entry pages, sent with the submission: a measure of the product,
// never shown per person. A pause of more than sixty seconds is removed.

const IDLE = 60_000;
const KEY = "active-seconds";
const who = document.querySelector('meta[name="person"]')?.content ?? "";
const key = `${KEY}:${who}`;

let last = Date.now();

function read() {
  return Number(localStorage.getItem(key)) || 0;
}

/** Count the time since the last sign of life, unless it was a pause. */
export function touch(now = Date.now()) {
  const passed = now - last;
  last = now;
  if (passed > 0 && passed <= IDLE) localStorage.setItem(key, String(read() + passed / 1000));
}

export function activeSeconds() {
  touch();
  return Math.round(read());
}

export function forget() {
  localStorage.removeItem(key);
  last = Date.now();
}

for (const kind of ["pointerdown", "keydown", "scroll", "visibilitychange"]) {
  document.addEventListener(kind, () => touch(), { passive: true, capture: true });
}

document.addEventListener("submit", (event) => {
  const field = event.target.querySelector('input[name="active_seconds"]');
  if (!field) return;
  field.value = String(activeSeconds());
  forget();
}, { capture: true });

// Number keys on an order: 9 firm, 7 likely, 5 even, 3 doubtful, 0 lost.

const KEYS = { 9: "firm", 7: "likely", 5: "even", 3: "doubtful", 0: "lost" };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  if (document.documentElement.dataset.shortcuts === "off") return;
  const order = event.target.closest(".order");
  const button = order?.querySelector(`button[value="${KEYS[event.key]}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

// The swapped row keeps the focus on the call that was just made.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.matches?.(".order")) event.target.querySelector('[aria-pressed="true"]')?.focus();
});

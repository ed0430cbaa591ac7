// A meeting on the wall: the right arrow or space shows the next agenda item, the left arrow the one before.

const KEYS = { " ": "next", ArrowRight: "next", ArrowLeft: "previous", Escape: "leave" };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, summary, .menu, [role=region]")) return;
  if (event.key === " " && event.target.closest("button, a")) return;
  const go = KEYS[event.key] && document.querySelector(`[data-go="${KEYS[event.key]}"]`);
  if (!go) return;
  event.preventDefault();
  go.click();
});

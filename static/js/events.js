// Adding an event: the uplift follows the similar ones until somebody types their own, and a successor is one press.

const uplift = document.getElementById("ev-uplift");
const what = document.getElementById("ev-what");
let own = uplift?.dataset.own === "true";

uplift?.addEventListener("input", () => { own = uplift.value !== ""; });

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "ev-advice" || own) return;
  uplift.value = event.detail.target.querySelector("[data-uplift]")?.dataset.uplift ?? "";
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take]");
  if (!button || ![...what.options].some((option) => option.value === button.dataset.take)) return;
  what.value = button.dataset.take;
  what.dispatchEvent(new Event("change", { bubbles: true }));
  what.focus();
});

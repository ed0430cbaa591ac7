// Parts of other rooms beside a page that does without htmx: fetched once the page itself has come to rest.
//   <div data-fetch="/supply/promised/linda/">what stands here until then, and where it cannot be fetched</div>

const soon = window.requestIdleCallback ?? ((act) => setTimeout(act, 200));

for (const place of document.querySelectorAll("[data-fetch]")) soon(() => fill(place));

async function fill(place) {
  try {
    const answer = await fetch(place.dataset.fetch, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
  } catch (problem) {
    console.info(`Not fetched: ${place.dataset.fetch}`, problem);
  }
}

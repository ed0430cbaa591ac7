// One choice of the demand review on its way to the portal and back.

import { csrfToken } from "./app.js";

/** {content} with the rows as they stand, or {problem} with a sentence. */
export async function post(url, fields) {
  try {
    const response = await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: { "HX-Request": "true", Accept: "application/json, text/html", "X-CSRFToken": csrfToken() },
      body: new URLSearchParams(fields),
    });
    if (response.redirected || response.status === 401) return { problem: "You are signed out. Sign in again in another tab." };
    if (!response.ok) return { problem: await detail(response) };
    const template = document.createElement("template");
    template.innerHTML = await response.text();
    return { content: template.content };
  } catch {
    return { problem: "The portal cannot be reached. Choose again when you are back online." };
  }
}

async function detail(response) {
  try {
    return (await response.json()).detail ?? `the portal answered ${response.status}`;
  } catch {
    return `The portal answered ${response.status}. Nothing was changed.`;
  }
}

// A chart as a file that stands alone: SVG with its light colours written into it, or PNG drawn from that.

import { say } from "./app.js";

const INK = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-linecap"];
const LETTERS = ["font-family", "font-size", "font-weight", "text-anchor"];
const SPACE = "http://www.w3.org/2000/svg";
const MARGIN = 12;
const LINE = 18;
const LETTER = 7; // pixels of one, generously
const SHARP = 2; // pixels of the PNG for one of the chart

/** Write what the page's style sheets say of `shown` into its copy, which then needs none. */
function paint(shown, copy) {
  const style = getComputedStyle(shown);
  const names = shown.closest("text") ? [...INK, ...LETTERS] : INK;
  for (const name of names) {
    const value = style.getPropertyValue(name);
    const isPattern = name === "fill" && copy.getAttribute("fill")?.startsWith("url(");
    if (value && !isPattern) copy.setAttribute(name, value);
  }
  copy.removeAttribute("class");
}

/** Do something while the page has its light colours; nothing is painted in between. */
function inLight(work) {
  const { theme } = document.documentElement.dataset;
  document.documentElement.dataset.theme = "light";
  try {
    return work();
  } finally {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }
}

function words(tag, content, attributes) {
  const text = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) text.setAttribute(name, value);
  text.textContent = content;
  return text;
}

/** The chart's message and title as they stand above it, or what it is called; no line wider than the chart. */
function caption(figure, width) {
  const said = [...figure.querySelectorAll("figcaption p")].flatMap((part) => part.innerText.split("\n"));
  const parts = said.length ? said : [figure.querySelector("svg.figure title").textContent];
  return parts.map((part) => part.trim()).filter(Boolean).flatMap((part) => wrapped(part, width / LETTER));
}

function wrapped(text, most) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length > most && lines.at(-1)) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

/** {text, width, height} of the chart as it is shown now, with its caption on white. */
export function chartFile(figure) {
  const shown = [...figure.querySelectorAll("svg.figure")].find((one) => one.checkVisibility());
  const copy = shown.cloneNode(true);
  const parts = [...shown.querySelectorAll("path, g, text, rect")];
  const copies = [...copy.querySelectorAll("path, g, text, rect")];
  inLight(() => parts.forEach((part, at) => paint(part, copies[at])));
  for (const area of copy.querySelectorAll("[data-href]")) area.remove();
  const lines = caption(figure, shown.viewBox.baseVal.width);
  const top = MARGIN + lines.length * LINE;
  const drawn = shown.viewBox.baseVal;
  const [width, height] = [Math.ceil(drawn.width) + 2 * MARGIN, Math.ceil(drawn.height) + top + MARGIN];
  const box = { viewBox: `${-MARGIN} ${-top} ${width} ${height}`, width, height };
  for (const [name, value] of Object.entries(box)) copy.setAttribute(name, value);
  copy.removeAttribute("class");
  const { fontFamily, color } = inLight(() => textStyle(figure));
  const ground = words("rect", "", { x: -MARGIN, y: -top, width, height, fill: "#fff" });
  const written = lines.map((line, at) =>
    words("text", line, { x: 0, y: (at + 1) * LINE - top, "font-family": fontFamily, "font-size": 13, fill: color }),
  );
  copy.querySelector("title").after(ground, ...written);
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

function textStyle(figure) {
  const { fontFamily, color } = getComputedStyle(figure);
  return { fontFamily, color };
}

async function png({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * SHARP, height: height * SHARP });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob(done, "image/png"); });
}

function fileName(figure, form) {
  const title = figure.querySelector("svg.figure title").textContent;
  return `${title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 80) || "chart"}.${form}`;
}

function download(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-chart-file]");
  if (!button) return;
  const [figure, form] = [button.closest("figure"), button.dataset.chartFile];
  try {
    const file = chartFile(figure);
    const blob = form === "png" ? await png(file) : new Blob([file.text], { type: "image/svg+xml" });
    download(blob, fileName(figure, form));
  } catch (error) {
    say("The browser could not make the picture. Take the SVG, or another browser.", "error");
    throw error;
  }
});

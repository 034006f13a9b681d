// What is wrong with the page on show, for somebody with a phone, a keyboard, a screen reader or tired
// eyes; one line each. After WCAG 2.2: 1.1.1, 1.3.1, 1.4.3, 1.4.10, 2.4.2, 2.4.6, 2.5.8, 3.1.1, 4.1.2.
const faults = [];
const name = (e) => `<${e.tagName.toLowerCase()}${e.id ? " id=" + e.id : ""}${e.name ? " name=" + e.name : ""} class="${e.className}"> ${(e.textContent || "").trim().slice(0, 40)}`;
const visible = (e) => { const b = e.getBoundingClientRect(); const s = getComputedStyle(e); return b.width > 1 && b.height > 1 && s.visibility !== "hidden" && s.display !== "none" && !e.closest(".hide, .skip, dialog:not([open])"); };
const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);

if (!document.documentElement.lang) faults.push("the page has no language");
if (!document.title.trim()) faults.push("the page has no title");
if (document.documentElement.scrollWidth > document.documentElement.clientWidth + 1) {
  const wide = all("body *").filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest(".scroll, .menu, pre, .text"));
  faults.push(`the page scrolls sideways: ${wide.slice(0, 3).map(name).join(" | ")}`);
}
if (document.querySelectorAll("h1").length !== 1) faults.push(`${document.querySelectorAll("h1").length} h1`);
let last = 0;
for (const h of document.querySelectorAll("h1, h2, h3, h4")) {
  const level = Number(h.tagName[1]);
  if (level > last + 1) faults.push(`a heading leaves out a level: ${name(h)}`);
  last = level;
}
if (!document.querySelector("main")) faults.push("no main");
for (const e of document.querySelectorAll("img:not([alt])")) faults.push(`no alt: ${name(e)}`);
for (const e of document.querySelectorAll("svg.chart")) if (!e.querySelector("title") && !e.getAttribute("aria-label")) faults.push("a chart without a title");
for (const e of all("input:not([type=hidden]), select, textarea")) {
  const labelled = (e.labels && e.labels.length) || e.getAttribute("aria-label") || e.getAttribute("aria-labelledby");
  if (!labelled) faults.push(`a field without a label: ${name(e)}`);
}
for (const e of all("a[href], button")) {
  const said = (e.textContent || "").trim() || e.getAttribute("aria-label") || e.querySelector("img[alt]:not([alt=''])");
  if (!said) faults.push(`nothing says what this does: ${name(e)}`);
}
for (const e of all("button, .button, select, input:not([type=hidden])")) {
  const box = e.getBoundingClientRect();
  const quiet = e.matches(".quiet") || e.closest("label");
  if (!quiet && (box.height < 24 || box.width < 24)) faults.push(`too small to hit: ${name(e)} ${box.width}x${box.height}`);
}
const ids = {};
for (const e of document.querySelectorAll("[id]")) ids[e.id] = (ids[e.id] || 0) + 1;
for (const [id, count] of Object.entries(ids)) if (count > 1) faults.push(`id ${id} stands ${count} times`);
for (const e of document.querySelectorAll("[style], script:not([src]), [onclick]")) faults.push(`inline: ${name(e)}`);

// Contrast of text against what is behind it.
const channel = (c) => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
const parts = (text) => (text.match(/[\d.]+/g) || []).map(Number);
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ground = (e) => {
  for (let at = e; at; at = at.parentElement) {
    const [r, g, b, a = 1] = parts(getComputedStyle(at).backgroundColor);
    if (a > 0.99) return [r, g, b];
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
};
const seen = new Set();
for (const e of all("body *")) {
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || e.closest("svg, [disabled]")) continue;
  const style = getComputedStyle(e);
  const [a, b] = [light(parts(style.color)), light(ground(e))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
  const key = `${style.color} ${ground(e)}`;
  if (ratio < (large ? 3 : 4.5) && !seen.has(key)) { seen.add(key); faults.push(`too pale (${ratio.toFixed(2)}): ${name(e)}`); }
}
return faults;

// Comfort only: every page works without this file.
"use strict";
document.documentElement.classList.add("js");

// Keyboard: "/" to the search field, "j" and "k" through a list, Enter opens, "?" shows the keys.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const rows = [...document.querySelectorAll("[data-row]")];
  const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
  const go = (index) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    (row.querySelector("a[href]") || row).focus();
    row.scrollIntoView({ block: "nearest" });
  };
  if (event.key === "/") {
    const search = document.querySelector("[data-search]");
    if (search) { event.preventDefault(); search.focus(); search.select(); }
  } else if (event.key === "j" && rows.length) { event.preventDefault(); go(at + 1); }
  else if (event.key === "k" && rows.length) { event.preventDefault(); go(at < 0 ? 0 : at - 1); }
  else if (event.key === "?") {
    const keys = document.querySelector("dialog[data-keys]");
    if (keys) { event.preventDefault(); keys.showModal(); }
  }
});

// One box marks all the others of its form.
document.addEventListener("change", (event) => {
  const name = event.target.dataset.all;
  if (!name || !event.target.form) return;
  event.target.form.querySelectorAll(`input[type=checkbox][name="${name}"]`).forEach((box) => { box.checked = event.target.checked; });
});

// On a phone the menu is longer than the screen: the page's own place in it is brought into sight.
document.addEventListener("DOMContentLoaded", () => {
  const here = document.querySelector(".menu [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;
});

// A form that is on its way is not sent twice.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  const button = event.submitter;
  if (button) button.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  document.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
});

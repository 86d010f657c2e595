// What a page gains from this file; without it everything works all the same.
// A form that is on its way is not sent again by a second press, what htmx asks for is asked in the name of the member the
// page was drawn for, and a page out of the browser's memory begins anew.
// After 'Show older' the focus goes on to the first new item instead of getting lost with the button,
// and an answer that htmx cannot use becomes an ordinary visit of the link.
// Days and times are drawn in the zone of her place until her browser has said here where it is. What comes into an open
// page is drawn in that page's own.
"use strict";
const PRESS_AGAIN_MS = 15000;
// What a page's scripts say of it: for whom it is drawn, and in which zone.
const ofPage = { "Drawn-For": document.body.dataset.for, "X-Zone": document.body.dataset.zone };
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
function rest(form) {
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
}
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  form.setAttribute("aria-busy", "true");
  // Pressing again afterwards does no harm: it has the outcome of the first time.
  setTimeout(rest, PRESS_AGAIN_MS, form);
});
addEventListener("pageshow", (event) => {
  document.querySelectorAll("form[data-sent]").forEach(rest);
  // A member who comes back to a page and presses its button means it.
  if (event.persisted) document.getElementsByName("_key").forEach((key) => { key.value = newKey(); });
});
document.addEventListener("htmx:configRequest", (event) => Object.assign(event.detail.headers, ofPage));
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && zone !== document.body.dataset.zone) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
let older = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const more = event.detail.target;
  older = event.detail.shouldSwap && more.matches(".more") ? { before: more.previousElementSibling, list: more.parentElement } : null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (!older) return;
  const first = older.before ? older.before.nextElementSibling : older.list.firstElementChild;
  older = null;
  if (!first) return;
  first.tabIndex = -1;
  first.focus({ preventScroll: true });
});
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    const link = event.detail.elt;
    if (link instanceof HTMLAnchorElement) location.assign(link.href);
  });
}

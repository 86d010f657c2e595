// What a page gains from this file; without it everything works all the same.
// After 'Show older' the focus goes on to the first new item instead of getting lost with the button,
// and an answer that htmx cannot use becomes an ordinary visit of the link.
// Days and times are drawn in the zone of her place until her browser has said here where it is. What comes into an open
// page is drawn in that page's own.
"use strict";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && zone !== document.body.dataset.zone) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
}
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-Zone"] = document.body.dataset.zone;
});
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

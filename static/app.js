// What a page gains from this file; without it everything works all the same.
// After 'Show older' the focus goes on to the first new item instead of getting lost with the button,
// and an answer that htmx cannot use becomes an ordinary visit of the link.
"use strict";
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

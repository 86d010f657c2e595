// Decides without a mouse: on the item that has the focus, A approves, R asks for a reason, J and K go to the next one and
// back. After a decision the page comes again with the next item, which has the focus. Without this file, Tab does it.
"use strict";

(() => {
  const items = () => [...document.querySelectorAll("[data-item]")];
  const current = () => document.activeElement && document.activeElement.closest("[data-item]");
  const go = (item) => {
    if (!item) return;
    item.focus();
    item.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const all = items();
    go(all[all.indexOf(current()) + by]);
  };
  const DO = {
    a: (item) => item.querySelector("form[action$='/approve'] button").click(),
    r: (item) => {
      item.querySelector("details").open = true;
      item.querySelector("[name=reason]").focus();
    },
    j: () => step(1),
    k: () => step(-1),
  };
  document.addEventListener("keydown", (event) => {
    const item = current();
    const typing = event.target.closest("input, textarea, select");
    if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
    if (typing) {
      if (event.key === "Escape") go(item);
      return;
    }
    const what = DO[event.key.toLowerCase()];
    if (!what) return;
    event.preventDefault();
    what(item);
  });
  for (const item of items()) item.tabIndex = -1;
  // Whoever has just decided goes on; whoever comes begins where every page begins.
  if (document.querySelector(".notice[role=status]:not([hidden])")) go(items()[0]);
})();

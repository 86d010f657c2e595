// Decides without a mouse: on the item that has the focus, A approves or dismisses, R rejects or upholds, J and K go to
// the next one and back. After a decision the page comes again with the next item, which has the focus. Without this file, Tab does it.
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
  // What waits for a reason opens, and asks for it.
  const decide = (item, key) => {
    const what = item.querySelector(`[data-key=${key}]`);
    if (what.tagName === "DETAILS") {
      what.open = true;
      what.querySelector("[name=reason]").focus();
    } else {
      what.click();
    }
  };
  const DO = {
    a: (item) => decide(item, "a"),
    r: (item) => decide(item, "r"),
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

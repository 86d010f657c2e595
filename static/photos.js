// Photos: the viewer on a profile, and several uploads at once. Without this file the viewer's links and the form work as
// they are.
"use strict";

(() => {
  // ---- The viewer: arrows, Escape and a swipe follow the links that are there.
  const open = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const shown = id && document.getElementById(id);
    return shown && shown.matches("[data-viewer]") ? shown : null;
  };
  const follow = (viewer, selector) => {
    const link = viewer.querySelector(selector);
    if (link) location.replace(link.href);
  };
  const KEYS = { ArrowLeft: "[rel=prev]", ArrowRight: "[rel=next]", Escape: ".viewer-close" };
  document.addEventListener("keydown", (event) => {
    const viewer = open();
    if (!viewer || !KEYS[event.key] || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    follow(viewer, KEYS[event.key]);
  });
  const focus = () => {
    const viewer = open();
    if (viewer) viewer.focus();
  };
  addEventListener("hashchange", focus);
  focus();

  const SWIPE = 50; // pixels
  let from = null;
  document.addEventListener("touchstart", (event) => {
    from = open() && event.touches.length === 1 ? event.touches[0].clientX : null;
  }, { passive: true });
  document.addEventListener("touchend", (event) => {
    const viewer = open();
    if (!viewer || from === null) return;
    const moved = event.changedTouches[0].clientX - from;
    if (moved > SWIPE) follow(viewer, "[rel=prev]");
    if (moved < -SWIPE) follow(viewer, "[rel=next]");
  });

  // ---- Uploads: each file has a row with a preview, its progress, and a button to cancel or to try again.
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const input = form.querySelector("input[type=file]");
  const alt = form.querySelector("input[name=alt]");
  const AT_ONCE = 2;
  const waiting = [];
  let running = 0;
  let added = 0;
  input.multiple = true;

  const list = document.createElement("ul");
  list.className = "uploads";
  list.setAttribute("aria-live", "polite");
  form.append(list);

  const element = (name, text, parent) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    parent.append(made);
    return made;
  };
  // What the site says of a refusal: of the field, or of the whole.
  const why = (request) => {
    try {
      const problem = JSON.parse(request.responseText);
      const field = (problem.errors || problem.fields || [])[0];
      return (field && field.detail) || problem.detail || problem.title;
    } catch {
      return "It did not arrive. Try again.";
    }
  };

  const next = () => {
    while (running < AT_ONCE && waiting.length) waiting.shift()();
    // The page shows what has become of them.
    if (!running && !waiting.length && added && !list.querySelector(".upload-failed")) location.reload();
  };

  const upload = (file, words) => {
    const row = element("li", "", list);
    row.className = "upload";
    const preview = element("img", "", row);
    preview.alt = "";
    preview.src = URL.createObjectURL(file);
    preview.onload = preview.onerror = () => URL.revokeObjectURL(preview.src);
    const name = element("span", file.name, row);
    const button = element("button", "Cancel", row);
    button.type = "button";
    button.className = "button button-quiet button-small";
    const progress = element("progress", "", row);
    progress.max = 1;
    progress.value = 0;
    progress.setAttribute("aria-label", `${file.name}: how much has arrived`);
    // The same name each time: what arrived although nobody heard so is there once.
    const key = crypto.randomUUID ? crypto.randomUUID() : String(Math.random()).slice(2) + Date.now();

    const start = () => {
      running += 1;
      row.classList.remove("upload-failed");
      name.textContent = file.name;
      button.textContent = "Cancel";
      const request = new XMLHttpRequest();
      request.open("POST", `/api/media?alt=${encodeURIComponent(words)}`);
      request.setRequestHeader("content-type", file.type.startsWith("image/") ? file.type : "image/jpeg");
      request.setRequestHeader("idempotency-key", key);
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) progress.value = event.loaded / event.total;
      };
      const done = (failed) => {
        running -= 1;
        if (failed) {
          // What the site has judged stays as it is; what did not arrive may the next time.
          const judged = request.status >= 400 && request.status < 500 && request.status !== 429;
          row.classList.add("upload-failed");
          name.textContent = `${file.name}: ${failed}`;
          button.textContent = judged ? "Leave out" : "Try again";
          button.onclick = () => { if (judged) row.remove(); else waiting.push(start); next(); };
        } else {
          added += 1;
          name.textContent = `${file.name}: a reviewer looks at it before others do.`;
          button.remove();
        }
        next();
      };
      request.onload = () => done(request.status < 300 ? "" : why(request));
      request.onerror = request.ontimeout = () => done("It did not arrive. Try again.");
      request.onabort = () => { running -= 1; row.remove(); next(); };
      button.onclick = () => request.abort();
      request.send(file);
    };
    button.onclick = () => { waiting.splice(waiting.indexOf(start), 1); row.remove(); };
    waiting.push(start);
  };

  const take = (files) => {
    const words = files.length === 1 ? alt.value : "";
    for (const file of files) upload(file, words);
    form.reset();
    next();
  };
  form.addEventListener("submit", (event) => {
    if (!input.files.length) return;
    event.preventDefault();
    take([...input.files]);
  });
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("dragged");
  });
  for (const end of ["dragleave", "drop"]) form.addEventListener(end, () => form.classList.remove("dragged"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
})();

// What makes an open page live; without it everything works by looking again.
// One event stream a tab says which module has news. What is new comes from the page's own address, as the same markup,
// so nothing is drawn here. Elements have ids, so what comes twice is there once.
"use strict";
(() => {
  const RETRY_MS = 3000, RETRY_MS_MAX = 60000, TYPING_SENT_MS = 3000, TYPING_SHOWN_MS = 5000;
  const $ = (id) => document.getElementById(id);
  const body = document.body;
  const PART = { headers: { "HX-Request": "true", ...ofPage }, credentials: "same-origin", cache: "no-store" };
  let cursor = body.dataset.live, stream = null, wait = RETRY_MS, timer = 0, ended = false;
  const visible = () => document.visibilityState === "visible";
  // Only what somebody looks at takes the place of another tab: otherwise tabs would take it from each other.
  let wanted = visible();

  // ---- Saying how it stands ----------------------------------------------------------------------------------------
  const connection = $("connection");
  function say(text, link) {
    connection.replaceChildren(text ? document.createTextNode(text) : "");
    if (link) {
      const way = document.createElement("a");
      way.href = link; way.textContent = " Go on";
      connection.append(way);
    }
    connection.hidden = !text;
  }

  // ---- The stream --------------------------------------------------------------------------------------------------
  function open() {
    clearTimeout(timer);
    if (ended || stream || !wanted) return;
    stream = new EventSource("/live?" + new URLSearchParams({ after: cursor, _for: body.dataset.for }));
    stream.addEventListener("open", () => { wait = RETRY_MS; say(""); flush(); });
    stream.addEventListener("changed", (event) => {
      cursor = event.lastEventId;
      JSON.parse(event.data).changed.forEach((module) => changed(module));
    });
    stream.addEventListener("typing", (event) => typing(JSON.parse(event.data).member));
    stream.addEventListener("end", (event) => {
      const why = JSON.parse(event.data).why;
      close();
      // Other tabs are live now. This one goes on when somebody looks at it.
      if (why === "elsewhere") {
        wanted = false;
        return say("Newer windows of yours are live instead of this one. It goes on when you come back to it.");
      }
      ended = true;
      say("You are logged out here.", "/login");
    });
    stream.addEventListener("error", () => {
      if (!navigator.onLine) say("No connection. What you write is kept, and goes on when you are back.");
      // A broken connection is opened again by the browser; a refusal is not.
      if (stream && stream.readyState === EventSource.CLOSED) { close(); later(); }
    });
  }
  function close() { if (stream) stream.close(); stream = null; }
  function later() {
    timer = setTimeout(check, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, RETRY_MS_MAX);
  }
  // Why was it refused? Whoever is logged out need not try for ever.
  async function check() {
    const answer = await fetch("/nav", { ...PART, redirect: "manual" }).catch(() => null);
    if (answer && (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403)) {
      ended = true;
      return say("You are logged out here.", "/login");
    }
    // Somebody else is logged in now: this page is over.
    if (answer && answer.status === 409) {
      ended = true;
      return say(said(await parsed(answer)), "/");
    }
    if (answer && answer.ok) open(); else later();
  }
  addEventListener("online", () => { close(); open(); });
  addEventListener("offline", () => say("No connection. What you write is kept, and goes on when you are back."));
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  function lookedAt() {
    if (!visible()) return;
    wanted = true;
    open();
    reading();
  }
  document.addEventListener("visibilitychange", lookedAt);
  addEventListener("focus", lookedAt);

  // ---- What is new -------------------------------------------------------------------------------------------------
  // One request at a time for each thing, and one more if something came meanwhile.
  function single(work) {
    let running = false, again = false;
    return async function run() {
      if (running) { again = true; return; }
      running = true;
      do {
        again = false;
        // Where the line is bad, it is tried again; versions do not get lost.
        try { await work(); } catch { setTimeout(run, RETRY_MS); }
      } while (again);
      running = false;
    };
  }
  const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");
  // What a refusal says: at the field, above the form, or as a page of its own.
  function said(page) {
    const words = page.querySelector("#error-text:not([hidden]) span, #composer .notice span, .oops .lead");
    return (words && words.textContent) || "This could not be sent.";
  }
  async function part(url) {
    const answer = await fetch(url, PART);
    if (answer.status === 404) { location.reload(); return null; }
    if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
    return parsed(answer);
  }
  const numbered = single(counts);
  const works = new Map([["nav", [numbered]], ["news", [numbered]]]);
  function on(module, work) { works.set(module, [...(works.get(module) || []), single(work)]); }
  function changed(module) { (works.get(module) || []).forEach((work) => work()); }

  async function counts() {
    const fresh = await part("/nav");
    if (!fresh) return;
    for (const item of fresh.querySelectorAll("[data-of]")) {
      const shown = document.querySelector(`[data-count="${item.dataset.of}"]`);
      if (shown && shown.innerHTML.trim() !== item.innerHTML.trim()) shown.innerHTML = item.innerHTML;
    }
    const list = fresh.getElementById("counts");
    if (list) document.title = list.dataset.waiting + document.title.replace(/^\(\d+\+?\) /, "");
  }

  // ---- Lists: what is there changes in place, what is new is announced ---------------------------------------------
  for (const place of document.querySelectorAll("[data-announce]")) {
    const { module, list, url, noun } = place.dataset;
    const button = place.querySelector("button");
    let fresh = null;
    on(module, async () => {
      const page = await part(url);
      const shown = $(list);
      if (!page || !shown) return;
      fresh = [...page.querySelectorAll("[data-item]:not(.more)")];
      // The conversation that is open goes up by itself: she is in it, and knows.
      const here = shown.dataset.open && fresh[0] && fresh[0].id === `with-${shown.dataset.open}` && fresh[0].cloneNode(true);
      if (here && !(shown.firstElementChild && shown.firstElementChild.id === here.id)) {
        here.querySelector("a").setAttribute("aria-current", "page");
        if ($(here.id)) $(here.id).remove();
        shown.prepend(here);
      }
      const known = new Set([...shown.children].map((item) => item.id));
      for (const item of fresh) {
        const old = item.id && $(item.id);
        if (!old || !shown.contains(old)) continue;
        const open = old.querySelector("[aria-current]");
        if (open) item.querySelector("a").setAttribute("aria-current", "page");
        if (old.outerHTML !== item.outerHTML) {
          const focused = old.contains(document.activeElement);
          old.replaceWith(item.cloneNode(true));
          if (focused) $(item.id).querySelector("a").focus({ preventScroll: true });
        }
      }
      // Whoever is gone, is gone: a block takes effect at once. What lies behind the last that was asked for may
      // still be there.
      const ids = new Set(fresh.map((item) => item.id));
      const end = fresh.map((item) => $(item.id)).findLast((item) => item && shown.contains(item));
      const whole = !page.querySelector(".more");
      for (const item of [...shown.querySelectorAll("[data-item]:not(.more)")]) {
        const before = end && item.compareDocumentPosition(end) & Node.DOCUMENT_POSITION_FOLLOWING;
        if (item.id && !ids.has(item.id) && (whole || before)) item.remove();
      }
      const added = fresh.filter((item) => !known.has(item.id)).length;
      const moved = !added && fresh[0] && shown.querySelector("[data-item]") && shown.querySelector("[data-item]").id !== fresh[0].id;
      // What stands above the list speaks of what is in it.
      for (const head of added ? [] : page.querySelectorAll(`[data-head-of="${list}"]`)) {
        const old = $(head.id);
        if (old && old.innerHTML !== head.innerHTML) old.replaceWith(head);
      }
      button.hidden = !added && !moved;
      const what = added ? `${added} new ${noun}${added === 1 ? "" : "s"}` : `New in your ${noun}s`;
      if (!button.hidden) button.textContent = `${what}: show`;
    });
    button.addEventListener("click", () => {
      if (!fresh || !fresh.length) return location.assign(url);
      const shown = $(list);
      // A list that was empty comes with its whole page.
      if (shown.hidden) return location.assign(url);
      const open = shown.querySelector("[aria-current]");
      const openId = open && open.closest("[data-item]").id;
      for (const item of [...fresh].reverse()) {
        const old = item.id && $(item.id);
        if (old) old.remove();
        shown.prepend(item.cloneNode(true));
      }
      if (openId && $(openId)) $(openId).querySelector("a").setAttribute("aria-current", "page");
      button.hidden = true;
      const empty = place.parentElement.querySelector(".empty");
      if (empty) empty.remove();
      const first = shown.querySelector("[data-item] a") || shown.firstElementChild;
      if (first) first.focus();
      shown.scrollIntoView({ block: "nearest" });
    });
  }

  // ---- The open thread ---------------------------------------------------------------------------------------------
  const thread = $("thread"), messages = $("messages"), composer = $("composer");
  const numbers = () => [...messages.querySelectorAll("[data-number]")].map((item) => Number(item.dataset.number));
  // Where the thread is its own scroller that one moves, otherwise the page does.
  const scroller = () => (getComputedStyle(thread).overflowY !== "visible" ? thread : document.scrollingElement);
  const atEnd = () => { const it = scroller(); return it.scrollHeight - it.scrollTop - it.clientHeight < 120; };
  const toEnd = () => { const it = scroller(); it.scrollTop = it.scrollHeight; };

  async function news() {
    // With older pages open, what is new is at the other end: there is a link to it.
    if ($("newer")) return;
    for (let more = true; more;) {
      const last = Math.max(0, ...numbers());
      const page = await part(`${thread.dataset.url}?after=${last}&max=100`);
      const list = page && page.getElementById("part");
      if (!list) return;
      more = "more" in list.dataset;
      const stay = atEnd() && visible();
      let added = 0;
      for (const item of [...list.children]) {
        if (item.id && $(item.id)) continue;
        if (item.dataset.day && messages.querySelector(`[data-day="${item.dataset.day}"]`)) continue;
        messages.append(item);
        if (item.dataset.number && !item.classList.contains("mine")) added += 1;
      }
      if ($("no-messages") && numbers().length) $("no-messages").remove();
      readUpTo(Number(list.dataset.readTo));
      if (added) typed(false);
      if (stay) toEnd(); else if (added) below(added);
    }
    reading();
  }
  function readUpTo(number) {
    for (const item of messages.querySelectorAll(".mine:not(.is-read)")) {
      if (Number(item.dataset.number) <= number) item.classList.add("is-read");
    }
  }
  // New messages below what she reads are said, and stay where they are.
  let unseen = 0;
  function below(added) {
    unseen += added;
    const place = $("below");
    place.querySelector("button").textContent = unseen === 1 ? "1 new message below" : `${unseen} new messages below`;
    place.hidden = false;
  }
  function seen() { unseen = 0; $("below").hidden = true; }
  let readTo = 0;
  function reading() {
    if (!thread || !visible() || !atEnd() || $("newer")) return;
    seen();
    const theirs = [...messages.querySelectorAll("[data-number]:not(.mine)")].map((item) => Number(item.dataset.number));
    const last = Math.max(0, ...theirs);
    if (last <= readTo) return;
    readTo = last;
    post(composer.dataset.reading, new URLSearchParams({ upTo: last })).catch(() => { readTo = 0; });
  }
  const post = (url, form) => fetch(url, { ...PART, method: "POST", body: form, redirect: "manual" });

  let typedTimer = 0;
  function typed(on) {
    clearTimeout(typedTimer);
    $("typing").textContent = on ? `${thread.dataset.nickname} is typing …` : "";
    if (on) typedTimer = setTimeout(() => typed(false), TYPING_SHOWN_MS);
  }
  function typing(member) { if (thread && thread.dataset.with === member) typed(true); }

  // ---- Writing -----------------------------------------------------------------------------------------------------
  const TEXT_MAX = 2000, LEFT_SHOWN = 200;
  const count = (text) => ("Segmenter" in Intl ? [...new Intl.Segmenter().segment(text)].length : [...text].length);
  let flush = () => {};
  function write() {
    const text = composer.elements.text, key = composer.elements._key, error = $("error-text");
    const names = `${body.querySelector(".me-name").textContent}:${thread.dataset.nickname}`;
    const draft = `draft:${names}`, unanswered = `unanswered:${names}`;
    const kept = sessionStorage.getItem(draft);
    if (kept && !text.value) text.value = kept;
    const grow = () => { text.style.height = "auto"; text.style.height = `${Math.min(text.scrollHeight + 2, 240)}px`; };
    // With `button` beside it, where there is a way out.
    const fail = (message, button) => {
      error.querySelector("span").textContent = message;
      error.querySelectorAll("button").forEach((old) => old.remove());
      if (button) error.append(button);
      error.hidden = !message;
      text.toggleAttribute("aria-invalid", Boolean(message));
    };
    // What is on its way, and may have arrived: until there is an answer it is tried again as it was, with its key,
    // also after a reload.
    let pending = JSON.parse(sessionStorage.getItem(unanswered)), sending = false, pressed = false;
    const hold = (message) => {
      pending = message;
      message ? sessionStorage.setItem(unanswered, JSON.stringify(message)) : sessionStorage.removeItem(unanswered);
    };
    let typedAt = 0;
    text.addEventListener("input", () => {
      text.value ? sessionStorage.setItem(draft, text.value) : sessionStorage.removeItem(draft);
      fail("");
      grow();
      const left = text.value.length > TEXT_MAX - LEFT_SHOWN ? TEXT_MAX - count(text.value) : LEFT_SHOWN + 1;
      $("left").hidden = left > LEFT_SHOWN;
      $("left").textContent = left < 0 ? `${-left} characters too many` : `${left} characters left`;
      if (numbers().length && Date.now() - typedAt > TYPING_SENT_MS) {
        typedAt = Date.now();
        post(composer.dataset.typing, new URLSearchParams({ upTo: Math.max(...numbers()) })).catch(() => {});
      }
    });
    text.addEventListener("keydown", (event) => {
      // On a keyboard Enter sends; under the thumb it makes a new line, and there is a button.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && matchMedia("(pointer: fine)").matches) {
        event.preventDefault();
        composer.requestSubmit();
      }
    });
    composer.addEventListener("submit", (event) => {
      event.preventDefault();
      // Whoever is quicker than the line has this sent next.
      pressed = pending !== null;
      send();
    });
    async function send() {
      if (sending || (!pending && !text.value.trim())) return;
      if (!pending) hold({ text: text.value, key: key.value });
      sending = true;
      composer.classList.add("is-sending");
      // In the order of the form, so that it is the same message to the site whoever sends it.
      const form = new URLSearchParams({ _key: pending.key, _for: body.dataset.for, text: pending.text });
      const wrote = pending.text;
      try {
        const answer = await post(composer.action, form);
        if (answer.type === "opaqueredirect" || answer.ok) {
          // Whoever has typed on meanwhile keeps that.
          text.value = text.value.startsWith(wrote) ? text.value.slice(wrote.length) : text.value;
          text.value ? sessionStorage.setItem(draft, text.value) : sessionStorage.removeItem(draft);
          typedAt = 0;
          hold(null);
          key.value = newKey();
          fail(""); grow(); toEnd();
          $("left").hidden = true;
          if ($("hint-text")) $("hint-text").remove();
          changed("chat");
          toEnd();
        } else if (answer.status === 401) {
          fail("You are logged out here. What you wrote is kept.", logIn());
        } else if (answer.status === 503) {
          again("The site is busy. It is sent again in a moment.");
        } else {
          // A refusal is final: what is pressed next is another message.
          hold(null); pressed = false;
          key.value = newKey();
          fail(said(await parsed(answer)));
        }
      } catch {
        // Nobody knows whether it arrived: the same key again makes it one message in any case.
        again("Not sent yet: no connection. It is sent as soon as you are back.");
      }
      composer.classList.remove("is-sending");
      sending = false;
      if (pressed && !pending) { pressed = false; send(); }
    }
    // The page of the login takes the message along, and sends it.
    function logIn() {
      const button = document.createElement("button");
      button.type = "button"; button.className = "button button-small"; button.textContent = "Log in and send it";
      button.addEventListener("click", () => {
        text.value = pending.text; key.value = pending.key;
        HTMLFormElement.prototype.submit.call(composer);
      });
      return button;
    }
    function again(message) {
      fail(message);
      setTimeout(() => flush(), RETRY_MS * (0.5 + Math.random()));
    }
    flush = () => { if (pending) send(); };
    grow();
  }

  if (thread) {
    on("chat", news);
    write();
    const first = $("first-new");
    if (first && !location.hash) first.scrollIntoView({ block: "start" }); else if (!$("newer")) toEnd();
    addEventListener("scroll", () => reading(), { passive: true });
    thread.addEventListener("scroll", () => reading(), { passive: true });
    $("below").addEventListener("click", () => { toEnd(); reading(); });
    readTo = Math.max(0, ...numbers());
  }
  body.classList.add("is-live");
  open();
})();

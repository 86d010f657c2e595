// Says how good a new password is while it is typed. The site judges it by more (src/modules/register/strength.rs): it
// knows what is common. Without this the site's answer says it.
"use strict";
(() => {
  const ENOUGH = 6, GOOD = 12, SHORTEST = 10, RUN = 3;
  const ROWS = ["abcdefghijklmnopqrstuvwxyz", "12345678901234567890", "qwertyuiopå", "asdfghjklöä", "zxcvbnm"];
  const both = ROWS.flatMap((row) => [row, [...row].reverse().join("")]);

  // How much of the text, from its beginning, is one piece.
  function piece(text, before, words) {
    let longest = 1;
    for (const word of words) if (text.startsWith(word)) longest = Math.max(longest, word.length);
    let same = 1;
    while (text[same] === text[0]) same++;
    if (same >= RUN) longest = Math.max(longest, same);
    for (let length = RUN; both.some((row) => row.includes(text.slice(0, length))) && length <= text.length; length++)
      longest = Math.max(longest, length);
    if (/^(19|20)\d\d/.test(text)) longest = Math.max(longest, 4);
    if (before && text.startsWith(before)) longest = Math.max(longest, before.length);
    return text.slice(0, longest);
  }

  function pieces(password, words) {
    let text = password.toLowerCase(), before = "", count = 0;
    while (text) {
      const next = piece(text, before, words);
      if (next.trim()) count++;
      before = next; text = text.slice(next.length);
    }
    return count;
  }

  // What others know of her: what stands in the same form, and the site's own name.
  function known(form) {
    const typed = ["nickname", "email", "username"].map((name) => form.querySelector(`[autocomplete~="${name}"]`)?.value ?? "");
    const parts = typed.flatMap((word) => [word, ...word.split(/[^\p{L}\p{N}]+/u)]);
    return ["happypancake", "pancake", "happy", ...parts.map((word) => word.toLowerCase())].filter((word) => word.length >= RUN);
  }

  function says(password, form) {
    if (!password) return "";
    const count = pieces(password, known(form)), missing = SHORTEST - [...password].length;
    if (missing > 0) return `${missing} more ${missing === 1 ? "character" : "characters"}.`;
    if (count < ENOUGH) return "Easily guessed: add a word that nobody would expect.";
    return count < GOOD ? "This will do. One word more makes it better." : "A good password.";
  }

  for (const line of document.querySelectorAll("[data-strength-of]")) {
    const input = document.getElementById(line.dataset.strengthOf);
    input.addEventListener("input", () => {
      line.textContent = says(input.value, input.form);
      line.hidden = !line.textContent;
    });
  }
})();

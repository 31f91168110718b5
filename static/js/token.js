// Cuts a pasted token's signature off before anything is sent: what is left opens nothing. The server does the
// same for browsers without script, by the same rules (support/rules/token_text.py).
"use strict";
{
  const RUNS = /[A-Za-z0-9_.-]{8,}/g;
  const NAMED = /access_token\\?["']?\s*[:=]\s*\\?["']?([A-Za-z0-9_.-]{8,})/;
  const START = /e(?:y[AIJ]|w[ok0]|30)/;
  const BROKEN_LINES = /[\s"'`>\\\u200b\u2060\ufeff]+/g;
  const SECRETS = /[A-Za-z0-9_.~+/=!*$-]{40,}/g;

  const isObject = (part) => {
    try {
      const bytes = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
      return bytes.trimStart().startsWith("{") && bytes.trimEnd().endsWith("}");
    } catch {
      return false;
    }
  };

  // Header and payload of one token without the rest; of an encrypted one the header alone.
  const withoutSignature = (run) => {
    const [first, ...rest] = run.split(".");
    const start = first.search(START);
    if (start < 0 || !rest.length) return "";
    const header = first.slice(start);
    if (!isObject(header)) return "";
    if (rest.length === 4) return `${header}....`;
    return rest.length <= 3 && isObject(rest[0]) ? `${header}.${rest[0]}.` : "";
  };

  const find = (text) => {
    const named = text.match(NAMED)?.[1];
    const runs = text.match(RUNS) ?? [];
    for (const run of named ? [named, ...runs] : runs) {
      const cut = withoutSignature(run);
      if (cut) return cut;
    }
    return "";
  };

  // What is no token that can be read may still open something: only its beginning is sent.
  const cut = (text) => find(text) || find(text.replace(BROKEN_LINES, ""))
    || text.replace(SECRETS, (secret) => `${secret.slice(0, 8)}…`);

  const form = document.querySelector("[data-token-form]");
  const field = form?.querySelector("textarea");
  const told = form?.querySelector("[data-token-cut]");

  const clean = () => {
    const text = field.value;
    const kept = cut(text);
    if (kept === text) return;
    field.value = kept;
    const count = (text.length - kept.length).toLocaleString("en");
    const what = kept.endsWith(".") ? ", the signature among them" : "";
    told.textContent = `Cut off here and never sent: ${count} characters${what}.`;
  };

  if (field) {
    field.addEventListener("input", (event) => {
      // Typing would be cut in mid-word; a paste or a drop is whole.
      if (event.inputType !== "insertText") clean();
    });
    form.addEventListener("submit", clean);
    // Going back to this page finds the field empty.
    addEventListener("pagehide", () => { field.value = ""; });
  }
}

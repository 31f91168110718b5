// Everything here improves pages that work without it. No eval, no inline handlers: the CSP forbids both.
"use strict";
{
  const IDLE_AFTER = 120_000;
  const IDLE_POLL = 10_000;
  const on = document.addEventListener.bind(document);
  let clearing;

  const announce = (text) => {
    const region = document.getElementById("live");
    if (!region) return;
    region.textContent = text;
    clearTimeout(clearing);
    clearing = setTimeout(() => { region.textContent = ""; }, 6000);
  };

  // "/" goes to the search box, unless somebody is typing.
  on("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const box = document.querySelector('[data-shortcut="/"]');
    if (!box || !box.offsetParent) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  const copy = async (button) => {
    const from = button.dataset.copyFrom;
    const source = from && document.getElementById(from);
    const text = source ? source.value ?? source.textContent : button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
      announce("Copied");
    } catch {
      announce("Couldn't copy. Select the text instead.");
    }
  };

  // data-opens on a link: its dialog when there is one on the page, else the page it links to.
  on("click", (event) => {
    const target = event.target.closest("[data-copy], [data-copy-from], [data-opens], [data-closes]");
    if (!target) return;
    if ("copy" in target.dataset || "copyFrom" in target.dataset) {
      copy(target);
    } else if ("closes" in target.dataset) {
      event.preventDefault();
      target.closest("dialog")?.close();
    } else {
      const dialog = document.getElementById(target.dataset.opens);
      if (!dialog?.showModal) return;
      event.preventDefault();
      dialog.showModal();
    }
  });

  on("submit", async (event) => {
    const form = event.target;
    if (!("themeForm" in form.dataset) || !event.submitter) return;
    event.preventDefault();
    const chosen = event.submitter;
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new FormData(form, chosen), redirect: "manual",
      });
      if (answer.status >= 400) throw new Error(answer.status);
    } catch {
      announce("Couldn't save the theme. Reload and try again.");
      return;
    }
    if (chosen.value) document.documentElement.dataset.theme = chosen.value;
    else delete document.documentElement.dataset.theme;
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", button === chosen);
    form.closest("[popover]")?.hidePopover();
  });

  // Polling rests while nobody sees the page, and slows down while nobody touches it.
  let active = Date.now();
  const last = new Map(); // a polled fragment replaces itself, so by id, not by element
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll", "focus"]) {
    addEventListener(kind, () => { active = Date.now(); }, { passive: true, capture: true });
  }
  on("visibilitychange", () => { if (!document.hidden) active = Date.now(); });
  on("htmx:beforeRequest", (event) => {
    const source = event.detail.elt;
    if (!/\bevery\b/.test(source.getAttribute("hx-trigger") ?? "")) return;
    const key = source.id || source.getAttribute("hx-get");
    const now = Date.now();
    const idle = now - active > IDLE_AFTER && now - (last.get(key) ?? 0) < IDLE_POLL;
    if (document.hidden || idle) event.preventDefault();
    else last.set(key, now);
  });

  const failed = () => announce("Couldn't update this part of the page. Reload to try again.");
  on("htmx:responseError", failed);
  on("htmx:sendError", failed);
  // A response announces itself with the header HX-Trigger: {"announce": "Impact updated: ..."}
  on("announce", (event) => announce(event.detail.value ?? String(event.detail)));
}

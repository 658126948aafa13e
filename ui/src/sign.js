// What makes the pages pleasanter where a script may run. Every page works without it, and the server decides everything.
"use strict";

const all = (selector, within = document) => within.querySelectorAll(selector);

// An error summary gets the focus by `autofocus`; some browsers know that for controls only.
const toErrors = () => {
  if (document.activeElement === document.body) document.querySelector("#foutmelding[autofocus]")?.focus();
};
addEventListener("load", () => setTimeout(toErrors, 200));

// Show or hide a password. It is hidden again on its way out, so that no browser remembers it as plain text.
for (const button of all("[data-shows]")) {
  const input = document.getElementById(button.dataset.shows);
  const word = button.querySelector("[data-word]");
  const show = (visible) => {
    input.type = visible ? "text" : "password";
    word.textContent = visible ? button.dataset.hide : button.dataset.show;
  };
  button.hidden = false;
  input.classList.add("mcz-input--with-toggle");
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  input.form.addEventListener("submit", () => show(false));
}

// A fresh code: count down until the server will send one. The button stays focusable meanwhile.
for (const button of all("[data-resend]")) {
  const row = button.parentElement;
  const counter = row.querySelector("[data-countdown]");
  const end = Date.now() + 1000 * Number(button.dataset.resend);
  const wait = (waiting) => {
    button.classList.toggle("nl-button--disabled", waiting);
    if (waiting) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  };
  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    if (seconds > 0) {
      counter.textContent = button.dataset.wait.replace("{s}", seconds);
      setTimeout(tick, 500);
    } else {
      wait(false);
      counter.textContent = "";
      row.querySelector("[data-announce]").textContent = button.dataset.ready;
    }
  };
  if (end > Date.now()) {
    wait(true);
    tick();
  }
  button.addEventListener("click", (event) => {
    if (button.getAttribute("aria-disabled")) event.preventDefault();
  });
}

// Send a form once. Released after a while, and when the browser brings the page back from its history.
for (const form of all("form[method=post]")) {
  let restore = null;
  const release = () => {
    restore?.();
    restore = null;
  };
  form.addEventListener("submit", (event) => {
    if (restore) {
      event.preventDefault();
      return;
    }
    const button = event.submitter;
    const label = button?.querySelector(".nl-button__label");
    const text = label?.textContent;
    if (label && button.dataset.busy) label.textContent = button.dataset.busy;
    button?.setAttribute("aria-disabled", "true");
    restore = () => {
      if (label) label.textContent = text;
      button?.removeAttribute("aria-disabled");
    };
    setTimeout(release, 8000);
  });
  addEventListener("pageshow", (event) => event.persisted && release());
}

// Copy a text.
for (const button of navigator.clipboard ? all("[data-copies]") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    button.querySelector(".nl-button__label").textContent = button.dataset.copied;
  });
}

// Two minutes before the session ends, say so where it is seen and heard.
for (const box of all("[data-session-ends]")) {
  const left = new Date(box.dataset.sessionEnds) - Date.now();
  const near = () => {
    box.classList.add("mcz-timeout--near");
    box.querySelector("[data-announce]").textContent = box.querySelector("[data-warning]").textContent;
  };
  if (left < 2 ** 31) setTimeout(near, Math.max(0, left - 120000));
}

// The answer to an application, as a form (response_mode=form_post): no click needed.
document.querySelector("form[data-send]")?.requestSubmit();

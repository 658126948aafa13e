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

// A passkey or security key: ask the browser, put what it says into the form, and send that. Without an answer the form
// is sent too, and the server says that it did not work. Where a browser has no keys the page stays as without a script.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const words = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const said = (key) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (key.response[name]) response[name] = words(key.response[name]);
  }
  if (key.response.getTransports) response.transports = key.response.getTransports();
  return JSON.stringify({ id: key.id, rawId: words(key.rawId), type: key.type, response });
};

// A passkey among what the browser fills in by itself. The form goes once, to the sign-in that the challenge is of; nothing
// happens where the browser has none, or the person types after all.
for (const field of all("input[data-autofill]")) {
  const { form } = field;
  const options = JSON.parse(field.dataset.options);
  options.challenge = bytes(options.challenge);
  const late = new AbortController();
  const offer = async () => {
    if (!(await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) return;
    setTimeout(() => late.abort(), options.timeout);
    const key = await navigator.credentials.get({ mediation: "conditional", publicKey: options, signal: late.signal });
    const token = form.elements.csrf_token;
    const [here, its] = [form.getAttribute("action"), token.value];
    form.elements.wachtwoord.value = "";
    field.value = said(key);
    form.setAttribute("action", field.dataset.autofill);
    token.value = field.dataset.token;
    form.requestSubmit();
    field.value = ""; // on its way; who comes back here signs in as ever
    form.setAttribute("action", here);
    token.value = its;
  };
  form.addEventListener("submit", () => late.abort());
  offer().catch(() => {});
}
for (const field of all("input[data-key]")) {
  const { form } = field;
  const notice = form.querySelector("[data-no-key]");
  if (!window.PublicKeyCredential) {
    notice.querySelector("[data-why]").textContent = notice.dataset.noKey;
    continue;
  }
  const button = form.querySelector("#volgende");
  const other = form.querySelector("#andere-methode");
  const options = JSON.parse(field.dataset.options);
  const until = Date.now() + options.timeout;
  options.challenge = bytes(options.challenge);
  for (const key of options.excludeCredentials ?? options.allowCredentials) key.id = bytes(key.id);
  if (options.user) options.user.id = bytes(options.user.id);
  const ask = async () => {
    options.timeout = until - Date.now();
    if (options.timeout <= 0) throw new Error("too late");
    return said(await navigator.credentials[field.dataset.key]({ publicKey: options }));
  };
  let state = "waits";
  form.addEventListener("submit", async (event) => {
    if (event.submitter !== button) state = "left";
    if (state === "answered" || state === "left") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (state === "asks") return;
    state = "asks";
    field.value = "";
    button.setAttribute("aria-disabled", "true");
    try {
      field.value = await ask();
    } catch (trouble) {
      const why = form.elements.sleutelfout;
      if (why) why.value = trouble.name;
    }
    button.removeAttribute("aria-disabled");
    if (state === "left") return;
    state = "answered";
    setTimeout(() => form.requestSubmit(button)); // never inside the event: an answer that comes at once would be lost
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) state = "waits";
  });
  if (other) other.className = "mcz-quiet";
  notice.hidden = true;
  for (const one of form.querySelectorAll("[data-with-key]")) one.hidden = false;
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

// Two minutes before the session ends, say so where it is seen and heard; also when the computer slept meanwhile.
for (const box of all("[data-session-left]")) {
  const end = Date.now() + 1000 * Number(box.dataset.sessionLeft);
  const near = () => {
    if (end - Date.now() > 120000) return;
    clearInterval(watch);
    box.classList.add("mcz-timeout--near");
    box.querySelector("[data-announce]").textContent = box.querySelector("[data-warning]").textContent;
  };
  const watch = setInterval(near, 5000);
  near();
}

// The answer to an application, as a form (response_mode=form_post): no click needed.
document.querySelector("form[data-send]")?.requestSubmit();

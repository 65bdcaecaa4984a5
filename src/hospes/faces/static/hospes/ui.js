/* Comforts that a page can do without: every page works when this file does not load. */
(function () {
  "use strict";

  const root = document.documentElement;
  root.classList.add("js");

  /* htmx notes the address on the visitor's device as soon as it loads; nothing is kept there but the cookies on the map. */
  try {
    sessionStorage.removeItem("htmx-current-path-for-history");
  } catch {
    /* The browser keeps nothing at all. */
  }

  const typing = (element) =>
    element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));

  const closePops = (except) => {
    for (const pop of document.querySelectorAll("details.pop[open]")) {
      if (pop !== except && !pop.contains(except)) pop.open = false;
    }
  };

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    closePops(event.target.closest("details.pop"));
    const button = event.target.closest("[data-print], [data-copy], [data-shows]");
    if (!button) return;
    if (button.hasAttribute("data-print")) window.print();
    else if (button.hasAttribute("data-shows")) show(button, button.getAttribute("aria-pressed") === "false");
    else copy(button);
  });

  /* What was typed as a password can be looked at; it is a password again before it is sent, so that no browser keeps it as a text. */
  function show(button, visibly) {
    const field = document.getElementById(button.dataset.shows);
    if (!field) return;
    field.type = visibly ? "text" : "password";
    field.spellcheck = false;
    field.autocapitalize = "none";
    button.setAttribute("aria-pressed", String(visibly));
  }

  const secrets = (within) => within.querySelectorAll("[data-shows]");
  for (const button of secrets(document)) button.hidden = false;
  document.addEventListener("htmx:afterSwap", (event) => {
    for (const button of secrets(event.target)) button.hidden = false;
  });
  document.addEventListener("submit", (event) => {
    for (const button of secrets(event.target)) show(button, false);
  }, true);

  function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) return;
    navigator.clipboard.writeText(source.innerText.trim()).then(() => {
      const label = button.querySelector("[data-copied]");
      if (label) label.textContent = label.dataset.copied;
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const pop = document.querySelector("details.pop[open]");
      if (pop) {
        pop.open = false;
        pop.querySelector("summary").focus();
      }
      return;
    }
    const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event.target);
    const palette = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    const search = slash || palette ? document.querySelector("[data-search]") : null;
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  /* A form is sent once: a second press waits for the answer of the first. Opt out with data-resend. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.hasAttribute("data-resend") || form.method !== "post") return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    else if (!form.hasAttribute("hx-post")) form.setAttribute("aria-busy", "true");
  });

  /* htmx shows nothing when an answer is bad or does not come; the page says so. */
  for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(failure, () => {
      const words = document.getElementById("request-failed");
      const messages = document.getElementById("messages");
      if (!words || !messages) return;
      messages.replaceChildren(words.content.cloneNode(true));
      messages.scrollIntoView({ block: "nearest" });
    });
  }

  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
  });
})();

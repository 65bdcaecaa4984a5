/*
 * Passkeys. A form with data-passkey="create" or "get" and data-passkey-options (an address) is sent by its button
 * [data-passkey-start] once the browser has made, or signed with, a passkey; without this file the button is not shown.
 */
(function () {
  "use strict";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const named = (list) => (list || []).map((entry) => ({ ...entry, id: bytes(entry.id) }));

  async function sign(how, options) {
    const wanted = options.publicKey;
    const asked = { ...wanted, challenge: bytes(wanted.challenge) };
    if (how === "create") {
      asked.user = { ...wanted.user, id: bytes(wanted.user.id) };
      asked.excludeCredentials = named(wanted.excludeCredentials);
      return navigator.credentials.create({ publicKey: asked });
    }
    if (wanted.allowCredentials) asked.allowCredentials = named(wanted.allowCredentials);
    return navigator.credentials.get({ publicKey: asked });
  }

  function told(credential) {
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[part]) response[part] = text(credential.response[part]);
    }
    return JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response,
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  }

  async function start(form) {
    const failed = form.querySelector("[data-passkey-failed]");
    if (failed) failed.hidden = true;
    try {
      const answer = await fetch(form.dataset.passkeyOptions, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error("no options");
      form.querySelector("[data-passkey-answer]").value = told(await sign(form.dataset.passkey, await answer.json()));
      form.noValidate = true;
      form.requestSubmit();
    } catch {
      /* Whoever closes the browser's window, or has no passkey here, is told so and can take another way. */
      if (failed) {
        failed.hidden = false;
        failed.focus();
      }
    }
  }

  for (const button of document.querySelectorAll("[data-passkey-start]")) {
    const form = button.form;
    if (!window.PublicKeyCredential || !form) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      if (form.dataset.passkey !== "create" || form.reportValidity()) start(form);
    });
  }
})();

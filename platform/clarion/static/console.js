// Passkeys: what no page can do without a script. Everything else in the console works without one.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const listed = (all) => (all || []).map((one) => ({ ...one, id: bytes(one.id) }));

  async function prove(form) {
    const body = new FormData();
    body.set("csrf", form.elements.csrf.value);
    const reply = await fetch(form.dataset.challenge, { method: "POST", body });
    if (!reply.ok) throw new Error(String(reply.status));
    const { ticket, options } = await reply.json();
    options.challenge = bytes(options.challenge);
    options.allowCredentials = listed(options.allowCredentials);
    options.excludeCredentials = listed(options.excludeCredentials);
    const making = "user" in options;
    if (making) options.user.id = bytes(options.user.id);
    const found = await navigator.credentials[making ? "create" : "get"]({ publicKey: options });
    const { response } = found;
    const said = { clientDataJSON: text(response.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[part]) said[part] = text(response[part]);
    }
    form.elements.ticket.value = ticket;
    form.elements.answer.value = JSON.stringify({ id: found.id, rawId: text(found.rawId), type: found.type, response: said, clientExtensionResults: {} });
    form.submit();
  }

  for (const form of document.querySelectorAll("form[data-challenge]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const told = form.querySelector("[role=status]");
      told.textContent = "";
      prove(form).catch(() => { told.textContent = form.dataset.failed; });
    });
  }

  // The keyboard on the page of reasons: j and k go down and up, x ticks.
  const ticks = [...document.querySelectorAll(".reason input[type=checkbox]")];
  document.addEventListener("keydown", (event) => {
    if (!ticks.length || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
    const at = ticks.indexOf(document.activeElement);
    if (event.key === "j") ticks[Math.min(at + 1, ticks.length - 1)].focus();
    else if (event.key === "k") ticks[Math.max(at - 1, 0)].focus();
    else if (event.key === "x" && at >= 0) ticks[at].click();
  });
  for (const all of document.querySelectorAll("[data-tick-all]")) {
    all.hidden = false;
    all.addEventListener("click", () => ticks.forEach((tick) => { tick.checked = true; }));
  }
})();

(() => {
  const page = () => document.querySelector("main");
  // Whom to tell: the page around us, if it is one of those that may show us. Where the browser does not say which
  // one it is, each of them is addressed: a message reaches nobody but the one it names.
  const allowed = page().dataset.origins.split(" ").filter(Boolean);
  const any = allowed[0] === "*";
  const around = location.ancestorOrigins ? location.ancestorOrigins[0] : document.referrer && new URL(document.referrer).origin;
  const known = around && around !== "null" && around !== location.origin;
  const told = parent === self ? [] : known ? [around].filter((one) => any || allowed.includes(one)) : any ? [] : allowed;
  const tell = (what) => told.forEach((one) => parent.postMessage({ clarion: 1, ...what }, one));
  const announce = (otherwise) => {
    const { event } = page().dataset;
    if (event) tell({ event });
    const first = document.querySelector("[role=alert][tabindex], [aria-invalid]") || otherwise;
    if (first) first.focus();
  };
  new ResizeObserver(() => tell({ height: Math.ceil(document.documentElement.getBoundingClientRect().height) })).observe(document.documentElement);
  announce();

  // A sandbox that takes scripts and no forms: what would be sent is sent from here, and the answer shown in place.
  if (self.origin === "null") document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    const form = button && button.form;
    if (!form) return;
    event.preventDefault();
    if (!button.formNoValidate && !form.reportValidity()) return;
    const body = new URLSearchParams(new FormData(form));
    if (button.name) body.append(button.name, button.value);
    button.disabled = true;
    fetch(button.getAttribute("formaction") || form.getAttribute("action"), { method: "POST", body })
      .then((answer) => answer.text())
      .then((text) => {
        const next = new DOMParser().parseFromString(text, "text/html");
        if (!next.querySelector("main.frame")) throw text;
        page().replaceWith(next.querySelector("main"));
        document.title = next.title;
        for (const name of ["lang", "dir"]) document.documentElement[name] = next.documentElement[name];
        scrollTo(0, 0);
        announce(page());
      })
      .catch(() => { button.disabled = false; document.getElementById("failed").hidden = false; });
  });
})();

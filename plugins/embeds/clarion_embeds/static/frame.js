(() => {
  const page = () => document.querySelector("main");
  // Whom to tell: the page around us, if it is one of those that may show us. Where the browser does not say which
  // one it is, each of them is addressed: a message reaches nobody but the one it names.
  const allowed = page().dataset.origins.split(" ").filter(Boolean);
  const any = allowed[0] === "*";
  // The page that a form leads to hears of the page around no more, so the frame keeps that in its name.
  const [name, kept] = self.name.split(" ");
  const referrer = document.referrer && new URL(document.referrer).origin;
  const around = location.ancestorOrigins ? location.ancestorOrigins[0] : referrer && referrer !== location.origin ? referrer : kept;
  const known = /^https?:/.test(around) && around !== location.origin;
  if (known && !location.ancestorOrigins) self.name = `${name} ${around}`;
  const told = parent === self ? [] : known ? [around].filter((one) => any || allowed.includes(one)) : any ? [] : allowed;
  const tell = (what) => told.forEach((one) => parent.postMessage({ clarion: 1, ...what }, one));
  const announce = (otherwise) => {
    const { event } = page().dataset;
    if (event) tell({ event });
    document.querySelectorAll("[data-copy]").forEach((button) => { button.hidden = false; });
    const first = document.querySelector("[role=alert][tabindex], [aria-invalid]") || otherwise;
    if (first) first.focus();
  };
  // WordPress knows the frame by a secret that it puts into its address, or by the one that oEmbed gives. With it the
  // frame may ask to be shown and to grow, and to lead on where a sandbox lets no link open.
  const secret = (location.hash.match(/^#\?secret=(\w+)$/) || [])[1] || (name === "clarion" && name);
  const ask = (message, value) => secret && tell({ secret, message, value });
  const grow = () => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    tell({ height });
    ask("height", height);
  };
  addEventListener("message", ({ source, data }) => source === parent && data && data.message === "ready" && grow());
  grow(); // a browser draws no frame that is not seen, and WordPress shows it once it has said something
  new ResizeObserver(grow).observe(document.documentElement);
  // A frame of another site may not use the clipboard by itself: what is selected can be copied all the same.
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-copy]");
    if (!button) return;
    document.getElementById("own-link").select();
    if (document.execCommand("copy")) button.textContent = button.dataset.done;
  });
  announce();

  const boxed = self.origin === "null";
  if (boxed) document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!secret || !link || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    // only to pages of this site; what lies elsewhere is linked from the petition too
    const { href } = link.host === location.host ? link : page().querySelector("footer a");
    ask("link", href);
  });

  // A sandbox that takes scripts and no forms: what would be sent is sent from here, and the answer shown in place.
  if (boxed) document.addEventListener("click", (event) => {
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

// Comfort only: the page does all of it without this.
(() => {
  const main = document.querySelector("main");
  const show = (root) => {
    if (navigator.clipboard) root.querySelectorAll("[data-copies]").forEach((button) => { button.hidden = false; });
  };
  show(document);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-copies]");
    if (!button) return;
    navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent).then(() => {
      const words = button.textContent;
      button.textContent = button.dataset.done;
      setTimeout(() => { button.textContent = words; }, 2000);
    }).catch(() => {});
  });

  // What is chosen is shown at once: the page is asked for anew, and what differs put in its place.
  const form = document.getElementById("look");
  let latest = 0;
  form.querySelector("[data-without-script]").hidden = true;
  form.addEventListener("change", () => {
    const mine = ++latest;
    const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
    fetch(address).then((answer) => answer.ok ? answer.text() : Promise.reject()).then((text) => {
      if (mine !== latest) return;
      const next = new DOMParser().parseFromString(text, "text/html");
      const open = [...document.querySelectorAll(".code-box")].map((box) => box.open);
      next.querySelectorAll(".code-box").forEach((box, place) => { box.open = open[place]; });
      document.getElementById("codes").replaceWith(next.getElementById("codes"));
      const frame = document.querySelector(".preview iframe");
      const src = next.querySelector(".preview iframe").getAttribute("src");
      if (frame.getAttribute("src") !== src) frame.src = src;
      const field = document.getElementById("accent");
      const told = next.getElementById("accent-error");
      const error = document.getElementById("accent-error");
      if (error) error.remove();
      if (told) field.after(told);
      for (const name of ["aria-invalid", "aria-describedby"]) {
        const value = next.getElementById("accent").getAttribute(name);
        if (value === null) field.removeAttribute(name); else field.setAttribute(name, value);
      }
      document.querySelector("#test form").setAttribute("action", next.querySelector("#test form").getAttribute("action"));
      show(document.getElementById("codes"));
      history.replaceState(null, "", address);
    }).catch(() => form.submit());
  });

  const result = document.getElementById("result");
  if (result) result.focus();

  const renew = () => {
    if (!document.hidden) fetch(main.dataset.countUrl).then((answer) => answer.json()).then((known) => {
      document.querySelectorAll("[data-figure]").forEach((figure) => {
        const said = known[figure.dataset.figure]?.toLocaleString(main.dataset.locale, { useGrouping: "always", numberingSystem: "latn" }) ?? figure.dataset.few;
        if (figure.textContent !== said) figure.textContent = said;
      });
    }).catch(() => {});
  };
  setInterval(renew, 1000);
})();

// Comfort only: every page works without this file.
(() => {
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
  const form = document.getElementById("sign-form");
  const typed = () => [...form.elements].some((field) => field.matches("[type=checkbox]") ? field.checked : field.matches("input:not([type=hidden]), textarea") && field.value);

  // Nothing typed, nothing to carry over: the plain address can be reloaded and shared.
  each("[data-url]", (button) => button.addEventListener("click", (event) => {
    if (typed()) return;
    event.preventDefault();
    location.href = button.dataset.url;
  }));

  if (navigator.share) each("[data-share]", (button) => {
    button.hidden = false;
    button.onclick = () => navigator.share({ url: button.dataset.share, text: button.dataset.text }).catch(() => {});
  });
  if (navigator.clipboard) each("[data-copy]", (button) => {
    button.hidden = false;
    button.onclick = () => navigator.clipboard.writeText(button.dataset.copy).then(() => { button.textContent = button.dataset.done; });
  });

  each("#own-link", (link) => link.addEventListener("focus", () => link.select()));

  const facts = document.querySelector("[data-facts]");
  const language = document.documentElement.lang;
  const plural = new Intl.PluralRules(language);
  const show = ({ signatures, goal }) => {
    each("[data-count]", (figure) => {
      // The words beside the figure were chosen for the old one: wait for the next page if they would no longer fit.
      if (plural.select(signatures) !== plural.select(+figure.dataset.count)) return;
      // As the server writes it, so that a figure does not change its looks when it renews itself.
      figure.textContent = signatures.toLocaleString(facts.dataset.locale, { useGrouping: "always", numberingSystem: "latn" });
    });
    each("progress", (bar) => { bar.value = Math.max(bar.value, Math.min(100, (100 * signatures) / goal)); });
  };
  if (facts) setInterval(() => {
    if (!document.hidden) fetch(facts.dataset.facts).then((answer) => answer.json()).then(show).catch(() => {});
  }, 15000);
})();

// Clarion: a petition's sign form in your page. Your page is told how high it is, that it is there, that somebody signed.
(() => {
  const own = document.currentScript;
  const looks = ["partner", "theme", "accent", "compact", "show"];
  const name = "clarion-petition";

  if (!customElements.get(name)) customElements.define(name, class extends HTMLElement {
    static observedAttributes = ["campaign", "lang", ...looks];
    home = new URL(own.src).origin;
    box = this.attachShadow({ mode: "open" });

    connectedCallback() {
      addEventListener("message", this);
      this.style.display = "block";
      this.draw();
    }

    disconnectedCallback() {
      removeEventListener("message", this);
      this.frame = null;
      this.box.replaceChildren();
    }

    attributeChangedCallback() { this.draw(); }

    // Once for all that is said in one go.
    async draw() {
      if (this.due) return;
      this.due = true;
      await null;
      this.due = false;
      const [campaign, lang] = [this.getAttribute("campaign"), this.lang || document.documentElement.lang || "auto"];
      if (!campaign || !this.isConnected) return;
      const query = new URLSearchParams();
      for (const look of looks) if (this.hasAttribute(look)) query.set(look, this.getAttribute(look) || "1");
      const frame = document.createElement("iframe");
      frame.title = this.getAttribute("label") || this.textContent.trim() || "Petition";
      frame.src = `${this.home}/${encodeURIComponent(campaign)}/${encodeURIComponent(lang)}/embed?${query}`;
      frame.loading = "lazy";
      frame.referrerPolicy = "strict-origin";
      frame.sandbox = "allow-forms allow-popups allow-popups-to-escape-sandbox allow-same-origin allow-scripts";
      frame.height = 240;
      frame.style.cssText = "display:block;width:100%;border:0";
      let steps = 0;
      frame.onload = () => {
        if (steps++ && this.getBoundingClientRect().top < 0) this.scrollIntoView();
      };
      // Until the frame is heard: what stands in the element, or a link.
      this.link = document.createElement("slot");
      this.link.append(Object.assign(document.createElement("a"), { href: frame.src, textContent: frame.title }));
      this.box.replaceChildren(this.link, this.frame = frame);
    }

    handleEvent({ source, origin, data }) {
      if (!this.frame || source !== this.frame.contentWindow || origin !== this.home || !data || data.clarion !== 1) return;
      this.link.remove();
      const { height, event } = data;
      if (Number.isFinite(height) && height >= 50 && height <= 9999) this.frame.height = height;
      if (["loaded", "signed"].includes(event)) this.dispatchEvent(new CustomEvent(`clarion:${event}`, { bubbles: true }));
    }
  });

  if (own.dataset.campaign) {
    const petition = document.createElement(name);
    petition.home = new URL(own.src).origin;
    for (const key in own.dataset) petition.setAttribute(key, own.dataset[key]);
    own.after(petition);
  }
})();

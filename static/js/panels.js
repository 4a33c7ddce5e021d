// Panels beside the text: each is fetched when it is opened, together with the code that it needs.
import { request } from "./http.js";

export class Panel {
  #content = null;
  #opener = null;

  /**
   * `load()` gives the panel's class: made with an element and the `context`, it has shown() and hidden().
   * One that `keeps` is fetched once.
   */
  constructor(element, { load, keeps, context }) {
    Object.assign(this, { element, load, keeps, context });
    this.buttons = [...document.querySelectorAll(`[data-panel=${element.id}]`)];
    for (const button of this.buttons) button.addEventListener("click", () => this.toggle());
    element.addEventListener("click", (event) => event.target.closest("[data-closes-panel]") && this.close());
    element.addEventListener("keydown", (event) => event.key === "Escape" && !event.isComposing && this.close());
    element.addEventListener("panel-yields", () => this.close());
    element.addEventListener("panel-expires", () => this.#expire());
  }

  get isOpen() {
    return !this.element.hidden;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  async open() {
    if (!this.isOpen) this.#opener = document.activeElement;
    for (const other of document.querySelectorAll(".panel:not([hidden])")) {
      if (other !== this.element) other.dispatchEvent(new Event("panel-yields"));
    }
    this.#show(true);
    try {
      if (!this.#content || !this.keeps) this.#content = await this.#fetch();
    } catch (error) {
      this.#show(false);
      this.context.say(error.message);
      return;
    }
    if (this.isOpen) this.#content.shown();
  }

  close() {
    const hadFocus = this.element.contains(document.activeElement);
    this.#show(false);
    const hasLed = this.#content?.hidden();
    if (hadFocus && !hasLed) this.#opener?.focus();
  }

  /** What was fetched is not what this reader may see now. */
  #expire() {
    if (this.isOpen) this.close();
    this.#content = null;
  }

  async #fetch() {
    const [response, Content] = await Promise.all([
      request(this.element.dataset.from, { headers: { Accept: "text/html" } }),
      this.load(),
    ]);
    const content = document.createElement("div");
    fill(content, await response.text());
    this.element.replaceChildren(content);
    return new Content(content, this.context);
  }

  #show(isOpen) {
    this.element.hidden = !isOpen;
    document.body.classList.toggle("has-panel", isOpen);
    for (const button of this.buttons) button.ariaExpanded = String(isOpen);
  }
}

/** Replace what an element holds by what the server rendered. */
export function fill(element, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  element.replaceChildren(...[...page.body.childNodes].map((node) => document.importNode(node, true)));
}

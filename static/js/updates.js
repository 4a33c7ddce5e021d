// Puts what the server pushes into the page.

const TERMINAL = new Set(["done", "failed", "cancelled"]);
const PRESSED_MS = 200;

export class Updates {
  #quarter = 0;
  #later = null;

  /** `text` takes what was said; `refresh()` asks for the parts that no push carries. */
  constructor({ text, refresh, onEnd }) {
    Object.assign(this, { text, refresh, onEnd });
    this.status = document.getElementById("status");
    this.state = this.status.firstElementChild.dataset.state;
  }

  apply({ status, title, audio, ...text }) {
    const wasEmpty = this.text.isEmpty;
    this.text.apply(text);
    const isNews = status && status.state !== this.state;
    if (status) this.#showStatus(status);
    if (title) this.#showTitle(title);
    this.#showWaiting();
    const isFirst = wasEmpty && !this.text.isEmpty;
    if (isNews || isFirst || (audio && document.getElementById("player").hidden)) this.refresh();
  }

  #showStatus({ html, state }) {
    clearTimeout(this.#later);
    // What is replaced between a button's way down and up is not clicked.
    if (this.status.matches(":active")) {
      this.#later = setTimeout(() => this.apply({ status: { html, state } }), PRESSED_MS);
      return;
    }
    this.state = state;
    const next = parse(html).body.firstElementChild;
    const focused = this.status.contains(document.activeElement);
    if (next.outerHTML !== this.status.firstElementChild.outerHTML) {
      this.status.replaceChildren(next);
      if (focused) (next.querySelector("button") ?? document.getElementById("content")).focus();
    }
    this.#announce(next);
    const isBare = state === "failed" && this.text.isEmpty && document.getElementById("player").hidden;
    document.getElementById("document").classList.toggle("bare", isBare);
    if (!TERMINAL.has(state)) return;
    document.getElementById("log").ariaLive = "off";
    this.text.clearTail();
    this.onEnd();
  }

  /** Every quarter and the end: more would talk over the text. */
  #announce(status) {
    const quarter = Math.floor(Number(status.dataset.percent) / 25);
    const isEnd = TERMINAL.has(this.state);
    if (!isEnd && quarter <= this.#quarter) return;
    this.#quarter = quarter;
    const said = document.getElementById("progress-said");
    const words = [".state", ".alert, .message"].map((part) => status.querySelector(part)?.textContent.trim());
    said.textContent = words.filter(Boolean).join(". ");
  }

  #showTitle(title) {
    const heading = document.getElementById("title");
    if (heading.textContent === title) return;
    document.title = document.title.replace(heading.textContent, () => title);
    heading.textContent = title;
  }

  #showWaiting() {
    const isWaiting = this.text.isEmpty && !TERMINAL.has(this.state);
    document.getElementById("waiting").hidden = !isWaiting;
  }
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

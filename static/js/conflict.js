/** Asks which of two versions of a segment's text shall stand, or what shall become of the text of one that is gone. */
export class Choice {
  #panel = null;
  #kind = "";
  #theirs = null;
  /** The version that the text here was written over, while another one waits. */
  base = null;

  constructor(element) {
    this.element = element;
  }

  get isOpen() {
    return this.#panel !== null;
  }

  /** Ask for `theirs`, {text, version}, or `yours`, written over `base`; `onChoice(isMine, theirs)` is called once. */
  between(theirs, yours, base, onChoice) {
    this.base ??= base;
    // What was pushed may come later than the answer that told of something newer.
    if (this.#theirs?.version > theirs.version) return;
    this.#theirs = theirs;
    // The panel stays where it is open: a new one under the pointer would swallow a click.
    if (this.#kind !== "conflict") this.#open("conflict", onChoice);
    this.#panel.querySelector(".theirs").textContent = theirs.text;
    this.showYours(yours);
  }

  /** Ask what shall become of `yours`; `onChoice(isMine)` is called once. */
  about(yours, onChoice) {
    this.#open("lost", onChoice);
    this.showYours(yours);
  }

  #open(kind, onChoice) {
    this.#panel?.remove();
    this.#kind = kind;
    this.#panel = document.getElementById(kind).content.firstElementChild.cloneNode(true);
    this.#panel.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-does]");
      if (!button) return;
      const theirs = this.#theirs;
      this.close();
      onChoice(button.dataset.does === "mine", theirs);
    });
    this.element.append(this.#panel);
  }

  showYours(text) {
    if (this.isOpen) this.#panel.querySelector(".yours").textContent = text;
  }

  close() {
    this.#panel?.remove();
    this.#panel = this.#theirs = this.base = null;
    this.#kind = "";
  }
}

/** Shows two versions of a segment's text, or what is left of one that is gone, until one is chosen. */
export class Conflict {
  /** `onChoice(isMine)` is called once. */
  constructor(element, { theirs, yours, kind = "conflict" }, onChoice) {
    const template = document.getElementById(kind);
    this.panel = template.content.firstElementChild.cloneNode(true);
    if (theirs !== undefined) this.panel.querySelector(".theirs").textContent = theirs;
    this.showYours(yours);
    this.panel.addEventListener("click", (event) => {
      const button = event.target.closest("[data-does]");
      if (!button) return;
      this.close();
      onChoice(button.dataset.does === "mine");
    });
    element.append(this.panel);
  }

  showYours(text) {
    this.panel.querySelector(".yours").textContent = text;
  }

  close() {
    this.panel.remove();
  }
}

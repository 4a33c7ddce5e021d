// Who else has this recording open, and at which text.

export class Presence {
  #others = [];
  #sent = null;

  /** `summary` is a status that says who is here; where they are is shown at the texts. */
  constructor(list, live, summary) {
    Object.assign(this, { list, live, summary });
    live.addEventListener("update", ({ detail }) => {
      if (detail.presence) this.#others = detail.presence;
      // A text that was pushed is a new element.
      this.#show();
    });
    live.addEventListener("connection", ({ detail: isConnected }) => {
      this.#sent = null;
      if (isConnected) this.#tell();
      else this.#forget();
    });
    list.addEventListener("focusin", () => this.#tell());
    list.addEventListener("focusout", () => this.#tell());
  }

  #tell() {
    // In the middle of focusout nothing has the focus yet.
    queueMicrotask(() => {
      const at = Number(document.activeElement?.closest(".segment")?.dataset.segment) || null;
      if (at !== this.#sent && this.live.send({ at })) this.#sent = at;
    });
  }

  #forget() {
    this.#others = [];
    this.#show();
  }

  #show() {
    const names = this.#others.map(({ who }) => who).join(", ");
    const sentence = names && `Also here: ${names}`;
    // Announced when somebody comes or goes, not with each step they take.
    if (this.summary.textContent !== sentence) this.summary.textContent = sentence;
    const places = group(this.#others);
    for (const mark of this.list.querySelectorAll(".here")) {
      const at = Number(mark.parentElement.dataset.segment);
      if (!places.has(at)) mark.remove();
    }
    for (const [at, people] of places) this.#mark(at, people.map(({ who }) => who).join(", "));
  }

  #mark(at, names) {
    const segment = at && document.getElementById(`segment-${at}`);
    if (!segment) return;
    const mark = segment.querySelector(".here") ?? segment.appendChild(document.createElement("span"));
    mark.className = "here";
    if (mark.textContent !== names) mark.textContent = names;
  }
}

function group(others) {
  const places = new Map();
  for (const other of others) places.set(other.at, [...(places.get(other.at) ?? []), other]);
  return places;
}

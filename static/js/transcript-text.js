// The text as it comes: settled segments in their places, and after them what may still change.

export class TranscriptText {
  #settled = -1;
  #shown = -1;

  /** `editor` guards what is being edited; the region holds the list, and the tail after it. */
  constructor(region, editor) {
    this.list = region.querySelector(".segments");
    this.tail = region.querySelector(".tail");
    this.editor = editor;
  }

  get isEmpty() {
    return this.list.childElementCount === 0;
  }

  apply({ segments = [], removed = [], withdrawn = removed.length > 0, settled = -1, preview }) {
    removed.forEach((id) => this.editor.remove(id));
    const elements = segments.map(({ html }) => parse(html));
    // First those that are here: their places may have been counted anew to make room.
    for (const element of elements) this.#receive(element);
    for (const element of elements) if (!document.getElementById(element.id)) this.#insert(element);
    // Where text was withdrawn, its place is heard anew.
    this.#settled = withdrawn ? settled : Math.max(this.#settled, settled);
    if (this.#shown <= this.#settled) this.clearTail();
    if (preview && preview.position > this.#settled) this.#preview(preview);
  }

  #receive(element) {
    const old = document.getElementById(element.id);
    if (!old) return;
    old.dataset.position = element.dataset.position;
    this.editor.receive(element);
  }

  /** Show segments as they are after an act of this page's own, whose texts were saved before. */
  put(segments) {
    const pairs = segments.map(({ html }) => parse(html)).map((element) => [element, document.getElementById(element.id)]);
    // As above, before any is put between others.
    for (const [element, old] of pairs) if (old) old.dataset.position = element.dataset.position;
    for (const [element, old] of pairs) if (old) this.editor.editIn(old).take(element);
    for (const [element, old] of pairs) this.#insert(old ?? element);
  }

  #insert(element) {
    const position = Number(element.dataset.position);
    const [before, next] = [element.previousElementSibling, element.nextElementSibling];
    const isBehind = !before || Number(before.dataset.position) < position;
    if (element.parentElement === this.list && isBehind && (!next || Number(next.dataset.position) > position)) return;
    let after = this.list.lastElementChild;
    while (after && (after === element || Number(after.dataset.position) > position)) after = after.previousElementSibling;
    if (after) after.after("\n", element);
    else this.list.prepend(element, "\n");
  }

  #preview({ position, agreed, open }) {
    this.#shown = position;
    this.tail.querySelector(".agreed").textContent = agreed;
    this.tail.querySelector(".open").textContent = open;
    this.tail.hidden = !agreed && !open;
  }

  clearTail() {
    this.tail.hidden = true;
    for (const part of this.tail.children) part.textContent = "";
  }
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector("li");
}

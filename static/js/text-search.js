// Finds words in the text of a page, and walks from place to place.

const FOUND = "found";
const HERE = "found-here";

export class TextSearch {
  #places = [];
  #at = -1;

  constructor(list, form) {
    this.list = list;
    this.field = form.elements.namedItem("q");
    this.buttons = [...form.querySelectorAll("button")];
    this.count = form.querySelector("[data-says=count]");
    this.field.addEventListener("input", () => this.#find());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#walk(1);
    });
    form.querySelector("[data-does=previous]").addEventListener("click", () => this.#walk(-1));
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.shiftKey) return;
      event.preventDefault();
      this.#walk(-1);
    });
  }

  /** The text has changed. */
  refresh() {
    if (this.field.value) this.#find();
  }

  #find() {
    const wanted = fold(this.field.value.trim());
    this.#places = wanted ? [...this.list.querySelectorAll(".text")].flatMap((box) => placesIn(box, wanted)) : [];
    this.#at = -1;
    this.#show();
  }

  #walk(step) {
    const { length } = this.#places;
    if (!length) return;
    const from = this.#at < 0 && step < 0 ? 0 : this.#at;
    this.#at = (from + step + length) % length;
    this.#show();
    const box = this.#places[this.#at].startContainer.parentElement;
    box.scrollIntoView({ block: "center" });
  }

  #show() {
    const { length } = this.#places;
    this.buttons.forEach((button) => { button.hidden = length === 0; });
    if (!this.field.value.trim()) this.count.textContent = "";
    else this.count.textContent = this.#at < 0 ? `${length} found` : `${this.#at + 1} of ${length}`;
    if (!window.Highlight) return;
    CSS.highlights.set(FOUND, new Highlight(...this.#places));
    CSS.highlights.set(HERE, new Highlight(...this.#places.slice(this.#at, this.#at + 1).filter(() => this.#at >= 0)));
  }
}

const folded = new WeakMap();

function placesIn(box, wanted) {
  const node = box.firstChild;
  if (!node) return [];
  if (!folded.has(node)) folded.set(node, fold(node.data));
  const text = folded.get(node);
  const places = [];
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + wanted.length);
    places.push(range);
  }
  return places;
}

/** Return text without its capitals and accents, each character still in its place. */
function fold(text) {
  return [...text].map((letter) => {
    const plain = letter.normalize("NFD")[0].toLowerCase();
    return plain.length === letter.length ? plain : letter;
  }).join("");
}

// Who speaks: assigning, naming and merging speakers. Names are shown in one place for all segments.

import { keyOf } from "./acts.js";
import { nameText } from "./segment-facts.js";

const nameOf = ({ number, name }) => name || `Speaker ${number}`;

export class Speakers {
  #speakers = [];

  constructor(dialog, { list, acts, selection, speakers }) {
    Object.assign(this, { dialog, list, acts, selection });
    this.row = document.getElementById("speaker-row");
    this.rows = dialog.querySelector(".speaker-rows");
    list.addEventListener("click", ({ target }) => target.closest(".speaker") && this.open());
    dialog.addEventListener("click", (event) => this.#click(event));
    dialog.addEventListener("submit", (event) => this.#submit(event));
    acts.addEventListener("answer", ({ detail }) => this.take(detail.speakers));
    this.take(speakers);
  }

  /** Show these speakers' names, and who speaks on. */
  take(speakers) {
    if (!speakers) return;
    this.#speakers = speakers;
    const names = new Map(speakers.map((speaker) => [String(speaker.number), nameOf(speaker)]));
    for (const button of this.list.querySelectorAll(".speaker")) {
      const name = names.get(button.parentElement.dataset.speaker);
      if (!name || button.textContent === name) continue;
      button.textContent = name;
      nameText(button.parentElement);
    }
    this.markTurns();
    if (this.dialog.open) this.#draw();
  }

  /** A name is shown where its turn begins. */
  markTurns() {
    let before;
    for (const segment of this.list.children) {
      const { speaker } = segment.dataset;
      segment.classList.toggle("continued", speaker !== undefined && speaker === before);
      before = speaker;
    }
  }

  open() {
    this.rows.replaceChildren();
    this.#draw();
    this.dialog.showModal();
  }

  /** Give the selected segments, or the current one, to a speaker's number, "new", or null for nobody. */
  async assign(speaker, name) {
    const { targets } = this.selection;
    if (!targets.length) return;
    if (typeof speaker === "number" && !this.#speakers.some(({ number }) => number === speaker)) speaker = "new";
    const facts = { act: "assign", speaker, ...(name ? { name } : {}) };
    if (await this.acts.apply(targets, (segments) => ({ ...facts, segments: segments.map(keyOf) }))) this.selection.clear();
    this.markTurns();
  }

  #draw() {
    const { length } = this.selection.targets;
    const whom = length === 1 ? "the current segment" : `${length} selected segments`;
    this.dialog.querySelector("[data-says=targets]").textContent = length ? `For ${whom}` : "Put the caret into a segment to say who speaks in it.";
    this.#drawRows();
    for (const button of this.dialog.querySelectorAll("[data-does=assign], [data-form=new] button")) button.disabled = length === 0;
  }

  /** Rows that stay are changed in place: somebody may be typing in one while others' changes come. */
  #drawRows() {
    const rows = new Map([...this.rows.children].map((row) => [row.dataset.speaker, row]));
    for (const speaker of this.#speakers) {
      const key = String(speaker.number);
      const row = rows.get(key) ?? this.#newRow(key);
      rows.delete(key);
      this.#fill(row, speaker);
    }
    for (const row of rows.values()) row.remove();
  }

  #newRow(key) {
    const row = this.row.content.firstElementChild.cloneNode(true);
    row.dataset.speaker = key;
    this.rows.append(row);
    return row;
  }

  #fill(row, speaker) {
    const name = nameOf(speaker);
    const title = row.querySelector(".name");
    if (title.textContent !== name) {
      title.textContent = name;
      row.querySelector("kbd").textContent = speaker.number > 9 ? "" : `Alt ${speaker.number}`;
      row.querySelector("summary").ariaLabel = `Rename or merge ${name}`;
      row.querySelector("input").value = name;
    }
    this.#offerOthers(row, speaker);
  }

  #offerOthers(row, speaker) {
    const others = this.#speakers.filter(({ number }) => number !== speaker.number);
    const into = row.querySelector("select");
    const chosen = into.value;
    into.replaceChildren(...others.map((other) => new Option(nameOf(other), other.number)));
    if (others.some(({ number }) => String(number) === chosen)) into.value = chosen;
    into.closest("form").hidden = others.length === 0;
  }

  #click({ target }) {
    const button = target.closest("[data-does=assign]");
    if (!button) return;
    const { speaker } = (button.closest("[data-speaker]") ?? button).dataset;
    this.dialog.close();
    this.assign(speaker ? Number(speaker) : null);
  }

  async #submit(event) {
    const form = event.target;
    const { form: kind } = form.dataset;
    if (!kind) return;
    event.preventDefault();
    const field = form.elements.namedItem("value");
    const value = field.value.trim();
    const number = Number(form.closest("[data-speaker]")?.dataset.speaker);
    if (kind === "new") {
      this.dialog.close();
      field.value = "";
      this.assign("new", value);
      return;
    }
    const act = kind === "rename" ? { act: "rename_speaker", speaker: number, name: value } : { act: "merge_speakers", speaker: number, into: Number(value) };
    if (await this.acts.apply([], () => act)) form.closest("details").open = false;
  }
}

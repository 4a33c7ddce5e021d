// The dialog that takes a segment's start and end as typed times, to move them or to insert a segment.
import { exactClock, secondsOf } from "./times.js";

const ROOM = 2; // seconds of a new segment, where there is so much

export class SegmentTimes {
  #onSubmit = null;

  constructor(dialog, { player, structure }) {
    Object.assign(this, { dialog, player, structure });
    this.fields = ["start", "end"].map((name) => dialog.querySelector(`[name=${name}]`));
    dialog.querySelector("form").addEventListener("submit", (event) => this.#submit(event));
    dialog.addEventListener("click", ({ target }) => {
      const { takes } = target.closest("[data-takes]")?.dataset ?? {};
      if (takes) dialog.querySelector(`[name=${takes}]`).value = exactClock(player.now);
    });
  }

  move(segment) {
    const { start, end } = segment.dataset;
    this.#open("Times of this segment", "Move", [Number(start), Number(end)], (...times) => this.structure.move(segment, ...times));
  }

  /** Ask for the times of a new segment behind `segment`, or of the first. */
  insert(segment) {
    const start = segment ? Number(segment.dataset.end) : 0;
    const next = Number(segment?.nextElementSibling?.dataset.start ?? Infinity);
    const end = next - start > 0.1 ? Math.min(next, start + ROOM) : start + ROOM;
    this.#open("Insert a segment", "Insert", [start, end], (...times) => this.structure.insert(segment, ...times));
  }

  #open(title, verb, times, onSubmit) {
    this.#onSubmit = onSubmit;
    this.dialog.querySelector("h2").textContent = title;
    this.dialog.querySelector("[data-says=verb]").textContent = verb;
    this.fields.forEach((field, i) => { field.value = exactClock(times[i]); });
    this.#complain("");
    this.dialog.showModal();
  }

  #submit(event) {
    const [start, end] = this.fields.map((field) => secondsOf(field.value));
    if (start === null || end === null) this.#complain("Write times like 1:23.50, 1:02:03 or 83.5.");
    else if (end <= start) this.#complain("The end must come after the start.");
    else {
      this.#onSubmit(start, end);
      return;
    }
    event.preventDefault();
  }

  #complain(sentence) {
    this.dialog.querySelector("[role=alert]").textContent = sentence;
    for (const field of this.fields) field.ariaInvalid = sentence !== "";
  }
}

// What is run again, and how.
import { request } from "./http.js";
import { stretchOf } from "./stretch.js";
import { clock, secondsOf } from "./times.js";

export class RerunForm {
  constructor(element, context) {
    Object.assign(this, { element, context });
    this.form = element.querySelector("form");
    this.said = element.querySelector(".rerun-said");
    this.form.addEventListener("change", () => this.#showTimes());
    this.form.addEventListener("submit", (event) => this.#submit(event));
  }

  /** What is selected is what is meant. */
  shown() {
    const { start, end, what, language } = this.form.elements;
    const stretch = stretchOf(this.context);
    start.value = precise(stretch.start);
    end.value = precise(stretch.end);
    if (this.context.selection.targets.length > 0 || !getSelection().isCollapsed) what.value = "stretch";
    this.#showTimes();
    (what.value === "stretch" ? start : language).focus();
  }

  hidden() {}

  #showTimes() {
    const { start, end, what } = this.form.elements;
    const isStretch = what.value === "stretch";
    for (const field of [start, end]) field.disabled = !isStretch;
    this.element.querySelector(".rerun-times").hidden = !isStretch;
  }

  async #submit(event) {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(this.form));
    if (!this.#inSeconds(body)) return;
    this.#say("One moment…");
    try {
      await request(this.form.action, { method: "POST", body });
    } catch (error) {
      this.#say(error.message);
      return;
    }
    this.form.querySelector("button.primary").disabled = true;
    this.#say("It is being transcribed again: its progress is above the text.");
  }

  #inSeconds(body) {
    if (body.get("what") !== "stretch") return true;
    for (const name of ["start", "end"]) {
      const seconds = secondsOf(body.get(name));
      const field = this.form.elements[name];
      field.ariaInvalid = String(seconds === null);
      if (seconds === null) {
        this.#say("This is no time: write it like 1:23, 1:02:03 or 83.");
        field.focus();
        return false;
      }
      body.set(name, seconds);
    }
    return true;
  }

  #say(sentence) {
    this.said.textContent = sentence;
  }
}

/** Return seconds as 1:23.4: a stretch begins and ends within a second. */
function precise(seconds) {
  const tenths = Math.round(seconds * 10);
  return `${clock(Math.floor(tenths / 10))}.${tenths % 10}`;
}

// Checking the text: walks through doubtful words, each heard over and over, and lists what was left out.
import { Refused, postJSON, request } from "./http.js";
import { DoubtMarks } from "./doubt-marks.js";
import { fill } from "./panels.js";
import { mark, rangeIn, reveal } from "./ranges.js";
import { Repeat } from "./repeat.js";

// Seconds heard before and after a doubtful word, and around what was left out.
const AROUND = 0.6;

export class Review {
  constructor(element, { player, editor, list, show, marksUrl }) {
    Object.assign(this, { element, player, editor, show });
    this.repeat = new Repeat(player);
    this.doubt = element.querySelector("[data-shows=doubt]");
    this.dropped = element.querySelector("[data-shows=dropped]");
    element.addEventListener("click", ({ target }) => this.#click(target.closest("button")));
    element.addEventListener("submit", (event) => event.preventDefault());
    this.doubt.addEventListener("keydown", (event) => this.#press(event));
    this.doubt.addEventListener("input", ({ target }) => this.#showVerb(target));
    const toggle = element.querySelector("[data-does=mark]");
    toggle.checked = DoubtMarks.isOn;
    toggle.addEventListener("change", () => DoubtMarks.of(list, marksUrl).turn(toggle.checked));
  }

  shown() {
    this.#begin(false);
  }

  hidden() {
    this.repeat.stop();
    mark("doubt-current", []);
    return false;
  }

  get #form() {
    return this.doubt.querySelector("form");
  }

  /** Show where the word is, and let it be heard, unless nobody asked for it yet. */
  #begin(isHeard = true) {
    const facts = this.#form?.dataset;
    const range = facts && rangeIn(facts.segment, Number(facts.first), Number(facts.last));
    mark("doubt-current", range ? [range] : []);
    const field = this.#form?.elements.text;
    (field ?? this.doubt.querySelector("button") ?? this.element.querySelector("[data-closes-panel]")).focus();
    field?.select();
    if (range) reveal(range);
    if (facts && isHeard) this.#hear(facts);
    else this.repeat.stop();
  }

  #hear({ start, end }) {
    this.repeat.over(Number(start) - AROUND, Number(end) + AROUND);
  }

  #click(button) {
    const does = {
      once: () => this.#settle(false),
      everywhere: () => this.#settle(true),
      skip: () => this.#walk(1),
      previous: () => this.#walk(-1),
      hear: () => this.#hear(this.#form.dataset),
      play: () => this.repeat.once(Number(button.dataset.start) - AROUND, Number(button.dataset.end) + AROUND),
      "put-back": () => this.#putBack(button.dataset),
    };
    does[button?.dataset.does]?.();
  }

  #press(event) {
    if (event.isComposing || event.altKey || !event.target.matches("input")) return;
    const act = {
      Enter: () => this.#settle(event.shiftKey),
      ArrowDown: () => this.#walk(1),
      ArrowUp: () => this.#walk(-1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #showVerb(field) {
    if (field.name !== "text") return;
    const isSame = field.value.trim() === field.dataset.was;
    for (const verb of this.doubt.querySelectorAll("[data-when]")) verb.hidden = (verb.dataset.when === "same") !== isSame;
  }

  async #walk(by) {
    const at = Number(this.#form.dataset.at) + by;
    // The server counts round, from the last to the first; there is nothing before the first.
    const address = `${this.doubt.dataset.from}?at=${Math.max(0, at)}`;
    await this.#do(async () => {
      const response = await request(address, { headers: { Accept: "text/html" } });
      fill(this.doubt, await response.text());
      this.#begin();
    });
  }

  async #settle(isEverywhere) {
    const { segment, word, term, at, group } = this.#form.dataset;
    const { text: { value, dataset }, remember } = this.#form.elements;
    const verdict = {
      segment: Number(segment),
      word: Number(word),
      term,
      at: Number(isEverywhere ? group : at),
      everywhere: isEverywhere,
      ...(value.trim() === dataset.was ? {} : { text: value.trim(), remember: remember.checked }),
    };
    await this.#do(async () => {
      await this.editor.ready();
      const answer = await postJSON(this.doubt.dataset.from, verdict);
      this.show(answer);
      fill(this.doubt, answer.doubt);
      fill(this.element.querySelector("[data-shows=accuracy]"), answer.accuracy);
      this.#say(answer.sentence);
      this.#begin();
    });
  }

  async #putBack({ hypothesis, number }) {
    await this.#do(async () => {
      const wish = { hypothesis: Number(hypothesis), number: Number(number) };
      const answer = await postJSON(this.dropped.dataset.from, wish);
      this.show(answer);
      fill(this.dropped, answer.html);
      (this.dropped.querySelector("button") ?? this.element.querySelector("[data-closes-panel]")).focus();
      this.#say(answer.sentence);
    });
  }

  /** Do one thing at a time, and say why where it was not possible. */
  async #do(act) {
    if (this.isBusy) return;
    this.isBusy = true;
    try {
      await act();
    } catch (error) {
      this.#say(error.message);
      // What was looked at is not there any more: go on with what is.
      if (error instanceof Refused && error.status === 409) this.#reload();
    } finally {
      this.isBusy = false;
    }
  }

  #reload() {
    queueMicrotask(() => this.#form && this.#walk(0));
  }

  #say(sentence) {
    this.element.querySelector("[data-says=review]").textContent = sentence;
  }
}

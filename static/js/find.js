// Find and replace: the server finds, this shows where, and steps through it.
import { Refused, postJSON } from "./http.js";
import { fill } from "./panels.js";
import { mark, rangeIn, reveal } from "./ranges.js";

const TYPING_MS = 200;
// Longer than what was typed takes to be saved.
const EDIT_MS = 1500;

export class Find {
  #ranges = [];
  #hits = [];
  #current = -1;
  #timer = null;
  #asked = 0;
  #asking = null;
  // What was said of an act stays, whatever the text does meanwhile.
  #hasAnswered = false;
  // Where what was replaced in many recordings is taken back.
  #undoUrl = null;

  constructor(element, { editor, list, show }) {
    Object.assign(this, { element, editor, list, show });
    this.form = element.querySelector("form");
    this.said = element.querySelector(".find-said");
    this.found = element.querySelector(".found");
    this.form.addEventListener("input", ({ target }) => {
      this.#hasAnswered = false;
      if (target.name !== "remember") this.#soon(TYPING_MS);
    });
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("keydown", (event) => this.#press(event));
    element.addEventListener("click", ({ target }) => this.#click(target));
    this.changes = new MutationObserver(() => this.form.elements.text.value && this.#soon(EDIT_MS));
  }

  shown() {
    const { text } = this.form.elements;
    const selected = oneLine(getSelection().toString());
    if (selected) text.value = selected;
    text.focus();
    text.select();
    this.changes.observe(this.list, { childList: true, subtree: true, characterData: true });
    this.#search();
  }

  hidden() {
    clearTimeout(this.#timer);
    this.changes.disconnect();
    const range = this.#ranges[this.#current];
    mark("found", []);
    mark("found-current", []);
    return Boolean(range) && select(range);
  }

  get #query() {
    const { text, replacement, case: matchCase, word, regex, everywhere } = this.form.elements;
    return {
      text: text.value,
      replacement: replacement?.value ?? "",
      case: matchCase.checked,
      word: word.checked,
      regex: regex.checked,
      everywhere: everywhere.checked,
    };
  }

  #soon(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#search(), milliseconds);
  }

  /** Resolves when what was asked for last is shown. */
  #search() {
    clearTimeout(this.#timer);
    return (this.#asking = this.#look(++this.#asked));
  }

  async #look(asked) {
    const query = this.#query;
    const answer = query.text ? await this.#ask(this.form.dataset.from, query) : { hits: [], html: "" };
    // What was asked for later is what counts.
    if (asked !== this.#asked) return this.#asking;
    if (!answer || !this.element.checkVisibility()) return null;
    this.#show(answer);
    if (!this.#hasAnswered) this.#say(query.text ? counted(answer, query.everywhere) : "");
  }

  async #ask(url, query) {
    try {
      return await postJSON(url, query);
    } catch (error) {
      this.#say(error.message);
      if (error instanceof Refused) this.#show({ hits: [], html: "" });
      return null;
    }
  }

  #show({ hits, html }) {
    const before = this.#hits[this.#current];
    const pairs = hits.map((hit) => [hit, rangeIn(...hit)]).filter(([, range]) => range);
    this.#hits = pairs.map(([hit]) => hit);
    this.#ranges = pairs.map(([, range]) => range);
    this.#current = before ? this.#hits.findIndex((hit) => hit[0] === before[0] && hit[1] === before[1]) : -1;
    fill(this.found, html);
    mark("found", this.#ranges);
    mark("found-current", this.#ranges.slice(this.#current, this.#current + 1), 1);
  }

  #step(by) {
    const count = this.#ranges.length;
    if (count === 0) return;
    const from = this.#current < 0 && by < 0 ? 0 : this.#current;
    this.#goTo((from + by + count) % count);
  }

  #goTo(index) {
    this.#current = index;
    const range = this.#ranges[index];
    mark("found-current", [range], 1);
    reveal(range);
    this.#hasAnswered = false;
    this.#say(`${index + 1} of ${this.#ranges.length}`);
  }

  #press(event) {
    if (event.key !== "Enter" || event.isComposing || event.target.type === "button") return;
    event.preventDefault();
    if (event.target.name === "replacement") this.#replaceOne();
    else this.#step(event.shiftKey ? -1 : 1);
  }

  #click(target) {
    const does = {
      next: () => this.#step(1),
      previous: () => this.#step(-1),
      one: () => this.#replaceOne(),
      all: () => this.#replace({}),
      undo: () => this.#undo(),
    };
    does[target.closest("[data-does]")?.dataset.does]?.();
    const place = target.closest("button.place")?.dataset;
    const index = this.#hits.findIndex(([id, start]) => id === Number(place?.segment) && start === Number(place.start));
    if (index >= 0) this.#goTo(index);
  }

  /** Replace the hit that is shown, and go to the one after it; without one, only go to the first. */
  async #replaceOne() {
    const index = this.#current;
    const hit = this.#hits[index];
    if (!hit) {
      this.#step(1);
      return;
    }
    const [segment, start] = hit;
    const sentence = await this.#replace({ only: { segment, start }, everywhere: false });
    if (!sentence || this.#hits.length === 0) return;
    // What was written may be found in its turn.
    const isSame = this.#hits[index]?.[0] === segment && this.#hits[index][1] === start;
    this.#goTo((index + (isSame ? 1 : 0)) % this.#hits.length);
    this.#answer(`Replaced. ${this.said.textContent}`);
  }

  /** Replace; return what the server says of it, if it did. */
  #replace(how) {
    const remember = this.form.elements.remember.checked;
    return this.#act(this.form.getAttribute("action"), { ...this.#query, remember, ...how });
  }

  async #undo() {
    // A button that goes lets the focus go to the page's start.
    this.form.elements.text.focus();
    await this.#act(this.#undoUrl, {});
  }

  async #act(url, wish) {
    this.#say("Saving…");
    try {
      await this.editor.ready();
    } catch (error) {
      this.#answer(error.message);
      return null;
    }
    const answer = await this.#ask(url, wish);
    if (!answer) return null;
    this.show(answer);
    this.#undoUrl = answer.undo;
    this.element.querySelector("[data-does=undo]").hidden = !answer.undo;
    await this.#search();
    this.#answer(answer.sentence);
    return answer.sentence;
  }

  #answer(sentence) {
    this.#hasAnswered = true;
    this.#say(sentence);
  }

  #say(sentence) {
    this.said.textContent = sentence;
  }
}

function counted({ count, recordings }, isEverywhere) {
  if (count === 0) return isEverywhere ? "Nothing was found in your recordings." : "Nothing was found.";
  const places = count === 1 ? "1 place" : `${count.toLocaleString("en")} places`;
  if (!isEverywhere) return places;
  return recordings === 1 ? `${places} in 1 recording` : `${places} in ${recordings.toLocaleString("en")} recordings`;
}

function oneLine(text) {
  return text.length > 200 ? "" : text.replace(/\s+/g, " ").trim();
}

/** Leave the reader where the search has led; return whether that is still there. */
function select({ startContainer, startOffset, endContainer, endOffset }) {
  const box = startContainer.parentElement?.closest(".text");
  if (!box?.isConnected) return false;
  box.focus({ preventScroll: true });
  getSelection().setBaseAndExtent(startContainer, startOffset, endContainer, endOffset);
  return true;
}

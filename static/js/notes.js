// The panel with the notes: adds, changes and deletes them, and plays from them.
import { copyText } from "./copy.js";
import { postJSON, request } from "./http.js";
import { fill } from "./panels.js";
import { stretchOf } from "./stretch.js";
import { clock } from "./times.js";

export class Notes {
  #stretch = { start: 0, end: 0 };
  #isOurs = false;

  constructor(element, context) {
    Object.assign(this, { element, context });
    this.list = element.querySelector(".note-list");
    this.form = element.querySelector(".note-form");
    this.said = element.querySelector(".notes-said");
    this.form?.addEventListener("submit", (event) => this.#add(event));
    this.form?.addEventListener("keydown", (event) => this.#press(event));
    this.list.addEventListener("click", ({ target }) => this.#click(target));
    this.aim = () => this.#aim();
    this.look = () => this.#isOurs || this.#load();
  }

  shown() {
    this.#aim();
    document.addEventListener("selectionchange", this.aim);
    this.context.selection.addEventListener("change", this.aim);
    this.context.marks.addEventListener("change", this.look);
    this.form?.elements.text.focus();
  }

  hidden() {
    document.removeEventListener("selectionchange", this.aim);
    this.context.selection.removeEventListener("change", this.aim);
    this.context.marks.removeEventListener("change", this.look);
  }

  /** Show what a new note would be about; while one writes it, it stays. */
  #aim() {
    if (!this.form || this.element.contains(document.activeElement)) return;
    this.#stretch = stretchOf(this.context);
    const { start, end } = this.#stretch;
    const place = this.form.querySelector("[data-says=stretch]");
    place.textContent = clock(start) === clock(end) ? clock(start) : `${clock(start)} to ${clock(end)}`;
  }

  #press(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.form.requestSubmit();
  }

  async #add(event) {
    event.preventDefault();
    const { text } = this.form.elements;
    const answer = await this.#send(this.context.url, { ...this.#stretch, text: text.value });
    if (!answer) return;
    this.#say(text.value.trim() ? "Noted" : "Highlighted");
    text.value = "";
    this.list.querySelector(`[data-note="${answer.id}"]`)?.scrollIntoView({ block: "nearest" });
  }

  #click(target) {
    const note = target.closest("[data-note]");
    const does = {
      play: () => this.context.player.playFrom(Number(note.dataset.start)),
      link: () => this.#copyLink(Number(note.dataset.start)),
      edit: () => this.#edit(note),
      delete: () => this.#delete(note),
    };
    does[target.closest("[data-does]")?.dataset.does]?.();
  }

  async #copyLink(seconds) {
    const link = `${location.origin}${location.pathname}?t=${Math.round(seconds * 10) / 10}`;
    this.#say((await copyText(link)) ? "Link copied" : `The browser does not allow copying: the link is ${link}`);
  }

  #edit(note) {
    const form = document.importNode(this.element.querySelector("template").content, true).firstElementChild;
    const [field, before] = [form.elements.text, note.querySelector(".note-text")];
    field.value = before?.textContent ?? "";
    const close = () => {
      form.remove();
      note.classList.remove("edited");
      note.querySelector("[data-does=edit]").focus();
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(`/notes/${note.dataset.note}/`, { text: field.value }).then((answer) => answer && this.#say("Saved"));
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      if (event.key !== "Escape") return;
      // Only the form closes, not the panel.
      event.stopPropagation();
      close();
    });
    form.querySelector("[data-does=cancel]").addEventListener("click", close);
    note.classList.add("edited");
    note.append(form);
    field.focus();
  }

  async #delete(note) {
    const { start, end } = note.dataset;
    const text = note.querySelector(".note-text")?.textContent ?? "";
    const next = note.nextElementSibling ?? note.previousElementSibling;
    if (!(await this.#send(`/notes/${note.dataset.note}/delete/`, {}))) return;
    this.#offerBack({ start: Number(start), end: Number(end), text });
    const focused = next && this.list.querySelector(`[data-note="${next.dataset.note}"] [data-does=delete]`);
    (focused ?? this.said.querySelector("button")).focus();
  }

  #offerBack(fields) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: "Undo" });
    this.said.replaceChildren("Deleted ", button);
    button.addEventListener("click", async () => {
      if (!(await this.#send(this.context.url, fields))) return;
      this.#say("It is back");
      this.list.querySelector("button")?.focus();
    });
  }

  async #send(url, data) {
    try {
      const answer = await postJSON(url, data);
      fill(this.list, answer.html);
      this.#isOurs = true;
      this.context.marks.set(answer.marks);
      return answer;
    } catch (error) {
      this.#say(error.message);
      return null;
    } finally {
      this.#isOurs = false;
    }
  }

  /** Somebody else, or another tab, changed them. */
  async #load() {
    if (this.list.querySelector("form")) return;
    try {
      const answer = await request(this.context.url, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const { innerHTML } = page.querySelector(".note-list");
      // What is told of one's own act is here already: a new button under the pointer would swallow a click.
      if (innerHTML.trim() !== this.list.innerHTML.trim()) fill(this.list, innerHTML);
    } catch {
      // The connection is lost, which is said already.
    }
  }

  #say(sentence) {
    this.said.textContent = sentence;
  }
}

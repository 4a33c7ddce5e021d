// The title and the language of a recording, which may be changed while it is made.
import { Refused, persist, request } from "./http.js";

export class Details {
  #saved;
  #page = null;
  #saving = Promise.resolve();

  /** `fields` are the title's input and the language's list; `saved` is what the recording began with. */
  constructor(fields, saved, say) {
    this.fields = fields;
    this.#saved = { ...saved };
    this.say = say;
    for (const field of Object.values(fields)) field.onchange = () => this.save();
  }

  /** The server has the recording at `page` now. */
  begin(page) {
    this.#page = page;
    return this.save();
  }

  /** Send what is not saved yet, for as long as it takes. */
  save() {
    this.#saving = this.#saving.then(() => this.#send("title", "rename")).then(() => this.#send("language", "language"));
    return this.#saving;
  }

  async #send(name, act) {
    const value = this.fields[name].value.trim();
    if (!this.#page || value === this.#saved[name] || (name === "title" && !value)) return;
    const body = () => new URLSearchParams({ [name]: value });
    try {
      await persist(() => request(`${this.#page}${act}/`, { method: "POST", body: body() }), ({ message }) => this.say(message));
      this.#saved[name] = value;
      this.say("");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.say(error.message);
    }
  }
}

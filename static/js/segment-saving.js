// Sends the text of a segment that is edited, until the server has it.
import { Refused, backoff, pause, postJSON } from "./http.js";

const SETTLE_MS = 800;
// What a dead line has swallowed is sent again.
const PATIENCE_MS = 15_000;
const GONE = 404;

export class SegmentSaving {
  #timer = null;
  #request = null;
  /** Texts that were sent, and what became of them is not known. */
  #unanswered = new Set();
  isUnderWay = false;

  constructor(edit, endpoint) {
    Object.assign(this, { edit, endpoint });
  }

  /** Whether the server may have this text from here. */
  mayHaveSaved(text) {
    return this.#unanswered.has(text);
  }

  soon() {
    this.stop();
    this.#timer = setTimeout(() => this.begin(), SETTLE_MS);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** Send what is there, for as long as that takes. */
  async begin() {
    const { edit } = this;
    this.stop();
    if (this.isUnderWay || edit.hasConflict || edit.isExpecting) return;
    this.isUnderWay = true;
    for (let attempt = 1; edit.isDirty && !edit.hasConflict; attempt++) {
      const { text } = edit;
      const error = await this.#send(text);
      const isRefused = error instanceof Refused;
      // What was typed since may be taken where that was not.
      if (isRefused && edit.text === text) break;
      if (error && !isRefused) await pause(backoff(attempt, 1000, 30_000));
      else attempt = 0;
    }
    this.isUnderWay = false;
    if (!edit.isDirty && !edit.hasConflict) edit.settle();
  }

  /** Send `text` now, in one attempt. Throws where that does not work, or two versions wait for a choice. */
  async flush(text) {
    const { edit } = this;
    this.stop();
    await this.#request;
    if (edit.hasConflict) throw new Refused("Choose one of the two versions of the text first.", 409);
    const error = text === edit.accepted ? null : await this.#send(text);
    if (error) throw error;
    if (!edit.isBusy) edit.settle();
  }

  #send(text) {
    this.#request = this.#attempt(text);
    return this.#request;
  }

  /** Send the text once; return the error, if there was one. */
  async #attempt(text) {
    const { edit } = this;
    edit.report("Saving…");
    const { version } = edit;
    this.#unanswered.add(text);
    try {
      const options = { keepalive: true, signal: AbortSignal.timeout(PATIENCE_MS) };
      edit.accept(text, await postJSON(`${this.endpoint}${edit.id}/`, { text, version }, options));
      this.#unanswered.clear();
      return null;
    } catch (error) {
      if (error.status === 409 && this.#isOurs(error.body, version)) {
        edit.stand(error.body);
        return this.#attempt(text);
      }
      if (error instanceof Refused) this.#unanswered.delete(text);
      if (error.status === 409 && "text" in error.body) edit.conflictWith(error.body);
      else if (error.status === 409 || error.status === GONE) edit.lose();
      else edit.report(notSaved(error));
      return error;
    }
  }

  /** Whether what stands is nothing to choose between: our own text, or the same one with its times moved. */
  #isOurs({ text, version }, sent) {
    return version > sent && (text === this.edit.accepted || this.mayHaveSaved(text));
  }
}

function notSaved(error) {
  const reason = error instanceof Refused ? error.message : `${error.message} Trying again.`;
  return `Not saved: ${reason[0].toLowerCase()}${reason.slice(1)}`;
}

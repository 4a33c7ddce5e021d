// Sends the text of a segment that is edited, until the server has it.
import { Refused, backoff, pause, postJSON } from "./http.js";

const SETTLE_MS = 800;
const GONE = 404;

export class SegmentSaving {
  #timer = null;
  #request = null;
  /** Whether it is being sent, and the text that was sent last. */
  isUnderWay = false;
  sent = null;

  constructor(edit, endpoint) {
    Object.assign(this, { edit, endpoint });
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
    if (this.isUnderWay || edit.isHeld) return;
    this.isUnderWay = true;
    for (let attempt = 1; edit.isDirty && !edit.hasConflict; attempt++) {
      const error = await this.#send(edit.text);
      if (error instanceof Refused) break;
      if (error) await pause(backoff(attempt, 1000, 30_000));
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
    this.sent = text;
    edit.report("Saving…");
    const { version } = edit;
    try {
      edit.accept(text, await postJSON(`${this.endpoint}${edit.id}/`, { text, version }, { keepalive: true }));
      return null;
    } catch (error) {
      if (error.status === 409 && edit.isSameText(error.body, version)) return this.#attempt(text);
      if (error.status === 409) edit.conflictWith(error.body);
      else if (error.status === GONE) edit.lose();
      else edit.report(notSaved(error));
      return error;
    }
  }
}

function notSaved(error) {
  const reason = error instanceof Refused ? error.message : `${error.message} Trying again.`;
  return `Not saved: ${reason[0].toLowerCase()}${reason.slice(1)}`;
}

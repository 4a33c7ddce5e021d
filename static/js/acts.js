// Sends acts on the transcript one after another, and shows what became of it.
import { postJSON } from "./http.js";

const PATIENCE_MS = 15_000;

export class Acts extends EventTarget {
  #queue = Promise.resolve();

  /** `text` shows segments; `say` tells the reader. */
  constructor(endpoint, { editor, text, say }) {
    super();
    Object.assign(this, { endpoint, editor, text, say });
  }

  /** Resolves when all that was begun is answered. */
  get settled() {
    return this.#queue;
  }

  /**
   * Send what `prepare()` returns once earlier acts are answered; return the answer, or null where it was
   * refused, which the reader is told, after `takeBack()`.
   */
  do(prepare, takeBack = null) {
    const done = this.#queue.then(() => this.#send(prepare, takeBack));
    this.#queue = done;
    return done;
  }

  async #send(prepare, takeBack) {
    try {
      const answer = await postJSON(this.endpoint, await prepare(), { signal: AbortSignal.timeout(PATIENCE_MS) });
      this.dispatchEvent(new CustomEvent("answer", { detail: answer }));
      return answer;
    } catch (error) {
      takeBack?.();
      // Somebody was first: this is what stands now.
      if (error.body?.segments) this.text.apply(error.body);
      this.say(`Not done: ${error.message[0].toLowerCase()}${error.message.slice(1)}`, true);
      return null;
    }
  }

  /**
   * Do the act that `act(segments)` returns on segments whose text is saved before, and show its outcome.
   * One that was split off just now is waited for.
   */
  async apply(segments, act) {
    if (segments.some(isPending)) await this.settled;
    const here = segments.filter((segment) => segment.isConnected && !isPending(segment));
    if (here.length < segments.length) return null;
    const answer = await this.do(async () => {
      await Promise.all(here.map((segment) => this.editor.editIn(segment).flush()));
      return act(here);
    });
    if (answer) this.show(answer);
    return answer;
  }

  /** Undo or redo; all that was typed is saved first, so that it is what is undone. */
  async step(act) {
    const answer = await this.do(async () => {
      await this.editor.flush();
      return { act };
    });
    if (answer) this.show(answer);
    return answer;
  }

  show({ segments, removed, sentence }) {
    for (const id of removed) this.editor.drop(id);
    this.text.put(segments);
    if (sentence) this.say(sentence);
  }
}

/** Whether the server has not told yet what a segment that was split off is called. */
export function isPending(segment) {
  return "pending" in segment.dataset;
}

export function keyOf(segment) {
  return Number(segment.dataset.segment);
}

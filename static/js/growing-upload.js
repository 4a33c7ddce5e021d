// Sends a recording while it grows, by tus 1.0.0: every byte at its offset, in order, for as long as it takes.
import { GrowingBlob } from "./growing-blob.js";
import { Refused, persist, request } from "./http.js";

const TUS = { "Tus-Resumable": "1.0.0" };
const CONTENT_TYPE = "application/offset+octet-stream";
// The least time between two requests: what comes meanwhile goes together.
const PACE_MS = 1000;
// More at once would take a slow line too long to be told from a dead one.
const MOST_BYTES = 1024 * 1024;
const EMPTY = "Nothing was recorded: speak after pressing Record, then press Stop.";
const MISFIT = "What the server has of this recording and what this device has do not fit together any more. What this device has can be saved as a file.";

/** Where everything ends up: {recording, notice}. Tells of "created", "saved" (offset), "unkept", "unreachable", "refused". */
export class GrowingUpload extends EventTarget {
  #sound;
  #isEnded = false;
  #stopping = new AbortController();
  #wake = () => {};
  #unkept = [];
  #keeping = Promise.resolve();

  /**
   * `recording` is what the journal keeps of it, with the tus `metadata`. One that is taken up again has a `url`,
   * and its `data` begins at the byte `base`, of which the server has those before `offset`.
   */
  constructor({ endpoint, limit, journal, recording, data = new Blob(), base = 0, offset = 0 }) {
    super();
    Object.assign(this, { endpoint, limit: Math.min(limit, MOST_BYTES), journal, recording, offset });
    this.#sound = new GrowingBlob(base, data);
    this.kept = this.size;
    this.done = this.#send();
    // Whoever awaits `done` handles its failure; until then the event tells it.
    this.done.catch((error) => this.#stopping.signal.aborted || this.#tell("refused", error));
  }

  /** All that this page has, so that nothing is lost even where the server takes nothing, or loses what it took. */
  get data() {
    return this.#sound.whole(this.recording.metadata.filetype);
  }

  get size() {
    return this.#sound.end;
  }

  /** Take the next part, which ends at so many seconds of the recording. */
  push(part, seconds) {
    this.#sound.push(part);
    this.#unkept.push(part);
    Object.assign(this.recording, { size: this.size, seconds });
    // In order, so that what is kept has no gap.
    this.#keeping = this.#keeping.then(() => this.#keep()).then(() => this.#wake());
  }

  /** Keep all that has come as one piece: with one for each, a slow disk would fall further and further behind. */
  async #keep() {
    const parts = new Blob(this.#unkept.splice(0));
    if (parts.size === 0) return;
    const [offset, end] = [this.kept, this.kept + parts.size];
    try {
      await this.journal.append(this.recording, { offset, end, bytes: await parts.arrayBuffer() });
    } catch (error) {
      this.#tell("unkept", error);
    }
    this.kept = end;
  }

  /** No more parts come: `done` resolves to the address of the recording's page. */
  end() {
    this.#isEnded = true;
    this.#wake();
    return this.done;
  }

  /** Stop for good: once this resolves nothing more is sent or kept. */
  async abort() {
    this.#stopping.abort();
    this.#wake();
    await this.done.catch(() => {});
    await this.#keeping;
  }

  async #send() {
    for (;;) {
      this.#stopping.signal.throwIfAborted();
      if (!this.#isEnded && this.size === this.offset) await this.#more();
      await this.#keeping;
      if (this.size === 0) {
        if (this.#isEnded) throw new Refused(EMPTY, 0);
        continue;
      }
      if (!this.recording.url) await this.#persist(() => this.#create());
      const began = performance.now();
      const answer = await this.#persist(() => this.#patch());
      if (answer) return answer;
      await this.#rest(PACE_MS - (performance.now() - began));
    }
  }

  #more() {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Let parts gather, unless these are the last, or a long way is left to go. */
  async #rest(milliseconds) {
    const until = performance.now() + milliseconds;
    while (!this.#isEnded && this.size - this.offset < this.limit && performance.now() < until) {
      const timer = setTimeout(() => this.#wake(), until - performance.now());
      await this.#more();
      clearTimeout(timer);
    }
  }

  async #create() {
    const pairs = Object.entries(this.recording.metadata).map(([name, value]) => `${name} ${base64(value)}`);
    const headers = { "Upload-Defer-Length": "1", "Upload-Metadata": pairs.join(",") };
    const response = await this.#request(this.endpoint, { method: "POST", headers });
    this.recording.url = response.headers.get("Location");
    this.#stopping.signal.throwIfAborted();
    await this.journal.keep(this.recording).catch((error) => this.#tell("unkept", error));
    this.#tell("created", this.recording.url);
  }

  /**
   * Send what is due; return {recording, notice} once the server has the whole. What this device does not keep yet
   * waits: whoever goes on after this page has no less than the server then.
   */
  async #patch() {
    const { size } = this;
    const body = this.#sound.slice(this.offset, Math.min(this.limit, this.kept - this.offset), CONTENT_TYPE);
    const headers = { "Content-Type": CONTENT_TYPE, "Upload-Offset": String(this.offset) };
    if (this.#isEnded && this.offset + body.size === size) headers["Upload-Length"] = String(size);
    const response = await this.#patched(body, headers);
    if (response) this.#advance(response);
    const recording = response?.headers.get("Stt-Recording");
    // Whoever hears of the end may forget the recording, and nothing may be written after that.
    if (recording) await this.#keeping;
    return recording && { recording, notice: decodeURIComponent(response.headers.get("Stt-Notice") ?? "") };
  }

  async #patched(body, headers) {
    try {
      return await this.#request(this.recording.url, { method: "PATCH", headers, body });
    } catch (error) {
      // An answer was lost on its way: the server knows where to go on.
      if (!(error instanceof Refused && error.status === 409 && error.headers.has("Upload-Offset"))) throw error;
      this.#advance(error);
      return null;
    }
  }

  #request(url, options) {
    const headers = { ...TUS, "Stt-User": this.journal.user, ...options.headers };
    return request(url, { ...options, headers, signal: this.#stopping.signal });
  }

  #advance({ headers }) {
    const offset = Number(headers.get("Upload-Offset"));
    if (offset < this.#sound.base || offset > this.size) throw new Refused(MISFIT, 0);
    this.offset = offset;
    this.recording.saved = this.offset;
    // Where that fails the pieces stay, and are dropped next time.
    this.#keeping = this.#keeping.then(() => this.journal.release(this.recording, this.offset)).catch(() => {});
    this.#tell("saved", this.offset);
  }

  #persist(act) {
    return persist(act, (error) => this.#tell("unreachable", error), this.#stopping.signal);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Return {offset, isComplete} as the server has a recording, or null where it has it no longer. */
export async function standingOf({ url }, user) {
  try {
    const { headers } = await request(url, { method: "HEAD", headers: { ...TUS, "Stt-User": user } });
    const offset = Number(headers.get("Upload-Offset"));
    return { offset, isComplete: headers.get("Upload-Length") === String(offset) };
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return null;
    throw error;
  }
}

function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

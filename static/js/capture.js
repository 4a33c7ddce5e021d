// One recording while it is made: recorded from a mix, kept on this device, and sent.
import { GrowingUpload } from "./growing-upload.js";
import { holdRecording } from "./journal.js";
import { openRecorder } from "./microphone.js";

// What the browser has not handed out yet is lost where it is killed.
const PIECE_MS = 250;

export class Capture {
  #marks = [];
  #savedUntil = 0;

  /** `elapsed` is the clock of the recording. */
  constructor(mix, { endpoint, limit, journal, elapsed, metadata }) {
    Object.assign(this, { elapsed, journal });
    this.recorder = openRecorder(mix.stream);
    const filetype = this.recorder.mimeType.split(";")[0];
    const id = crypto.randomUUID();
    const recording = {
      id, begunAt: Date.now(), metadata: { ...metadata, id, source: "microphone", filetype },
      url: null, size: 0, seconds: 0, saved: 0,
    };
    this.held = holdRecording(recording);
    this.upload = new GrowingUpload({ endpoint, limit, journal, recording });
    this.upload.addEventListener("saved", ({ detail }) => this.#noteSaved(detail));
    this.recorder.addEventListener("dataavailable", ({ data }) => this.#keep(data));
    this.stopped = new Promise((resolve) => this.recorder.addEventListener("stop", resolve));
    this.recorder.start(PIECE_MS);
    // The browser may then not make room at the cost of what is kept here.
    navigator.storage?.persist?.().catch(() => {});
  }

  get recording() {
    return this.upload.recording;
  }

  /** Up to which second the server has it on disk. */
  get savedUntil() {
    return this.#savedUntil;
  }

  /** Seconds that are on this device alone. */
  get unsent() {
    return (this.#marks.at(-1)?.seconds ?? this.#savedUntil) - this.#savedUntil;
  }

  #keep(data) {
    if (data.size === 0) return;
    this.#marks.push({ bytes: this.upload.size + data.size, seconds: this.elapsed.seconds });
    this.upload.push(data, this.elapsed.seconds);
  }

  #noteSaved(offset) {
    this.#savedUntil = this.#marks.findLast(({ bytes }) => bytes <= offset)?.seconds ?? this.#savedUntil;
    this.#marks = this.#marks.filter(({ bytes }) => bytes > offset);
  }

  pause() {
    this.recorder.pause();
    // What was said until now is saved now, not when the recording goes on.
    this.recorder.requestData();
  }

  resume() {
    this.recorder.resume();
  }

  stop() {
    if (this.recorder.state !== "inactive") this.recorder.stop();
  }

  /** Send the rest; return {recording, notice}. What this device kept is forgotten only then. */
  async send() {
    const answer = await this.upload.end();
    await this.journal.forget(this.recording).catch(() => {});
    return answer;
  }

  /** Let another tab have it. */
  async letGo() {
    (await this.held)?.();
  }
}

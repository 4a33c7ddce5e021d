// One file's line: sends it by tus, which resumes after a lost connection and after a reload.
import { csrfToken, refusalFor } from "./http.js";
import { loadTus } from "./tus.js";

const RETRY_DELAYS = [0, 500, 1000, 2000, 4000, 8000, ...Array(360).fill(10_000)];
const PASSING = new Set([0, 408, 409, 423, 429]);
const NO_CONNECTION = "There is no connection to the server: press Retry when it is back, and the upload goes on where it stopped.";

const MIN_PIECE_BYTES = 1024 * 1024;

/** What is lost when the server dies in the middle of a piece is sent again: half a percent of the file. */
const pieceSize = (bytes, limit) => Math.min(limit, Math.max(MIN_PIECE_BYTES, Math.ceil(bytes / 200)));

export class UploadItem {
  constructor(file, options, settings, { onRetry, onCancel }) {
    this.file = file;
    this.options = options;
    this.settings = settings;
    this.element = document.getElementById("upload-item").content.firstElementChild.cloneNode(true);
    this.element.querySelector(".upload-name").textContent = file.name;
    this.progress.setAttribute("aria-label", `Upload of ${file.name}`);
    this.button("retry").addEventListener("click", onRetry);
    this.button("cancel").addEventListener("click", () => {
      this.cancel();
      onCancel();
    });
  }

  get progress() {
    return this.element.querySelector("progress");
  }

  button(name) {
    return this.element.querySelector(`[data-does=${name}]`);
  }

  show(state, message = "") {
    this.element.querySelector(".upload-state").textContent = state;
    const place = this.element.querySelector(".upload-message");
    place.hidden = !message;
    place.textContent = message;
  }

  wait() {
    this.button("retry").hidden = true;
    this.element.classList.remove("failed");
    this.show("Waiting");
  }

  showDone(url, notice) {
    this.element.classList.add("done");
    this.progress.hidden = true;
    this.button("cancel").hidden = true;
    this.button("read").hidden = true;
    Object.assign(this.button("open"), { hidden: false, href: url });
    this.button("open").setAttribute("aria-label", `Open ${this.file.name}`);
    this.show("Sent", notice);
  }

  /** Send the file; return {recording, notice}, or null where it failed or was cancelled. */
  async send() {
    try {
      if (this.file.size === 0) throw new Error("This file is empty: choose one that holds sound.");
      const tus = await loadTus(this.settings.tus);
      return await this.#upload(tus);
    } catch (error) {
      this.#fail(error);
      return null;
    }
  }

  #upload(tus) {
    return new Promise((resolve, reject) => {
      this.cancelled = () => resolve(null);
      this.upload = new tus.Upload(this.file, {
        endpoint: this.settings.endpoint,
        chunkSize: pieceSize(this.file.size, this.settings.limit),
        retryDelays: RETRY_DELAYS,
        removeFingerprintOnSuccess: true,
        metadata: { filename: this.file.name, filetype: this.file.type, source: "upload", ...this.options },
        onUploadUrlAvailable: () => this.#showPage(),
        onBeforeRequest: (request) => request.setHeader("X-CSRFToken", csrfToken()),
        onShouldRetry: (error) => this.#isPassing(error),
        onProgress: (sent, total) => this.#showProgress(sent, total),
        onSuccess: ({ lastResponse }) => resolve(this.#answer(lastResponse)),
        onError: reject,
      });
      this.#start();
    });
  }

  async #start() {
    const [earlier] = await this.upload.findPreviousUploads();
    if (earlier) this.upload.resumeFromPreviousUpload(earlier);
    this.upload.start();
  }

  /** Upload and recording have the same number. */
  get #page() {
    return this.upload.url.replace("/uploads/", "/recordings/") + "/";
  }

  /** The server knows of the recording: its text comes while it is sent. */
  #showPage() {
    Object.assign(this.button("read"), { hidden: false, href: this.#page });
  }

  #answer(response) {
    // A resumed upload that was complete already is answered without it.
    const recording = response.getHeader("Stt-Recording") ?? this.#page;
    return { recording, notice: decodeURIComponent(response.getHeader("Stt-Notice") ?? "") };
  }

  #isPassing(error) {
    const status = error.originalResponse?.getStatus() ?? 0;
    if (status === 0) this.show("No connection, trying again");
    return PASSING.has(status) || status >= 500;
  }

  #showProgress(sent, total) {
    const percent = Math.floor((100 * sent) / total);
    this.progress.value = percent;
    this.show(`${megabytes(sent)} of ${megabytes(total)} MB, ${percent} %`);
  }

  #fail(error) {
    this.element.classList.add("failed");
    this.button("retry").hidden = false;
    this.show("Failed", sentenceOf(error));
  }

  cancel() {
    // Tells the server as well, which removes what it has.
    this.upload?.abort(true).catch(() => {});
    this.cancelled?.();
  }
}

function sentenceOf(error) {
  if (!("originalRequest" in error)) return error.message;
  const response = error.originalResponse;
  if (!response?.getStatus()) return NO_CONNECTION;
  try {
    return JSON.parse(response.getBody()).error;
  } catch {
    return refusalFor(response.getStatus());
  }
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}

// One file's line: sends it by tus, which resumes after a lost connection and after a reload.
import { SIGNED_OUT, csrfToken, refusalFor } from "./http.js";
import { loadTus } from "./tus.js";

const RETRY_DELAYS = [0, 500, 1000, 2000, 4000, 8000, ...Array(360).fill(10_000)];
const PASSING = new Set([0, 408, 423, 429]);
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

  show(state, message = "", isSignedOut = false) {
    this.button("signin").hidden = !isSignedOut;
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
        fingerprint: (file) => Promise.resolve(this.#fingerprint(file)),
        metadata: this.#metadata,
        onUploadUrlAvailable: () => this.#showPage(),
        onBeforeRequest: (request) => this.#sign(request),
        onAfterResponse: checkResumption,
        onShouldRetry: (error) => this.#isPassing(error),
        onProgress: (sent, total) => this.#showProgress(sent, total),
        onSuccess: ({ lastResponse }) => resolve(this.#answer(lastResponse)),
        onError: reject,
      });
      this.#start();
    });
  }

  /** By the id the server knows a beginning again whose answer was lost. */
  get #metadata() {
    const { name, type } = this.file;
    return { id: randomId(), filename: name, filetype: type, source: "upload", ...this.options };
  }

  /** What one account has begun is none of another's business. */
  #fingerprint({ name, type, size, lastModified }) {
    return ["sttweb", this.settings.user, name, type, size, lastModified].join("/");
  }

  /** Whoever signs in meanwhile is not to get the file. */
  #sign(request) {
    request.setHeader("X-CSRFToken", csrfToken());
    request.setHeader("Stt-User", this.settings.user);
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
    const response = responseTo(error);
    const status = response?.getStatus() ?? 0;
    if (status === 0) this.show("No connection, trying again");
    const isSignedOut = meansSignedOut(response);
    if (isSignedOut) this.show("Not signed in", reasonIn(response) ?? SIGNED_OUT, true);
    // Another sender was faster; else it is for good.
    const isOvertaken = status === 409 && response.getHeader("Upload-Offset");
    return isSignedOut || isOvertaken || PASSING.has(status) || status >= 500;
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

/** The client would send all of a file again where it is not told how far the server has it. */
class NotResumed extends Error {
  constructor(response) {
    super();
    this.response = response;
  }
}

function checkResumption(request, response) {
  const status = response.getStatus();
  // One that is gone is sent anew.
  const isAnswer = (status >= 200 && status < 300) || status === 404;
  if (request.getMethod() === "HEAD" && !isAnswer) throw new NotResumed(response);
}

/** Browsers make UUIDs for secure pages alone. */
function randomId() {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((number) => number.toString(36)).join("-");
}

function responseTo({ originalResponse, causingError }) {
  return originalResponse ?? (causingError instanceof NotResumed ? causingError.response : null);
}

/** A 403 without a reason of ours is the token's, which went with the session's cookies. */
function meansSignedOut(response) {
  const status = response?.getStatus();
  return status === 401 || (status === 403 && !reasonIn(response));
}

function reasonIn(response) {
  try {
    return JSON.parse(response.getBody()).error;
  } catch {
    return null;
  }
}

function sentenceOf(error) {
  if (!("originalRequest" in error)) return error.message;
  const response = responseTo(error);
  if (!response?.getStatus()) return NO_CONNECTION;
  return reasonIn(response) ?? refusalFor(response.getStatus());
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0);
}

// Keeps an open page what a reload would show: pulls events by number, and reconnects.
import { backoff, pause } from "./http.js";

// The server closes with this where there is no such recording for this user, or no longer.
const GONE = 4404;
const CALM_MS = 1500;

export class Live extends EventTarget {
  #since;
  #attempt = 0;
  #isOver = false;

  constructor(path, since, role = "") {
    super();
    this.path = path;
    // What the page takes its reader to be, where it shows different things to different ones.
    this.role = role;
    this.#since = since;
    this.#connect();
  }

  /** Say something to the server; return whether there was a connection to say it over. */
  send(message) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  close() {
    this.#isOver = true;
    this.socket.close();
  }

  #connect() {
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${this.path}?since=${this.#since}&role=${this.role}`);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.#attempt = 0;
      this.#tell("connection", true);
    });
    socket.addEventListener("message", ({ data }) => {
      const update = JSON.parse(data);
      this.#since = update.number ?? this.#since;
      this.role = update.role ?? this.role;
      this.#tell("update", update);
    });
    socket.addEventListener("close", ({ code }) => this.#lose(code));
  }

  async #lose(code) {
    if (this.#isOver) return;
    if (code === GONE) {
      this.#tell("gone");
      return;
    }
    this.#attempt += 1;
    this.#tell("connection", false);
    await pause(backoff(this.#attempt));
    if (!this.#isOver) this.#connect();
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** Say that the connection is lost, once it is lost for longer than a moment. */
export function showConnection(live, element) {
  let timer = null;
  live.addEventListener("connection", ({ detail: isConnected }) => {
    clearTimeout(timer);
    timer = null;
    if (isConnected) element.textContent = "";
    else timer = setTimeout(() => { element.textContent = "Reconnecting…"; }, element.textContent ? 0 : CALM_MS);
  });
  live.addEventListener("gone", () => {
    element.textContent = "This recording is no longer here: it was deleted in another place.";
  });
}

// Keeps an open page what a reload would show: pulls events by number, and reconnects.
import { backoff, pause } from "./http.js";

// The server closes with this where there is no such recording for this user, or no longer.
const GONE = 4404;
// And with this where nobody is signed in, or another user than the page's.
const SIGNED_OUT = 4401;
const CALM_MS = 1500;
// The server refuses a connection only once it is open.
const SETTLED_MS = 1000;

export class Live extends EventTarget {
  #since;
  #attempt = 0;
  #isOver = false;
  #settling = null;

  constructor(path, since, { role = "", user = "" } = {}) {
    super();
    Object.assign(this, { path, user });
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
    const asked = new URLSearchParams({ since: this.#since, role: this.role, user: this.user });
    const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${this.path}?${asked}`);
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.#settling = setTimeout(() => this.#settle(), SETTLED_MS);
    });
    socket.addEventListener("message", ({ data }) => {
      if (this.#settling) this.#settle();
      const update = JSON.parse(data);
      this.#since = update.number ?? this.#since;
      this.role = update.role ?? this.role;
      this.#tell("update", update);
    });
    socket.addEventListener("close", ({ code }) => this.#lose(code));
  }

  #settle() {
    clearTimeout(this.#settling);
    this.#settling = null;
    this.#attempt = 0;
    this.#tell("connection", true);
  }

  async #lose(code) {
    clearTimeout(this.#settling);
    this.#settling = null;
    if (this.#isOver) return;
    if (code === GONE) {
      this.#tell("gone");
      return;
    }
    this.#attempt += 1;
    this.isSignedOut = code === SIGNED_OUT;
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
    const sentence = live.isSignedOut ? "Sign in as before, in another tab: then the text goes on." : "Reconnecting…";
    if (isConnected) element.textContent = "";
    else timer = setTimeout(() => { element.textContent = sentence; }, element.textContent ? 0 : CALM_MS);
  });
  live.addEventListener("gone", () => {
    element.textContent = "This recording is no longer here: it was deleted in another place.";
  });
}

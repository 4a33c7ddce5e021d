// Replaces parts of the page, each an element with an id, by what the server shows now.
import { request } from "./http.js";

export class Parts {
  #isLoading = false;
  #isStale = false;
  /** Each part as the server last showed it: what the page has made of it since is no news. */
  #shown = new Map();

  /** `ids` may change at any time; `onReplaced(id)` is told of each that did. Make it before these are taken up. */
  constructor(ids, onReplaced) {
    this.ids = ids;
    this.onReplaced = onReplaced;
    for (const id of ids) this.#shown.set(id, document.getElementById(id)?.outerHTML);
  }

  async refresh() {
    this.#isStale = true;
    if (this.#isLoading) return;
    this.#isLoading = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#load();
    }
    this.#isLoading = false;
  }

  async #load() {
    try {
      const response = await request(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      this.ids.forEach((id) => this.#replace(document.getElementById(id), page.getElementById(id)));
    } catch {
      // The connection is lost, which is said already; the next change asks again.
    }
  }

  #replace(old, fresh) {
    if (!fresh || this.#shown.get(fresh.id) === fresh.outerHTML) return;
    Object.assign(old.dataset, fresh.dataset);
    // What is in use stays: the player that plays, the link under the focus.
    if (old.contains(document.activeElement) || isPlayed(old.querySelector("audio, video"))) return;
    this.#shown.set(fresh.id, fresh.outerHTML);
    // A media element loads only where it was made by this document.
    old.replaceWith(document.importNode(fresh, true));
    this.onReplaced(fresh.id);
  }
}

function isPlayed(media) {
  return Boolean(media) && (!media.paused || media.currentTime > 0);
}

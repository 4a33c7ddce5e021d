// The list of recordings: rows that are not finished are asked for again until they are.
import { request } from "./http.js";

const EVERY_MS = 2000;

export class Rows {
  #timer = null;

  constructor(list, endpoint) {
    this.list = list;
    this.endpoint = endpoint;
    document.addEventListener("visibilitychange", () => this.#schedule(0));
    this.#schedule(EVERY_MS);
  }

  get #active() {
    return [...this.list.querySelectorAll("[data-active]")].map((row) => row.dataset.recording);
  }

  /** Another list takes this one's place. */
  watch(list) {
    this.list = list;
    this.#schedule(EVERY_MS);
  }

  async add(id) {
    document.getElementById("history").hidden = false;
    await this.#refresh([id]);
    this.#schedule(EVERY_MS);
  }

  #schedule(delay) {
    clearTimeout(this.#timer);
    if (document.hidden || this.#active.length === 0) return;
    this.#timer = setTimeout(async () => {
      // Recordings come out of an archive: the list itself changes.
      if (this.list.querySelector("[data-active][data-archive]")) await this.#reload();
      else await this.#refresh(this.#active);
      this.#schedule(EVERY_MS);
    }, delay);
  }

  async #reload() {
    try {
      const response = await request(location.href, { headers: { Accept: "text/html" } });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      this.list.replaceChildren(...document.importNode(page.getElementById(this.list.id), true).children);
    } catch {
      // Shown as it was; the next round tells.
    }
  }

  async #refresh(ids) {
    const url = new URL(this.endpoint, location.href);
    for (const id of ids) url.searchParams.append("id", id);
    try {
      const response = await request(url);
      const { rows } = await response.json();
      for (const id of ids) this.#replace(id, rows[id]);
    } catch {
      // Shown as it was; the next round tells.
    }
  }

  #replace(id, html) {
    const old = document.getElementById(`row-${id}`);
    // What is replaced between a button's way down and up is not clicked.
    if (old?.matches(":active")) return;
    if (!html) {
      old?.remove();
      return;
    }
    const row = new DOMParser().parseFromString(html, "text/html").querySelector("li");
    const [picked, pick] = [old?.querySelector(".row-pick"), row.querySelector(".row-pick")];
    if (picked?.checked && pick) pick.checked = true;
    if (!old) {
      this.list.prepend(row);
      return;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.replaceWith(row);
    // The focus stays where it was, as far as that is still there.
    const again = focused?.dataset.action && row.querySelector(`[data-action=${focused.dataset.action}]`);
    if (focused) (again || row.querySelector("a")).focus();
  }
}

// Marks the segment that is heard, and keeps it in view until the reader scrolls.

const SCROLL_KEYS = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"]);
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

export class Follower {
  #current = null;
  #isFollowing = true;

  constructor(list, player, jump) {
    this.list = list;
    this.player = player;
    this.jump = jump;
    player.addEventListener("time", ({ detail }) => {
      this.#mark(segmentAt(list.children, detail));
      this.#showJump();
    });
    jump.addEventListener("click", () => this.#follow());
    for (const name of ["wheel", "touchmove"]) addEventListener(name, () => this.#letGo(), { passive: true });
    addEventListener("keydown", ({ key }) => SCROLL_KEYS.has(key) && this.#letGo());
    // Text that moves away under the caret cannot be edited.
    list.addEventListener("focusin", (event) => event.target.matches(".text") && this.#letGo());
    list.addEventListener("click", (event) => {
      const button = event.target.closest(".at");
      if (!button) return;
      player.playFrom(Number(button.closest(".segment").dataset.start));
      this.#isFollowing = true;
      this.#showJump();
    });
  }

  #mark(element) {
    if (element === this.#current && element?.isConnected !== false) return;
    this.#current?.removeAttribute("aria-current");
    this.#current = element;
    element?.setAttribute("aria-current", "true");
    if (this.#isFollowing && this.player.isPlaying) this.#reveal();
  }

  #reveal() {
    const box = this.#current?.getBoundingClientRect();
    if (!box || (box.top > 96 && box.bottom < innerHeight - 160)) return;
    this.#current.scrollIntoView({ block: "center", behavior: CALM.matches ? "auto" : "smooth" });
  }

  #follow() {
    this.#isFollowing = true;
    this.#current?.scrollIntoView({ block: "center", behavior: CALM.matches ? "auto" : "smooth" });
    this.#showJump();
  }

  #letGo() {
    if (!this.player.isPlaying) return;
    this.#isFollowing = false;
    this.#showJump();
  }

  #showJump() {
    this.jump.hidden = this.#isFollowing || !this.#current || !this.player.isPlaying;
  }
}

/** Return the last segment that has begun at `seconds`, or null before the first. */
export function segmentAt(segments, seconds) {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Number(segments[middle].dataset.start) <= seconds + 0.01) low = middle + 1;
    else high = middle;
  }
  return segments[low - 1] ?? null;
}

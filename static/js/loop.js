// Plays the current segment, or the selected ones, over and over.

export class Loop {
  #bounds = null;

  /** `bounds()` returns the [start, end] to repeat, or null where there are none. */
  constructor(player, bounds) {
    Object.assign(this, { player, bounds });
    player.addEventListener("time", ({ detail }) => this.#turn(detail));
    player.addEventListener("bound", () => this.set(null));
  }

  toggle() {
    this.set(this.#bounds ? null : this.bounds());
    if (!this.#bounds) return;
    const [start, end] = this.#bounds;
    const { now } = this.player;
    if (now < start || now >= end) this.player.seek(start);
    this.player.play();
  }

  set(bounds) {
    this.#bounds = bounds;
    const button = this.player.element.querySelector("[data-does=loop]");
    if (button) button.ariaPressed = Boolean(bounds);
  }

  #turn(now) {
    if (!this.#bounds) return;
    const [start, end] = this.#bounds;
    if (now >= end && now < end + 1 && this.player.isPlaying) this.player.seek(start);
    // Whoever went elsewhere has left the loop.
    else if (now < start - 1 || now > end + 1) this.set(null);
  }
}

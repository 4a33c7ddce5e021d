// Plays a stretch of the sound, once or over and over.

export class Repeat {
  #bounds = null;

  constructor(player) {
    this.player = player;
    player.addEventListener("time", ({ detail }) => this.#turn(detail));
  }

  over(start, end) {
    this.#play([Math.max(0, start), end], false);
  }

  once(start, end) {
    this.#play([Math.max(0, start), end], true);
  }

  stop() {
    if (this.#bounds && this.player.isPlaying) this.player.toggle();
    this.#bounds = null;
  }

  #play(bounds, isOnce) {
    this.#bounds = bounds;
    this.isOnce = isOnce;
    this.player.playFrom(bounds[0]);
  }

  #turn(now) {
    if (!this.#bounds) return;
    const [start, end] = this.#bounds;
    // Whoever went elsewhere has left it.
    if (now < start - 1 || now > end + 1) this.#bounds = null;
    else if (now >= end && this.isOnce) this.stop();
    else if (now >= end && this.player.isPlaying) this.player.seek(start);
  }
}

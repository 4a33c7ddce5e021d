// Plays a stretch of the sound, once or over and over, until somebody goes elsewhere.

// Seconds of a stretch that has no length, which would be repeated without a pause.
const SHORTEST = 0.2;

export class Repeat {
  #bounds = null;
  #isOnce = false;

  /** `onChange()` is called when it begins and ends. */
  constructor(player, onChange = () => {}) {
    Object.assign(this, { player, onChange });
    player.addEventListener("sought", ({ detail }) => this.#letGo(detail));
    player.addEventListener("time", ({ detail }) => this.#turn(detail));
    player.addEventListener("ended", () => this.#bounds && this.#end());
    player.addEventListener("bound", () => this.leave());
  }

  get isOn() {
    return this.#bounds !== null;
  }

  over(start, end) {
    this.#play([Math.max(0, start), end], false);
  }

  once(start, end) {
    this.#play([Math.max(0, start), end], true);
  }

  stop() {
    if (this.isOn) this.player.pause();
    this.leave();
  }

  /** Let the sound go on as it is. */
  leave() {
    this.#set(null);
  }

  /** Repeat a stretch from where the sound is, if that is in it. */
  around(start, end) {
    const { now } = this.player;
    this.#play([start, end], false, now >= start && now < end ? now : start);
  }

  #play([start, end], isOnce, from = start) {
    this.#isOnce = isOnce;
    this.#set([start, Math.max(end, start + SHORTEST)]);
    this.player.playFrom(from);
  }

  #set(bounds) {
    this.#bounds = bounds;
    this.onChange();
  }

  #letGo(now) {
    if (!this.#bounds) return;
    const [start, end] = this.#bounds;
    if (now < start - 1 || now > end + 1) this.leave();
  }

  /** However far behind the end the sound is: a busy page hears of it late. */
  #turn(now) {
    if (this.#bounds && now >= this.#bounds[1] && (this.#isOnce || this.player.isPlaying)) this.#end();
  }

  /** Come to the end of the stretch, or of the sound, which pauses there. */
  #end() {
    if (this.#isOnce) this.stop();
    else this.player.playFrom(this.#bounds[0]);
  }
}

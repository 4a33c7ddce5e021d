// The button and the key that play the current segment, or the selected ones, over and over.
import { Repeat } from "./repeat.js";

export class Loop {
  /** `bounds()` returns the [start, end] to repeat, or null where there are none. */
  constructor(player, bounds) {
    Object.assign(this, { player, bounds });
    this.repeat = new Repeat(player, () => this.#show());
  }

  toggle() {
    const bounds = this.repeat.isOn ? null : this.bounds();
    if (bounds) this.repeat.around(...bounds);
    else this.repeat.leave();
  }

  #show() {
    const button = this.player.element.querySelector("[data-does=loop]");
    if (button) button.ariaPressed = this.repeat.isOn;
  }
}

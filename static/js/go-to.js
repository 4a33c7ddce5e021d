// Going to a time that is typed, or that a link names, and the links that name it.
import { copyText } from "./copy.js";
import { segmentAt } from "./follow.js";
import { secondsOf } from "./times.js";

export class GoTo {
  constructor(dialog, player, list) {
    Object.assign(this, { dialog, player, list });
    this.field = dialog.querySelector("input");
    dialog.querySelector("form").addEventListener("submit", (event) => this.#submit(event));
  }

  /** Go to the moment that the page's address names, if it names one. */
  followLink() {
    const linked = secondsOf(new URLSearchParams(location.search).get("t") ?? "");
    if (linked !== null) this.go(linked);
  }

  open() {
    this.#complain("");
    this.dialog.showModal();
    this.field.select();
  }

  #submit(event) {
    const seconds = secondsOf(this.field.value);
    if (seconds !== null) this.go(seconds);
    else {
      event.preventDefault();
      this.#complain("This is no time: write it like 1:23, 1:02:03 or 83.");
    }
  }

  #complain(sentence) {
    this.dialog.querySelector("[role=alert]").textContent = sentence;
    this.field.ariaInvalid = sentence !== "";
  }

  go(seconds) {
    this.player.seek(seconds);
    segmentAt(this.list.children, seconds)?.scrollIntoView({ block: "center" });
  }

  /** Copy a link to `seconds` of this recording; return whether that worked. */
  copyLink(seconds) {
    return copyText(`${location.origin}${location.pathname}?t=${Math.round(seconds * 10) / 10}`);
  }
}

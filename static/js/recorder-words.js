// What the recorder says: its phase, what is saved, what is the matter.
import { SignedOut } from "./http.js";
import { offerFile } from "./rescue.js";
import { clock } from "./times.js";

// Which buttons each phase shows.
const BUTTONS = {
  idle: ["record"],
  asking: ["record"],
  recording: ["stop", "pause"],
  paused: ["stop", "resume"],
  sending: ["stop"],
};
const SAID = { recording: "Recording", paused: "Paused", sending: "Sending the rest" };
const IN_FRONT = "Keep this page in front: phones stop recording in the background.";
const WARNINGS = {
  silence: "Nothing is heard: is this the right microphone, and is it switched on?",
  mute: "The system has muted the microphone.",
  lost: "The microphone is gone, so the recording pauses; what was said is kept. Plug it in again or choose another one, then press Resume.",
  computer: "This computer's sound is not shared any more; the microphone is still recorded.",
  full: "This device has no room to keep a copy of the recording: stay connected, and leave this page open until it is saved.",
  unkept: "This browser keeps no copy of the recording, as in private windows: stay connected, and leave this page open until it is saved.",
};
const GOES_ON = "Nothing is lost: the recording goes on, and this device keeps it.";
// What is on its way anyway is not worth a word.
const USUAL_SECONDS = 3;

export class RecorderWords {
  #warnings = {};

  constructor(element) {
    this.element = element;
    if (/iPhone|iPad|Android/.test(navigator.userAgent)) this.say("hint", IN_FRONT);
  }

  place(name) {
    return this.element.querySelector(`[data-says=${name}]`);
  }

  say(name, sentence) {
    const place = this.place(name);
    if (place.textContent !== sentence) place.textContent = sentence;
  }

  enter(phase) {
    const hadFocus = this.element.contains(document.activeElement);
    this.element.dataset.phase = phase;
    for (const button of this.element.querySelectorAll("[data-does]")) {
      button.hidden = !BUTTONS[phase].includes(button.dataset.does);
      button.disabled = phase === "asking" || phase === "sending";
    }
    const isIdle = phase === "idle" || phase === "asking";
    this.element.querySelector(".recorder-title").hidden = isIdle;
    this.element.querySelector(".computer-sound").hidden = !isIdle || !navigator.mediaDevices?.getDisplayMedia;
    this.say("phase", SAID[phase] ?? "");
    // A button that hides takes the focus with it.
    if (hadFocus && !document.activeElement.checkVisibility()) this.element.querySelector("[data-does]:not([hidden], :disabled)")?.focus();
  }

  /** Show the warnings that stand, since none is less true for another; an empty sentence withdraws one. */
  warn(kind, sentence) {
    this.#warnings[kind] = sentence;
    const standing = Object.values(this.#warnings).filter(Boolean).join(" ");
    this.place("warning").hidden = !standing;
    this.say("warning", standing);
  }

  warnOf(kind, isSo) {
    this.warn(kind, isSo ? WARNINGS[kind] : "");
  }

  fail(sentence) {
    const place = this.place("alert");
    place.className = sentence ? "alert" : "";
    place.textContent = sentence;
  }

  showSaved(savedUntil, unsent) {
    this.say("saved", savedUntil > 0 ? `saved to ${clock(savedUntil)}` : "");
    const isWaiting = unsent >= USUAL_SECONDS;
    this.say("unsent", isWaiting ? `on this device, not yet sent: ${clock(unsent)}` : "");
  }

  forgetSaved() {
    this.showSaved(0, 0);
    this.reached();
    Object.keys(this.#warnings).forEach((kind) => this.warn(kind, ""));
  }

  unreachable(error) {
    this.warn("unsent", `${error.message} ${GOES_ON}`);
    this.place("signin").hidden = !(error instanceof SignedOut);
  }

  reached() {
    this.warn("unsent", "");
    this.place("signin").hidden = true;
  }

  /** Offer what the page holds as a file, where the server would not take it. */
  rescue(upload) {
    offerFile(this.place("rescue"), upload?.data, upload?.recording.metadata.filetype);
  }
}

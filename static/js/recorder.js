// The recorder on the home page: its buttons, and what it says. What is recorded is sent while it is recorded.
import { Capture } from "./capture.js";
import { Details } from "./details.js";
import { Elapsed } from "./elapsed.js";
import { hold, release, releaseAll } from "./guard.js";
import { LiveText } from "./live-text.js";
import { Meter } from "./meter.js";
import { remedyFor } from "./microphone.js";
import { Microphones } from "./microphones.js";
import { Mix } from "./mix.js";
import { leaveNotice } from "./notice.js";
import { chosenOptions } from "./options.js";
import { RecorderWords } from "./recorder-words.js";
import { keepAwake, letSleep } from "./wake-lock.js";

const TITLE_DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
// Longer than this the last changes of a title do not hold up the end of the recording.
const PATIENCE_MS = 3000;

export class RecorderPanel {
  constructor(element, { endpoint, limit, journal }) {
    Object.assign(this, { element, endpoint, limit, journal });
    this.words = new RecorderWords(element);
    this.elapsed = new Elapsed(element.querySelector(".elapsed"));
    this.meter = new Meter(element.querySelector(".meter"), { onSilence: (isSilent) => this.words.warnOf("silence", isSilent) });
    this.title = element.querySelector("#recording-title");
    this.computer = element.querySelector("#computer-sound");
    this.microphones = new Microphones(element.querySelector(".microphones"), {
      onChange: () => this.mix?.has("microphone") && this.changeMicrophone(),
    });
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-does]");
      if (button) this[button.dataset.does]();
    });
    this.words.enter("idle");
  }

  async record() {
    this.words.fail("");
    this.words.rescue(null);
    this.words.enter("asking");
    const mix = new Mix();
    try {
      // First, for the browser's dialog has to follow the click.
      if (this.computer.checked) await mix.openComputerSound();
      await mix.openMicrophone(this.microphones.chosen);
      await mix.running();
      this.listen(mix);
    } catch (error) {
      mix.stop();
      this.words.enter("idle");
      this.words.fail(remedyFor(error));
    }
  }

  listen(mix) {
    this.mix = mix;
    this.title.value = `Recording, ${TITLE_DATE.format(new Date())}`;
    const { endpoint, limit, journal, elapsed } = this;
    const metadata = { ...chosenOptions(), title: this.title.value };
    this.capture = new Capture(mix, { endpoint, limit, journal, elapsed, metadata });
    const fields = { title: this.title, language: document.getElementById("language") };
    this.details = new Details(fields, metadata, (sentence) => this.words.warn("details", sentence));
    this.capture.stopped.then(() => this.finish());
    this.watchUpload(this.capture.upload);
    this.watchMix(mix);
    this.microphones.show();
    this.meter.start(mix.output);
    this.elapsed.start();
    keepAwake();
    hold("recording");
    this.words.enter("recording");
  }

  watchUpload(upload) {
    const on = (name, act) => upload.addEventListener(name, ({ detail }) => act(detail));
    on("created", (url) => this.begin(url.split("/").at(-1)));
    on("saved", () => {
      this.words.reached();
      this.showSaved();
    });
    on("unreachable", (error) => this.words.unreachable(error));
    on("unkept", ({ name }) => this.words.warnOf(name === "QuotaExceededError" ? "full" : "unkept", true));
    // Recording goes on all the same.
    on("refused", (error) => this.words.fail(error.message));
    this.showing = setInterval(() => this.showSaved(), 500);
  }

  watchMix(mix) {
    mix.addEventListener("lost", ({ detail }) => {
      if (detail === "computer") this.words.warnOf("computer", true);
      else this.loseMicrophone();
    });
    const showMute = () => this.words.warnOf("mute", mix.isMuted);
    mix.addEventListener("mute", showMute);
    showMute();
  }

  /** The server knows of the recording: its text comes, and it can be named. */
  begin(id) {
    this.details.begin(`/recordings/${id}/`);
    this.text = new LiveText(document.getElementById("live"), id, this.journal.user);
  }

  showSaved() {
    const { savedUntil, unsent } = this.capture;
    this.words.showSaved(savedUntil, unsent);
  }

  loseMicrophone() {
    if (this.element.dataset.phase === "recording") this.pause();
    this.words.warnOf("lost", true);
    this.microphones.show();
  }

  async changeMicrophone() {
    try {
      await this.mix.openMicrophone(this.microphones.chosen);
      this.words.warnOf("lost", false);
      this.words.warnOf("mute", this.mix.isMuted);
      this.words.fail("");
      return true;
    } catch (error) {
      this.words.fail(remedyFor(error));
      return false;
    }
  }

  pause() {
    this.capture.pause();
    this.elapsed.stop();
    this.meter.rest();
    this.words.warnOf("silence", false);
    this.words.enter("paused");
  }

  async resume() {
    if (!this.mix.has("microphone") && !(await this.changeMicrophone())) return;
    this.capture.resume();
    this.elapsed.start();
    this.meter.resume();
    this.words.enter("recording");
  }

  stop() {
    // The last of the sound may take a while to come; it ends here all the same.
    this.elapsed.stop();
    this.capture.stop();
  }

  /** The recorder has ended, by the button or by a fault of its own. */
  async finish() {
    this.elapsed.stop();
    this.meter.rest();
    this.mix.stop();
    this.words.warnOf("silence", false);
    this.words.enter("sending");
    letSleep();
    await this.send();
  }

  async send() {
    try {
      await soon(this.details.save());
      const { recording, notice } = await this.capture.send();
      await soon(this.text?.save());
      // An edit that could not be saved is taken up on the next page.
      releaseAll();
      leaveNotice(notice);
      location.assign(recording);
    } catch {
      // The reason is shown already.
      this.reset();
    }
  }

  /** What the server would not take can still be saved here. */
  reset() {
    clearInterval(this.showing);
    release("recording");
    this.capture.letGo();
    this.text?.close();
    this.mix = null;
    this.words.rescue(this.capture.upload);
    this.words.forgetSaved();
    this.elapsed.reset();
    this.words.enter("idle");
  }
}

function soon(promise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
}

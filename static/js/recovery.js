// Recordings whose page went away: what only this device has is sent at once, and each is offered to be finished.
import { GrowingUpload, standingOf } from "./growing-upload.js";
import { hold, release } from "./guard.js";
import { persist, request } from "./http.js";
import { bytesFrom, holdRecording } from "./journal.js";
import { leaveNotice } from "./notice.js";
import { offerFile } from "./rescue.js";
import { clock } from "./times.js";

const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const ALL_SAVED = "All that was recorded is saved.";
const GONE = "The server does not have this recording any more. What this device still has of it can be saved here.";
const GAP = "A part in the middle is missing on the server and on this device. What this device still has can be saved here.";
const AFTER_GAP = "A part in the middle is missing: the server has what comes before it. What this device has after it can be saved here as a file.";
const DISCARD = "This deletes its sound and its text, here and on the server.";
const LATER = "Here it is deleted, and there as soon as it can be.";
const DISCARD_HERE = "This deletes what this device has of it. What the server has stays in the list of recordings.";

/** Offer each unfinished recording of this user, unless another tab is still making it. */
export async function offerUnfinished(list, settings) {
  const recordings = await settings.journal.recordings().catch(() => []);
  for (const recording of recordings.sort((a, b) => b.begunAt - a.begunAt)) offer(list, settings, recording.id);
}

async function offer(list, settings, id) {
  // Waits while another tab holds it, which may never finish.
  const letGo = await holdRecording({ id }, { isPatient: true });
  const recording = (await settings.journal.recordings()).find((known) => known.id === id);
  if (recording) await new Unfinished(list, settings, recording, letGo).begin();
  else letGo();
}

class Unfinished {
  constructor(list, settings, recording, letGo) {
    Object.assign(this, { list, settings, recording, letGo });
    this.element = document.getElementById("unfinished-item").content.firstElementChild.cloneNode(true);
    const time = this.element.querySelector("time");
    time.dateTime = new Date(recording.begunAt).toISOString();
    time.textContent = DATE.format(recording.begunAt);
    this.part("length").textContent = clock(recording.seconds);
    this.element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-does]");
      if (button) this[button.dataset.does](button);
    });
  }

  part(name) {
    return this.element.querySelector(`[data-says=${name}], [data-does=${name}]`);
  }

  say(sentence) {
    this.part("state").textContent = sentence;
  }

  async begin() {
    const { recording, settings } = this;
    if (recording.isDiscarded) return this.deleteThere();
    this.pieces = await settings.journal.pieces(recording);
    const standing = await this.standing();
    const last = this.pieces.at(-1);
    const isSent = !last || last.end <= (standing?.offset ?? recording.saved);
    // The answer to its end was lost, or it was deleted in another place: nothing is left to do here.
    if (isSent && (!last || !standing || standing.isComplete)) return this.forget();
    this.show();
    if (standing?.isComplete) this.giveUp(AFTER_GAP);
    else this.send(standing);
  }

  show() {
    this.list.hidden = false;
    this.list.append(this.element);
  }

  hideButtons() {
    for (const name of ["finish", "discard", "rescue"]) this.part(name).hidden = true;
  }

  /** How far the server has it: {offset, isComplete}; null where it had some and has it no longer. */
  async standing() {
    const { recording, settings } = this;
    const nothing = { offset: 0, isComplete: false };
    if (!recording.url) return nothing;
    const standing = await persist(() => standingOf(recording, settings.journal.user), () => {});
    if (standing || recording.saved > 0) return standing;
    // An upload that stays empty is dropped in time; here is all of it still.
    recording.url = null;
    return nothing;
  }

  send(standing) {
    const { endpoint, limit, journal } = this.settings;
    const rest = standing && bytesFrom(this.pieces, standing.offset);
    if (!rest) {
      this.giveUp(standing ? GAP : GONE);
      return;
    }
    const { base, data } = rest;
    this.hasGap = rest.hasGap;
    this.upload = new GrowingUpload({ endpoint, limit, journal, recording: this.recording, base, data, offset: standing.offset });
    hold(this);
    this.upload.addEventListener("saved", () => this.showSent());
    this.upload.addEventListener("unreachable", ({ detail }) => this.say(`${detail.message} What is missing is sent when it is back.`));
    this.upload.addEventListener("refused", ({ detail }) => this.giveUp(detail.message));
    this.showSent();
  }

  showSent() {
    const left = this.upload.size - this.upload.offset;
    if (left > 0) {
      this.say("The server does not have all of it yet: sending the rest …");
      return;
    }
    release(this);
    this.say(this.hasGap ? AFTER_GAP : ALL_SAVED);
    if (this.hasGap) this.offerRest();
  }

  giveUp(sentence) {
    release(this);
    this.say(sentence);
    this.isGivenUp = true;
    this.part("finish").hidden = true;
    this.offerRest();
  }

  offerRest() {
    const { filetype } = this.recording.metadata;
    offerFile(this.part("rescue"), new Blob(this.pieces.map(({ bytes }) => bytes), { type: filetype }), filetype);
  }

  async finish(button) {
    button.disabled = true;
    try {
      const { recording, notice } = await this.upload.end();
      if (this.hasGap) return this.giveUp(AFTER_GAP);
      await this.forget();
      leaveNotice(notice);
      location.assign(recording);
    } catch {
      // The reason is shown already.
    }
  }

  /** The first press asks for the second. */
  async discard(button) {
    if (!button.dataset.isAsked) {
      button.dataset.isAsked = "true";
      button.textContent = "Discard for good";
      this.say(this.isGivenUp ? DISCARD_HERE : DISCARD);
      return;
    }
    this.hideButtons();
    // First, so that nothing of it is sent or kept again.
    await this.upload?.abort();
    if (this.isGivenUp) return this.forget();
    release(this);
    await this.settings.journal.discard(this.recording).catch(() => {});
    await this.deleteThere();
  }

  /** Delete it on the server, for as long as that takes: the wish outlives the page. */
  async deleteThere() {
    const { recording: { url }, settings } = this;
    const headers = { "Tus-Resumable": "1.0.0", "Stt-User": settings.journal.user };
    try {
      if (url) await persist(() => request(url, { method: "DELETE", headers }), ({ message }) => this.say(`${message} ${LATER}`));
    } catch (error) {
      if (error.status !== 404) return this.leave(error.message);
    }
    await this.forget();
  }

  /** This device is done with it, but somebody has to know something of it. */
  async leave(sentence) {
    this.show();
    this.hideButtons();
    this.say(sentence);
    await this.drop();
  }

  async forget() {
    release(this);
    this.element.remove();
    this.list.hidden = this.list.childElementCount === 0;
    await this.drop();
  }

  async drop() {
    // Where that fails it is looked at again next time.
    await this.settings.journal.forget(this.recording).catch(() => {});
    this.letGo();
  }
}

// Recordings whose page went away: what only this device has is sent at once, and each is offered to be finished.
import { GrowingUpload, standingOf } from "./growing-upload.js";
import { hold, release } from "./guard.js";
import { persist, request } from "./http.js";
import { holdRecording } from "./journal.js";
import { leaveNotice } from "./notice.js";
import { offerFile } from "./rescue.js";
import { clock } from "./times.js";

const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const ALL_SAVED = "All that was recorded is saved.";
const GONE = "The server does not have this recording any more. What this device still has of it can be saved here.";
const GAP = "A part in the middle is missing on the server and on this device. What this device still has can be saved here.";

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
    const { journal } = this.settings;
    this.pieces = await journal.pieces(this.recording);
    const standing = await this.standing();
    const last = this.pieces.at(-1);
    if (!last || standing?.isComplete || (!standing && last.end <= this.recording.saved)) {
      // The answer to its end was lost, or it was deleted in another place: nothing is left to do here.
      await this.forget();
      return;
    }
    this.list.hidden = false;
    this.list.append(this.element);
    this.send(standing);
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
    this.upload = new GrowingUpload({ endpoint, limit, journal, recording: this.recording, ...rest, offset: standing.offset });
    hold(this);
    this.upload.addEventListener("saved", () => this.showSent());
    this.upload.addEventListener("unreachable", ({ detail }) => this.say(`${detail.message} What is missing is sent when it is back.`));
    this.upload.addEventListener("refused", ({ detail }) => this.giveUp(detail.message));
    this.showSent();
  }

  showSent() {
    const left = this.upload.size - this.upload.offset;
    if (left === 0) release(this);
    this.say(left === 0 ? ALL_SAVED : "The server does not have all of it yet: sending the rest …");
  }

  giveUp(sentence) {
    release(this);
    this.say(sentence);
    this.part("finish").hidden = true;
    const { filetype } = this.recording.metadata;
    offerFile(this.part("rescue"), new Blob(this.pieces.map(({ bytes }) => bytes), { type: filetype }), filetype);
  }

  async finish(button) {
    button.disabled = true;
    try {
      const { recording, notice } = await this.upload.end();
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
      this.say("This deletes its sound and its text, here and on the server.");
      return;
    }
    button.disabled = true;
    const { url } = this.upload?.recording ?? this.recording;
    try {
      const headers = { "Tus-Resumable": "1.0.0", "Stt-User": this.settings.journal.user };
      if (url && !this.part("finish").hidden) await request(url, { method: "DELETE", headers });
      await this.forget();
    } catch (error) {
      button.disabled = false;
      this.say(error.message);
    }
  }

  async forget() {
    release(this);
    this.element.remove();
    this.list.hidden = this.list.childElementCount === 0;
    await this.settings.journal.forget(this.recording);
    this.letGo();
  }
}

/** Return {base, data}: the bytes from `offset` on, as far as they have no gap; null where they begin later. */
function bytesFrom(pieces, offset) {
  const first = pieces.findIndex(({ end }) => end > offset);
  if (first < 0) return { base: offset, data: new Blob() };
  const base = pieces[first].offset;
  if (base > offset) return null;
  let end = base;
  const bytes = [];
  for (const piece of pieces.slice(first)) {
    if (piece.offset !== end) break;
    bytes.push(piece.bytes);
    end = piece.end;
  }
  return { base, data: new Blob(bytes) };
}

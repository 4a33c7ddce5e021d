// Files on their way to the server: two at a time, each with its own progress.
import { hold, release } from "./guard.js";
import { leaveNotice } from "./notice.js";
import { chosenOptions } from "./options.js";
import { UploadItem } from "./upload-item.js";

const AT_ONCE = 2;

export class UploadList {
  #waiting = [];
  #running = new Set();
  #batch = 0;

  /** `onRecording(id)` is told of each recording that is complete. */
  constructor(element, { endpoint, limit, tus, user, onRecording }) {
    this.element = element;
    this.settings = { endpoint, limit, tus, user };
    this.onRecording = onRecording;
  }

  add(chosen) {
    const files = chosen.filter((file) => !this.#isUnderWay(file));
    if (files.length === 0) return;
    if (this.#running.size + this.#waiting.length === 0) this.#batch = 0;
    this.#batch += files.length;
    const options = chosenOptions();
    for (const file of files) {
      const item = new UploadItem(file, options, this.settings, {
        onRetry: () => this.#enqueue(item),
        onCancel: () => this.#drop(item),
      });
      this.element.append(item.element);
      this.#enqueue(item);
    }
  }

  /** The same file twice at once would be one upload with two senders. */
  #isUnderWay(file) {
    const key = ({ name, size, lastModified }) => `${name}/${size}/${lastModified}`;
    return [...this.#running, ...this.#waiting].some((item) => key(item.file) === key(file));
  }

  #enqueue(item) {
    hold(item);
    item.wait();
    this.#waiting.push(item);
    this.#next();
  }

  #drop(item) {
    this.#waiting = this.#waiting.filter((other) => other !== item);
    release(item);
    item.element.remove();
  }

  #next() {
    while (this.#running.size < AT_ONCE && this.#waiting.length > 0) this.#run(this.#waiting.shift());
  }

  async #run(item) {
    this.#running.add(item);
    const answer = await item.send();
    this.#running.delete(item);
    release(item);
    if (answer) this.#finish(item, answer);
    this.#next();
  }

  /** One file alone leads to its page; of several each becomes a row of the list. */
  #finish(item, { recording, notice }) {
    const isArchive = /\.zip$/i.test(item.file.name);
    if (isArchive) notice ||= "Its recordings come into the list below, one by one.";
    if (this.#batch === 1 && !isArchive) {
      leaveNotice(notice);
      location.assign(recording);
      return;
    }
    this.onRecording(recording.split("/").at(-2));
    item.showDone(recording, notice);
  }
}

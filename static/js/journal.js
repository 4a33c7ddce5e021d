// What was recorded and is not on the server yet, in the browser's own database: it survives the page and the browser.

const NAME = "sttweb";
// Told to the disk before it is said to be kept; by default the browser may lose the last seconds.
const STRICT = { durability: "strict" };
// What is lost of this is done again.
const RELAXED = { durability: "relaxed" };
// Storage that does not take something for so long is done without: what is spoken goes to the server all the same.
const PATIENCE_MS = 5000;

/** The recordings of one user; those of others who use this browser are neither shown nor sent. */
export class Journal {
  #database = null;

  constructor(user) {
    this.user = user;
  }

  #open() {
    this.#database ??= new Promise((resolve, reject) => {
      const opening = indexedDB.open(NAME, 1);
      opening.onupgradeneeded = () => {
        opening.result.createObjectStore("recordings", { keyPath: "id" });
        opening.result.createObjectStore("pieces", { keyPath: ["recording", "offset"] });
      };
      opening.onsuccess = () => resolve(opening.result);
      opening.onerror = () => reject(opening.error);
    });
    return this.#database;
  }

  /** Do `act(recordings, pieces)` in one transaction. */
  #write(act, durability = STRICT) {
    return soon(this.#change(act, durability));
  }

  async #change(act, durability) {
    const transaction = (await this.#open()).transaction(["recordings", "pieces"], "readwrite", durability);
    const done = completed(transaction);
    act(transaction.objectStore("recordings"), transaction.objectStore("pieces"));
    await done;
  }

  async #read(store, ...range) {
    const transaction = (await this.#open()).transaction(store);
    const request = transaction.objectStore(store).getAll(...range);
    await completed(transaction);
    return request.result;
  }

  /** Keep what is known of a recording: {id, metadata, begunAt, url, size, seconds}. */
  keep(recording) {
    return this.#write((recordings) => recordings.put({ ...recording, user: this.user }));
  }

  /** Keep a piece of its sound, {offset, end, bytes}, together with what is known of the whole. */
  append(recording, piece) {
    return this.#write((recordings, pieces) => {
      recordings.put({ ...recording, user: this.user });
      pieces.put({ recording: recording.id, ...piece });
    });
  }

  /** The server has all before `offset`: drop it here, but for the head, without which nothing can be played. */
  async release(recording, offset) {
    const pieces = await soon(this.#read("pieces", IDBKeyRange.bound([recording.id, 1], [recording.id, offset])));
    await this.#write((recordings, store) => {
      recordings.put({ ...recording, user: this.user });
      for (const piece of pieces) if (piece.end <= offset) store.delete([piece.recording, piece.offset]);
    }, RELAXED);
  }

  /** Drop its sound; what is known of it stays until the server has deleted it as well. */
  discard(recording) {
    return this.#write((recordings, pieces) => {
      recordings.put({ ...recording, isDiscarded: true, user: this.user });
      pieces.delete(IDBKeyRange.bound([recording.id, 0], [recording.id, Infinity]));
    });
  }

  forget({ id }) {
    return this.#write((recordings, pieces) => {
      recordings.delete(id);
      pieces.delete(IDBKeyRange.bound([id, 0], [id, Infinity]));
    });
  }

  async recordings() {
    const all = await this.#read("recordings");
    return all.filter(({ user }) => user === this.user);
  }

  /** Return the pieces of a recording, in order. */
  pieces({ id }) {
    return this.#read("pieces", IDBKeyRange.bound([id, 0], [id, Infinity]));
  }
}

/** Return {base, data, hasGap} of pieces in order: the bytes from `offset` up to the end or a gap; null where they begin later. */
export function bytesFrom(pieces, offset) {
  const first = pieces.findIndex(({ end }) => end > offset);
  if (first < 0) return { base: offset, data: new Blob(), hasGap: false };
  const base = pieces[first].offset;
  if (base > offset) return null;
  let end = base;
  const bytes = [];
  for (const piece of pieces.slice(first)) {
    if (piece.offset !== end) break;
    bytes.push(piece.bytes);
    end = piece.end;
  }
  return { base, data: new Blob(bytes), hasGap: end < pieces.at(-1).end };
}

function soon(promise) {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new DOMException("", "TimeoutError")), PATIENCE_MS);
    promise.then(resolve, reject);
  });
}

function completed(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
}

/**
 * Hold a recording against other tabs until what this resolves to is called. Where another tab has it, that is null,
 * or a patient one waits: the browser lets go of what a closed or killed page held.
 */
export function holdRecording({ id }, { isPatient = false } = {}) {
  return new Promise((resolve) => {
    navigator.locks.request(`sttweb:recording:${id}`, { ifAvailable: !isPatient }, (lock) => {
      if (!lock) return resolve(null);
      return new Promise((letGo) => resolve(letGo));
      // Where the browser keeps nothing, no other tab can have it either.
    }).catch(() => resolve(null));
  });
}

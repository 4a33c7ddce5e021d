// What was typed and not saved yet, kept by this browser until the server has it. In a database, since what is
// put into local storage reaches the disk only seconds later, and a browser that is killed loses it.

const NAME = "sttweb-drafts";
const STORE = "drafts";

export class Drafts {
  #database = open();
  // Those of this page: another tab's are not its own to drop.
  #kept = new Set();

  /** Those of one user: what another has typed in this browser is not theirs to save. */
  constructor(user, recording) {
    this.key = [user, recording];
    // Whoever needs it notices by themselves.
    this.#database.catch(() => {});
  }

  keep(segment, draft) {
    this.#kept.add(segment);
    return this.#write((store) => store.put(draft, [...this.key, segment]));
  }

  drop(segment) {
    if (!this.#kept.delete(segment)) return null;
    return this.#write((store) => store.delete([...this.key, segment]));
  }

  /** Return [segment, {text, version, start, end}] of each. */
  async all() {
    try {
      const store = (await this.#database).transaction(STORE).objectStore(STORE);
      // Lists come after all strings.
      const range = IDBKeyRange.bound(this.key, [...this.key, []]);
      const [keys, drafts] = await Promise.all([answer(store.getAllKeys(range)), answer(store.getAll(range))]);
      const segments = keys.map(([, , segment]) => segment);
      for (const segment of segments) this.#kept.add(segment);
      return segments.map((segment, index) => [segment, drafts[index]]);
    } catch {
      return [];
    }
  }

  async #write(act) {
    try {
      const transaction = (await this.#database).transaction(STORE, "readwrite");
      act(transaction.objectStore(STORE));
      transaction.commit();
    } catch {
      // The browser gives no room: the text is still on the page, and leaving it asks.
    }
  }
}

async function open() {
  const opening = indexedDB.open(NAME, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  return answer(opening);
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

// The files in what was dropped: of folders, and the folders in them, those that hold sound.

const MEDIA = /\.(aac|aiff?|amr|avi|caf|flac|m4[abv]|mkv|mov|mp[34]|mpe?g|mpga|og[ag]|opus|wav|web[am]|wm[av]|zip)$/i;
const MOST_FILES = 2000;

/** Return {files, leftOut}: what to send, and how many files of folders hold no sound. */
export async function filesOf(dropped) {
  // The list is emptied as soon as the event is over: it is read before anything is waited for.
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.());
  const files = [...dropped.files];
  if (!entries.some((entry) => entry?.isDirectory)) return { files, leftOut: 0 };
  const found = { files: [], leftOut: 0 };
  for (const entry of entries) if (entry) await walk(entry, found, false);
  return found;
}

async function walk(entry, found, isInFolder) {
  if (isInFolder && entry.name.startsWith(".")) return;
  if (entry.isDirectory) {
    for (const inner of await entriesOf(entry)) await walk(inner, found, true);
    return;
  }
  const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
  const isWanted = file && (!isInFolder || MEDIA.test(file.name) || /^(audio|video)\//.test(file.type));
  if (isWanted && found.files.length < MOST_FILES) found.files.push(file);
  else found.leftOut += 1;
}

/** A folder is told in portions; the last is empty. */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    const portion = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (portion.length === 0) return entries.sort((a, b) => a.name.localeCompare(b.name));
    entries.push(...portion);
  }
}

export function leftOutSentence(count) {
  if (count === 0) return "";
  return count === 1 ? "1 file that is no audio or video was left out." : `${count} files that are no audio or video were left out.`;
}

// As transcripts/labels.py: what is left are letters, and what they are spelled with.
const NO_TEXT = /[\s\p{Cc}\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\u2028-\u202e\u2066-\u2069]+/gu;

/** Return text as the server keeps it: one line. */
export function oneLine(text) {
  return text.replace(NO_TEXT, " ").trim();
}

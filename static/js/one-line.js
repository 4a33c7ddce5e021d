/** Return text as the server keeps it: one line. */
export function oneLine(text) {
  return text.replace(/\s+/g, " ").trim();
}

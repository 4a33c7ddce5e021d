// Tells the segments that the page was loaded with apart: what is known of them comes as columns, and the
// times of their words after the page itself.
import { request } from "./http.js";
import { nameText } from "./segment-facts.js";

/** Give each segment its facts. */
export function giveFacts(list, { keys, positions, starts, lengths, versions, speakers }) {
  let [key, position, start] = [0, 0, 0];
  Array.from(list.children).forEach((segment, i) => {
    key += keys[i];
    position += positions[i];
    start += starts[i];
    segment.id = `segment-${key}`;
    const { dataset } = segment;
    dataset.segment = key;
    dataset.position = position;
    dataset.start = start / 1000;
    dataset.end = (start + lengths[i]) / 1000;
    dataset.version = versions[i];
    if (speakers[i]) dataset.speaker = speakers[i];
    nameText(segment);
  });
  // The browser looked for it before there was one.
  if (location.hash.startsWith("#segment-")) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

/** Fetch the words' times, and give them to the segments that are still as they were. */
export async function giveWords(url) {
  const response = await request(url);
  for (const [key, [version, words, lengths]] of Object.entries(await response.json())) {
    const segment = document.getElementById(`segment-${key}`);
    if (Number(segment?.dataset.version) === version) Object.assign(segment.dataset, { words, ...(lengths && { lengths }) });
  }
}

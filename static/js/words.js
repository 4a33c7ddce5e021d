// The words of a segment: where they stand in its text, and when they are heard.

const UNIT = 0.02; // seconds, as the server counts
const known = new WeakMap();

/**
 * Return `{tokens, bounds, starts, ends}` of a segment's element, as its text stands now. `bounds` are
 * [from, to] in characters of the text box, the times are seconds.
 */
export function wordsOf(segment) {
  const text = segment.querySelector(".text").textContent;
  const { words: times = "", lengths = "", start, end } = segment.dataset;
  const key = `${times}|${start}|${end}`;
  const old = known.get(segment);
  if (old?.key === key && old.text === text) return old;
  const bounds = boundsOf(text, lengths);
  const tokens = bounds.map(([from, to]) => text.slice(from, to));
  const fresh = { key, text, tokens, bounds, ...decode(times, Number(start)) };
  // What is typed has no times of its own before it is saved.
  if (fresh.starts.length !== tokens.length) Object.assign(fresh, fit(tokens, old, Number(start), Number(end)));
  known.set(segment, fresh);
  return fresh;
}

/** Return the index of the last word that has begun at `seconds`, or -1. */
export function wordAt({ starts }, seconds) {
  let [low, high] = [0, starts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= seconds + 0.005) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Return the index of the word at or before a character of the text, or 0; -1 where there are none. */
export function wordOver({ bounds }, offset) {
  const after = bounds.findIndex(([from]) => from > offset);
  return after < 0 ? bounds.length - 1 : Math.max(0, after - 1);
}

/** Return when the word at a character of a segment's text begins, or the segment where it has no words. */
export function timeAt(segment, offset) {
  const words = wordsOf(segment);
  return words.starts[wordOver(words, offset)] ?? Number(segment.dataset.start);
}

/** Return the character of the box's text at a place in the document. */
export function offsetIn(box, node, offset) {
  const range = document.createRange();
  range.selectNodeContents(box);
  range.setEnd(node, offset);
  return range.toString().length;
}

/** Set `range` to the characters from `from` to `to` of a text box. */
export function selectIn(range, box, from, to) {
  const nodes = document.createTreeWalker(box, NodeFilter.SHOW_TEXT);
  let passed = 0;
  let isOpen = false;
  while (nodes.nextNode()) {
    const { length } = nodes.currentNode;
    if (!isOpen && from <= passed + length) {
      range.setStart(nodes.currentNode, from - passed);
      isOpen = true;
    }
    if (isOpen && to <= passed + length) {
      range.setEnd(nodes.currentNode, to - passed);
      return range;
    }
    passed += length;
  }
  range.selectNodeContents(box);
  if (!isOpen) range.collapse(false);
  return range;
}

/** Return the range of a word of a segment, to highlight or to select. */
export function rangeOf(segment, index, range = document.createRange()) {
  const [from, to] = wordsOf(segment).bounds[index];
  return selectIn(range, segment.querySelector(".text"), from, to);
}

function boundsOf(text, lengths) {
  const spaced = [...text.matchAll(/\S+/g)].map((match) => [match.index, match.index + match[0].length]);
  if (!lengths) return spaced;
  const bounds = [];
  let at = 0;
  for (const length of lengths.split(" ").map(Number)) {
    while (/\s/.test(text[at] ?? "")) at += 1;
    bounds.push([at, (at += length)]);
  }
  return at <= text.length && text.slice(at).trim() === "" ? bounds : spaced;
}

function decode(times, start) {
  const [starts, ends] = [[], []];
  let said = Math.round(start / UNIT);
  for (const part of times ? times.split(" ") : []) {
    const plus = part.indexOf("+");
    if (plus > 0) said += parseInt(part.slice(0, plus), 36);
    starts.push(said * UNIT);
    said += parseInt(part.slice(plus + 1), 36);
    ends.push(said * UNIT);
  }
  return { starts, ends };
}

/** Words before and after what was changed keep their times; those between share what is left by length. */
function fit(tokens, old, start, end) {
  const before = old?.tokens ?? [];
  const most = Math.min(tokens.length, before.length);
  let [head, tail] = [0, 0];
  while (head < most && tokens[head] === before[head]) head += 1;
  while (tail < most - head && tokens.at(-1 - tail) === before.at(-1 - tail)) tail += 1;
  const left = head ? old.ends[head - 1] : start;
  const right = tail ? old.starts[old.starts.length - tail] : end;
  const between = tokens.slice(head, tokens.length - tail);
  const each = (right - left) / Math.max(1, between.join("").length);
  let said = left;
  const ends = between.map((token) => (said += token.length * each));
  const starts = [left, ...ends].slice(0, ends.length);
  const first = (times) => times?.slice(0, head) ?? [];
  const last = (times) => (tail ? times.slice(-tail) : []);
  return {
    starts: [...first(old?.starts), ...starts, ...last(old?.starts)],
    ends: [...first(old?.ends), ...ends, ...last(old?.ends)],
  };
}

// The stretch of the recording that somebody means: by selected words, selected segments, or what is heard.
import { offsetIn, wordOver, wordsOf } from "./words.js";

/** Return {start, end} in seconds of what is selected, or of the current or the heard segment. */
export function stretchOf({ list, player, selection }) {
  const words = selectedWords(list);
  if (words) return words;
  const { targets } = selection;
  const segments = targets.length ? targets : [...list.querySelectorAll("[aria-current]")];
  if (!segments.length) return { start: round(player.now), end: round(player.now) };
  const starts = segments.map(({ dataset }) => Number(dataset.start));
  return { start: Math.min(...starts), end: Math.max(...segments.map(({ dataset }) => Number(dataset.end))) };
}

function selectedWords(list) {
  const selected = getSelection();
  if (!selected.rangeCount || selected.isCollapsed) return null;
  const range = selected.getRangeAt(0);
  if (!list.contains(range.commonAncestorContainer)) return null;
  const first = placeOf(range.startContainer, range.startOffset);
  const last = placeOf(range.endContainer, range.endOffset);
  if (!first || !last) return null;
  return { start: first.starts[first.index] ?? first.start, end: last.ends[last.index] ?? last.end };
}

function placeOf(node, offset) {
  const segment = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest(".segment");
  const box = segment?.querySelector(".text");
  if (!box?.contains(node)) return null;
  const words = wordsOf(segment);
  const { start, end } = segment.dataset;
  return { ...words, index: wordOver(words, offsetIn(box, node, offset)), start: Number(start), end: Number(end) };
}

function round(seconds) {
  return Math.round(seconds * 1000) / 1000;
}

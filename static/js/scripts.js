// Scripts that are written without spaces, as transcripts/alignment.py has them.
const ENDS = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]$/u;
const BEGINS = new RegExp(`^${ENDS.source.slice(0, -1)}`, "u");

/** Return what stands between two texts that are joined: a space, where their scripts write one. */
export function gapBetween(left, right) {
  return !left || !right || (ENDS.test(left) && BEGINS.test(right)) ? "" : " ";
}

/** Return seconds as 0:07, 12:31 or 1:02:03, as the server shows them. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Return seconds as 0:07.25, to the hundredth, as somebody writes them. */
export function exactClock(seconds) {
  const hundredths = Math.round(seconds * 100);
  return `${clock(Math.floor(hundredths / 100))}.${String(hundredths % 100).padStart(2, "0")}`;
}

/** Return the seconds of 75, 1:15, 1:02:03.5 or 1m15s; null for anything else. */
export function secondsOf(text) {
  const written = text.trim().replace(",", ".");
  const spelled = written.match(/^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/);
  if (written && spelled) return 3600 * (spelled[1] ?? 0) + 60 * (spelled[2] ?? 0) + Number(spelled[3] ?? 0);
  if (!/^\d+(:[0-5]?\d){1,2}(\.\d+)?$/.test(written)) return null;
  return written.split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

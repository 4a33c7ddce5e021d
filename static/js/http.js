// Requests to this server: the token, errors as sentences, and waiting before trying again.

const CONNECTION_LOST = "There is no connection to the server.";
// Too slow, held by another request, too many.
const PASSING = new Set([408, 423, 429]);
// A line that died silently answers nothing, ever: what takes longer is tried again. A slow line is no dead one.
const PATIENCE_MS = 30_000;
const SLOWEST_BYTES_PER_MS = 8;
export const SIGNED_OUT = "Your session has ended: sign in again in another tab, and it goes on by itself.";

/** An answer that trying again will not change. Its message is a sentence for the user. */
export class Refused extends Error {
  constructor(message, status, body = {}) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** The server could not be reached, or is in trouble: worth trying again. */
export class Unreachable extends Error {}

/** Somebody has to sign in again, in another tab; then it goes on. */
export class SignedOut extends Unreachable {}

export function csrfToken() {
  const cookie = document.cookie.match(/(?:^|; )(?:__(?:Host|Secure)-)?csrftoken=([^;]+)/);
  return cookie ? cookie[1] : document.querySelector("meta[name=csrf-token]")?.content ?? "";
}

/** Fetch, and throw Refused or Unreachable for anything but success. A `signal` gives up sooner. */
export async function request(url, { headers = {}, ...options } = {}) {
  const response = await answerTo(url, {
    credentials: "same-origin",
    redirect: "manual",
    headers: { Accept: "application/json", "X-CSRFToken": csrfToken(), ...headers },
    ...options,
  });
  if (response.ok) return response;
  // Whoever is signed out is led to the sign-in page, or told by 401.
  if (response.type === "opaqueredirect") throw new SignedOut(SIGNED_OUT);
  const body = await response.json().catch(() => ({}));
  // A 403 without a reason of ours is the token's, which went with the session's cookies.
  const isSignedOut = response.status === 401 || (response.status === 403 && !body.error);
  if (isSignedOut) throw new SignedOut(body.error ?? SIGNED_OUT);
  const isPassing = response.status >= 500 || PASSING.has(response.status);
  if (isPassing) throw new Unreachable(body.error ?? CONNECTION_LOST);
  const refused = new Refused(body.error ?? refusalFor(response.status), response.status, body);
  refused.headers = response.headers;
  throw refused;
}

/** Wait for the head of the answer; what follows it may take its time. */
async function answerTo(url, { signal, ...options }) {
  const silence = new AbortController();
  const size = options.body?.size ?? options.body?.length ?? 0;
  const timer = setTimeout(() => silence.abort(), PATIENCE_MS + size / SLOWEST_BYTES_PER_MS);
  try {
    return await fetch(url, { ...options, signal: signal ? AbortSignal.any([signal, silence.signal]) : silence.signal });
  } catch (error) {
    throw new Unreachable(CONNECTION_LOST, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

export async function postJSON(url, data, options = {}) {
  const headers = { "Content-Type": "application/json" };
  const response = await request(url, { method: "POST", body: JSON.stringify(data), headers, ...options });
  return response.json();
}

export function refusalFor(status) {
  if (status === 401 || status === 403) return "You are not signed in any more: sign in again in another tab, then try once more.";
  if (status === 404) return "It is no longer here: it was deleted in another place.";
  if (status === 413) return "It is larger than this server accepts.";
  return `The server refused it (${status}): reload the page and try again.`;
}

/** Return the milliseconds before attempt 1, 2, …: doubling from `least` to `most`, spread by chance. */
export function backoff(attempt, least = 500, most = 10_000) {
  const longest = Math.min(most, least * 2 ** (attempt - 1));
  return longest / 2 + Math.random() * (longest / 2);
}

/** Wait, but no longer than until the browser is back online, somebody comes back to the page, or `signal` aborts. */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      removeEventListener("focus", end);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    addEventListener("online", end);
    addEventListener("focus", end);
    signal?.addEventListener("abort", end);
  });
}

/** Do `act` until the server can be reached, for as long as that takes, or until `signal` aborts, which throws. */
export async function persist(act, onUnreachable, signal) {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      signal?.throwIfAborted();
      onUnreachable(error);
      await pause(backoff(attempt), signal);
    }
  }
}

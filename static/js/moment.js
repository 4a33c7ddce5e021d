// A page that was opened from what was found: it plays from there.

/** Play from the moment in the page's address, where the address asks for that. */
export function playMoment(player) {
  const address = new URL(location.href);
  const seconds = Number(address.searchParams.get("t"));
  if (!address.searchParams.has("play") || !player.media || !Number.isFinite(seconds)) return;
  // Loading the page again is no click.
  address.searchParams.delete("play");
  history.replaceState(history.state, "", address);
  player.seek(seconds);
  // Where the browser wants a click on this page first, it waits at the moment.
  player.media.play().catch(() => {});
}

// The log of what a webhook was told: looked at again while something is on its way.

const LOOK_MS = 3000;
const log = document.getElementById("log");

async function look() {
  const response = await fetch(log.dataset.url, { redirect: "manual" }).catch(() => null);
  // Not while somebody is about to press a button in it.
  if (response?.ok && !log.contains(document.activeElement)) {
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    log.replaceChildren(...fresh.body.childNodes);
  }
  again();
}

function again() {
  if (log.querySelector("[data-waits]")) setTimeout(look, LOOK_MS);
}

again();

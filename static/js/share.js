// The page that a link opens: text to read and search, and the sound that goes with it.
import { copyText } from "./copy.js";
import { Follower, segmentAt } from "./follow.js";
import { WordHighlight } from "./highlight.js";
import { Live, showConnection } from "./live.js";
import { Player } from "./player.js";
import { TextSearch } from "./text-search.js";
import { secondsOf } from "./times.js";
import { timeUnder } from "./word-clicks.js";

const byId = (id) => document.getElementById(id);
const { since, socket, text } = byId("document").dataset;
const list = byId("segments");

const player = new Player();
player.bind(byId("player"));
new Follower(list, player, byId("jump"));
new WordHighlight(list, player);
list.addEventListener("click", (event) => {
  const isSelecting = getSelection().toString() !== "";
  const seconds = event.target.closest(".text") && !isSelecting ? timeUnder(event) : null;
  if (seconds !== null) player.playFrom(seconds);
});
const search = new TextSearch(list, byId("search"));

const moment = secondsOf(new URLSearchParams(location.search).get("t") ?? "");
if (moment !== null) goTo(moment);

const live = new Live(socket, Number(since));
showConnection(live, byId("connection"));
live.addEventListener("update", () => refresh());
live.addEventListener("gone", () => end());

byId("copy")?.addEventListener("click", async () => {
  const all = [...list.querySelectorAll(".text")].map((box) => box.textContent.trim()).join("\n");
  byId("said").textContent = (await copyText(all)) ? "Copied" : "The browser does not allow copying: select the text and press Ctrl+C";
});

function goTo(seconds) {
  const segment = segmentAt(list.children, seconds);
  segment?.scrollIntoView({ block: "center" });
  if (player.media) player.seek(seconds);
  // Without sound it is no moment that is heard, and marked all the same.
  else segment?.setAttribute("aria-current", "true");
}

let isLoading = false;
let isStale = false;

/** Show the text as it is now; changes that come while it loads are shown after it. */
async function refresh() {
  isStale = true;
  if (isLoading) return;
  isLoading = true;
  while (isStale) {
    isStale = false;
    const response = await fetch(text, { redirect: "manual" }).catch(() => null);
    if (response?.ok) show(await response.text());
  }
  isLoading = false;
}

function show(html) {
  list.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  document.querySelector(".waiting")?.remove();
  search.refresh();
}

/** The link opens nothing any more, and neither does this page. */
function end() {
  player.media?.pause();
  player.media?.removeAttribute("src");
  player.media?.load();
  const main = byId("content");
  document.body.classList.remove("with-player");
  main.replaceChildren(byId("over").content.cloneNode(true));
  main.focus();
}

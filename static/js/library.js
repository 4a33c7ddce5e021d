// The library: the list follows what is typed and chosen, and so does the page's address.
import { Unreachable, request } from "./http.js";
import { LibraryList, revealForScript } from "./library-list.js";
import { Rows } from "./rows.js";

const TYPING_MS = 120;
const form = document.getElementById("library-search");
const found = document.getElementById("found");
// Outside of what is replaced, so that it is announced.
const said = document.getElementById("found-said");
let timer = 0;
let asking = null;

if (form) start();

function start() {
  const rows = new Rows(document.getElementById("rows"), `${found.dataset.rows}?pickable=1`);
  const list = new LibraryList(found, () => load(query()));
  revealForScript(form);
  said.replaceChildren(found.querySelector("#found-count"));
  form.addEventListener("input", ({ target }) => schedule(target.type === "search" || target.type === "text" ? TYPING_MS : 0));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    schedule(0);
  });
  addEventListener("popstate", () => location.reload());
  // What was typed before this script was here is asked for, too.
  if ([...form.elements].some(({ value, defaultValue = value }) => value !== defaultValue)) schedule(0);

  function schedule(delay) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const wanted = query();
      history.replaceState(null, "", wanted.size ? `?${wanted}` : location.pathname);
      load(wanted);
    }, delay);
  }

  /** Show what the server finds; an answer that a later question overtook is dropped. */
  async function load(wanted) {
    asking?.abort();
    asking = new AbortController();
    const { signal } = asking;
    found.ariaBusy = "true";
    try {
      const answer = await request(`${form.dataset.found}?${wanted}`, { headers: { Accept: "text/html" }, signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (signal.aborted) return;
      found.replaceChildren(...document.importNode(page.body, true).childNodes);
      list.bind();
      rows.watch(document.getElementById("rows"));
      said.replaceChildren(found.querySelector("#found-count"));
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Unreachable)) throw error;
      said.textContent = error.message;
    } finally {
      if (!signal.aborted) found.ariaBusy = "false";
    }
  }
}

/** What the form asks for, without what is left empty. */
function query() {
  const given = [...new FormData(form)].filter(([, value]) => value !== "");
  const page = new URLSearchParams(location.search);
  const wanted = new URLSearchParams(given);
  // The same question stays on its page, another begins at the first.
  const number = page.get("page");
  page.delete("page");
  if (number && String(page) === String(wanted)) wanted.set("page", number);
  return wanted;
}

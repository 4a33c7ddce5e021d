// Pages that open as a dialog over the recording: fetched when they are wanted, and as they are then.
import { request } from "./http.js";

/** Links with data-fetches open in a dialog; "beside" leaves the page usable, and its links lead to segments. */
export function bindFetchedDialogs(say) {
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-fetches]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    document.querySelector("dialog.fetched")?.close();
    const dialog = Object.assign(document.createElement("dialog"), { className: "fetched" });
    const isBeside = link.dataset.fetches === "beside";
    dialog.classList.toggle("beside", isBeside);
    dialog.addEventListener("close", () => {
      dialog.remove();
      document.querySelector(`a[data-fetches][href="${link.getAttribute("href")}"]`)?.focus();
    });
    dialog.addEventListener("submit", (submission) => refetch(submission, dialog, say));
    dialog.addEventListener("click", toSegment);
    dialog.addEventListener("keydown", (key) => key.key === "Escape" && dialog.close());
    try {
      await show(dialog, link.href);
      document.body.append(dialog);
      if (isBeside) dialog.show();
      else dialog.showModal();
    } catch (error) {
      say(error.message);
    }
  });
}

async function show(dialog, url) {
  const response = await request(url, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const content = document.importNode(page.querySelector("[data-content]"), true);
  const heading = content.querySelector("h1");
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.replaceChildren(closer(), content);
}

function closer() {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Close" });
  button.className = "button quiet small closer";
  button.addEventListener("click", () => button.closest("dialog").close());
  return button;
}

async function refetch(event, dialog, say) {
  const form = event.target;
  if (!form.matches("[data-refetches]")) return;
  event.preventDefault();
  try {
    await show(dialog, `${form.action}?${new URLSearchParams(new FormData(form))}`);
    dialog.querySelector("select").focus();
  } catch (error) {
    say(error.message);
  }
}

function toSegment(event) {
  const link = event.target.closest("a[data-segment-link]");
  const segment = link && document.getElementById(`segment-${link.dataset.segmentLink}`);
  if (!segment) return;
  event.preventDefault();
  segment.scrollIntoView({ block: "center" });
  segment.querySelector(".text").focus({ preventScroll: true });
}

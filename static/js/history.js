// Shows all changes of a revision in its place, instead of on a page of their own.
import { request } from "./http.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[data-shows=revision]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  try {
    const response = await request(link.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const shown = document.importNode(page.querySelector("article.revision"), true);
    link.closest("article").replaceWith(shown);
    shown.querySelector("a").focus();
  } catch {
    // Without a connection the browser says so itself.
    location.assign(link.href);
  }
});

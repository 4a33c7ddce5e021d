const player = document.querySelector("audio, video");
const chooser = document.querySelector("input[type=file]");
const paragraphs = [...document.querySelectorAll("[data-start]")];
let current;

const show = () => {
  const now = player.currentTime;
  const found = paragraphs.findLast((p) => Number(p.dataset.start) <= now && now < Number(p.dataset.end));
  if (found === current) return;
  current?.removeAttribute("aria-current");
  found?.setAttribute("aria-current", "true");
  found?.scrollIntoView({ block: "nearest" });
  current = found;
};

player.addEventListener("timeupdate", show);
document.querySelector("main").addEventListener("click", ({ target }) => {
  const at = target.closest("button");
  if (!at || !player.currentSrc) return;
  player.currentTime = Number(at.closest("[data-start]").dataset.start);
  player.play();
});
chooser?.addEventListener("change", () => {
  player.src = URL.createObjectURL(chooser.files[0]);
  player.hidden = false;
});

// What is dropped anywhere on the page.

export function acceptDrops(cover, onDrop) {
  let depth = 0;
  const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const show = () => {
    cover.hidden = depth === 0;
  };
  const on = (name, act) => addEventListener(name, (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    act(event);
    show();
  });
  // Entering a child comes before leaving its parent, so the two are counted.
  on("dragenter", () => { depth += 1; });
  on("dragleave", () => { depth -= 1; });
  on("dragover", () => {});
  on("drop", (event) => {
    depth = 0;
    onDrop(event.dataTransfer);
  });
}

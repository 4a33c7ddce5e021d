// The choices under the recorder, which apply to the next recording or upload.

/** Return the chosen options as tus metadata. */
export function chosenOptions() {
  const value = (id) => document.getElementById(id).value.trim();
  const isTranslated = document.getElementById("translate").checked;
  return {
    language: value("language"),
    task: isTranslated ? "translate" : "transcribe",
    prompt: value("prompt"),
  };
}

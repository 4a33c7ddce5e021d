// Where sound comes from: opening it, what to record as, and what to do where it is refused.

const TYPES = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const INSTEAD = "Or upload a file instead.";

const REMEDIES = {
  NotAllowedError: "The microphone is not allowed for this page. Click the icon beside the address, allow the microphone, and press Record again.",
  SecurityError: "This browser or its administrator forbids the microphone. Allow it in the browser's settings for this site.",
  NotFoundError: "No microphone was found. Plug one in or switch it on, and press Record again.",
  NotReadableError: "The microphone is in use by another program, or does not answer. Close that program or plug it in anew, and press Record again.",
  OverconstrainedError: "This microphone cannot be used. Choose another one in the system's sound settings, and press Record again.",
  Insecure: "Browsers open the microphone only on secure pages. Open this page by https:// or on the machine itself as http://localhost.",
  NoRecorder: "This browser cannot record. Use a current Firefox, Chrome, Edge or Safari.",
  NoSound: "The browser does not start its sound. Reload the page and press Record again.",
  NotShared: "This computer's sound was not shared. Press Record again and choose a tab or a screen in the browser's dialog, or untick “Also record this computer's sound”.",
  NoSoundShared: "No sound was shared. Press Record again and switch on “Also share tab audio” or “Also share system audio” in the browser's dialog, or untick “Also record this computer's sound”.",
};

/** Open a microphone: the one named, or the system's own where that is not there. */
export async function openMicrophone(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "Insecure");
  if (!window.MediaRecorder) throw new DOMException("", "NoRecorder");
  return navigator.mediaDevices.getUserMedia({
    audio: { deviceId, channelCount: 1, echoCancellation: false, noiseSuppression: true, autoGainControl: true },
  });
}

/** Open the sound of a tab or of the whole computer, as chosen in the browser's dialog. */
export async function openComputerSound() {
  const sound = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  // Browsers give the sound only together with a picture.
  const wish = { video: true, audio: sound, systemAudio: "include" };
  const stream = await navigator.mediaDevices.getDisplayMedia(wish).catch((error) => {
    throw new DOMException(error.message, "NotShared");
  });
  stream.getVideoTracks().forEach((track) => track.stop());
  if (stream.getAudioTracks().length === 0) throw new DOMException("", "NoSoundShared");
  return stream;
}

export function openRecorder(stream) {
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type));
  return new MediaRecorder(stream, { mimeType, audioBitsPerSecond: 32_000 });
}

/** Return the sentences for an error of opening sound. */
export function remedyFor(error) {
  const remedy = REMEDIES[error.name] ?? `The microphone could not be opened (${error.message || error.name}). Reload the page and try again.`;
  return `${remedy} ${INSTEAD}`;
}

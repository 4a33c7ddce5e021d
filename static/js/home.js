import { acceptDrops } from "./dropzone.js";
import { filesOf, leftOutSentence } from "./dropped-files.js";
import { Journal } from "./journal.js";
import { RecorderPanel } from "./recorder.js";
import { offerUnfinished } from "./recovery.js";
import { Rows } from "./rows.js";
import { UploadList } from "./uploads.js";

const { uploads: endpoint, patchBytes, rows: rowsUrl, tus, user } = document.getElementById("studio").dataset;
const limit = Number(patchBytes);

const rows = new Rows(document.getElementById("rows"), rowsUrl);
const uploads = new UploadList(document.getElementById("uploads"), {
  endpoint, limit, tus, user, onRecording: (id) => rows.add(id),
});
const journal = new Journal(user);
new RecorderPanel(document.getElementById("recorder"), { endpoint, limit, journal });
offerUnfinished(document.getElementById("unfinished"), { endpoint, limit, journal });

const input = document.getElementById("upload");
function take() {
  uploads.add([...input.files]);
  // The same file may be chosen again.
  input.value = "";
}
input.addEventListener("change", take);
// Chosen before this script was there.
take();
acceptDrops(document.getElementById("dropcover"), async (dropped) => {
  const { files, leftOut } = await filesOf(dropped);
  document.getElementById("left-out").textContent = leftOutSentence(leftOut);
  uploads.add(files);
});

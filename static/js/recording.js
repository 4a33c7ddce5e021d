import { copyText } from "./copy.js";
import { Editor } from "./editor.js";
import { bindFetchedDialogs } from "./fetched-dialog.js";
import { EndFollower } from "./follow-end.js";
import { Follower } from "./follow.js";
import { Live, showConnection } from "./live.js";
import { playMoment } from "./moment.js";
import { showNotice } from "./notice.js";
import { bindNotes } from "./note-marks.js";
import { Parts } from "./parts.js";
import { Player } from "./player.js";
import { bindRerun } from "./rerun-panel.js";
import { bindTextPanels } from "./text-panels.js";
import { Presence } from "./presence.js";
import { Rights } from "./rights.js";
import { bindSharing } from "./sharing.js";
import { bindRename } from "./title.js";
import { giveFacts, giveWords } from "./segment-columns.js";
import { TranscriptText } from "./transcript-text.js";
import { Updates } from "./updates.js";
import { Waveform } from "./waveform.js";
import { Workspace } from "./workspace.js";

const byId = (id) => document.getElementById(id);
const { recording, since, socket, segments, edits, words, role, user } = byId("document").dataset;
const list = byId("segments");
const saveState = byId("save-state");
const say = (sentence, isTrouble = false) => {
  saveState.textContent = sentence;
  saveState.classList.toggle("trouble", isTrouble);
};

const KEPT = " What was not saved is kept in this browser, and goes on where you may edit again.";

/** Go on with what this browser kept of an earlier visit. */
async function takeUp() {
  if (!rights.canWrite) return;
  const count = await editor.resume();
  if (count > 0) say("Changes from your last visit were not saved: they are taken up again");
}

giveFacts(list, JSON.parse(byId("segment-columns").textContent));
const player = new Player();
const parts = new Parts(["player", "takeaway", "facts", "labels", "leave"], (id) => {
  if (id === "player") player.bind(byId(id));
});
const waveform = new Waveform(player);
player.addEventListener("bound", () => waveform.bind());
const editor = new Editor(list, { recording, user, endpoint: segments, saveState });
const text = new TranscriptText(byId("transcript"), editor);
const rights = new Rights(byId("document"), list);
const workspace = new Workspace({ list, player, editor, text, rights, say, endpoint: edits });
new Follower(list, player, byId("jump"));
player.bind(byId("player"));

const end = new EndFollower(byId("transcript"), document.scrollingElement, byId("jump-end"));
if (byId("log").ariaLive === "off") end.stop();
const refresh = async () => {
  await parts.refresh();
  waveform.renew();
};
const updates = new Updates({ text, refresh, onEnd: () => end.stop() });
const live = new Live(socket, Number(since), { role, user });
live.addEventListener("update", ({ detail }) => workspace.take(detail, (update) => updates.apply(update)));
const context = { list, player, selection: workspace.selection, rights, say };
const notes = bindNotes(context);
live.addEventListener("update", ({ detail }) => detail.notes && notes.set(detail.notes));
bindRerun(context);
showConnection(live, byId("connection"));
new Presence(list, live, byId("presence"));
bindSharing(byId("share"), byId("sharing"), say);

bindTextPanels({ player, editor, list, say, show: (answer) => workspace.take(answer, (update) => updates.apply(update)) });
bindFetchedDialogs(say);
bindRename(byId("rename"), (title) => updates.apply({ title }), say);
showNotice(byId("notice"));
live.addEventListener("update", ({ detail }) => rights.set(detail.role ?? rights.role));
rights.addEventListener("change", async () => {
  const hasUnsaved = editor.withdraw();
  say(rights.canWrite ? "You can edit this now" : `You can only read this now.${hasUnsaved ? KEPT : ""}`);
  parts.refresh();
  takeUp();
});
takeUp();
workspace.goTo.followLink();
playMoment(player);

byId("document").addEventListener("click", async (event) => {
  if (!event.target.closest("#copy")) return;
  const copied = [...list.querySelectorAll(".text")].map((box) => box.textContent.trim()).join("\n");
  say((await copyText(copied)) ? "Copied" : "The browser does not allow copying: select the text and press Ctrl+C");
});
// Without them a moment is found as well as even speech allows.
giveWords(words).catch(() => {});
performance.mark("editor-ready");

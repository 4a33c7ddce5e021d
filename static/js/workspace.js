// The parts that work on the text of a recording's page, and the keys and buttons that lead to them.
import { Acts, keyOf } from "./acts.js";
import { caretIsAt } from "./carets.js";
import { GoTo } from "./go-to.js";
import { WordHighlight } from "./highlight.js";
import { bindKeys, bindShared } from "./keys.js";
import { Loop } from "./loop.js";
import { SegmentTimes } from "./segment-times.js";
import { Selection } from "./selection.js";
import { Speakers } from "./speakers.js";
import { Structure } from "./structure.js";
import { pauseWhileTyping } from "./typing-pause.js";
import { Undo } from "./undo.js";
import { WordClicks } from "./word-clicks.js";
import { timeAt } from "./words.js";

const byId = (id) => document.getElementById(id);

export class Workspace {
  constructor({ list, player, editor, text, rights, say, endpoint }) {
    Object.assign(this, { list, player, editor, rights, say });
    new WordHighlight(list, player);
    this.selection = new Selection(list, byId("selected"));
    this.acts = new Acts(endpoint, { editor, text, say });
    this.structure = new Structure({ acts: this.acts, editor, selection: this.selection });
    this.times = new SegmentTimes(byId("times"), { player, structure: this.structure });
    const speakers = JSON.parse(byId("speaker-names").textContent) || [];
    this.speakers = new Speakers(byId("speakers"), { list, acts: this.acts, selection: this.selection, speakers });
    this.undo = new Undo({ undo: byId("undo"), redo: byId("redo") }, { acts: this.acts, editor });
    new WordClicks(list, player, byId("listen"));
    this.goTo = new GoTo(byId("go-to"), player, list);
    this.loop = new Loop(player, () => this.#heard());
    pauseWhileTyping(list, player, byId("typing-pause"));
    editor.acts = this.acts;
    editor.press = (event) => this.#press(event);
    editor.context.onSaved = (saved) => this.undo.show(saved);
    editor.context.onLost = (edit, isMine) => this.#choose(edit, isMine);
    rights.addEventListener("change", () => {
      if (!rights.canWrite) for (const id of ["times", "speakers"]) byId(id).close();
    });
    this.#bindButtons();
    this.#bindKeys();
  }

  /** Show what the server pushed, once what this page began itself is answered. */
  async take(update, show) {
    await this.acts.settled;
    show(update);
    this.undo.show(update);
    if (update.speakers?.length) this.speakers.take(update.speakers);
    else if (update.segments?.length || update.removed?.length) this.speakers.markTurns();
  }

  /** The [start, end] of what is selected, or of the current or the heard segment. */
  #heard() {
    const { targets } = this.selection;
    const segments = targets.length ? targets : this.list.querySelectorAll("[aria-current]");
    const last = [...segments].at(-1);
    return last ? [Number(segments[0].dataset.start), Number(last.dataset.end)] : null;
  }

  #bindButtons() {
    const tools = byId("segment-tools");
    const does = this.#tools();
    // The caret stays in the text.
    tools.addEventListener("pointerdown", (event) => event.preventDefault());
    tools.addEventListener("click", ({ target }) => does[target.closest("[data-does]")?.dataset.does]?.());
    this.selection.addEventListener("change", () => {
      const { targets } = this.selection;
      tools.classList.toggle("active", targets.length > 0);
      for (const button of tools.querySelectorAll("[data-needs]")) button.disabled = targets.length === 0;
    });
    byId("player").parentElement.addEventListener("click", ({ target }) => {
      if (target.closest("[data-does=loop]")) this.loop.toggle();
      if (target.closest("[data-does=go-to]")) this.goTo.open();
    });
  }

  #tools() {
    const { structure, selection } = this;
    return {
      play: () => this.#playHere(),
      split: () => structure.split(),
      merge: () => structure.merge(),
      times: () => selection.current && this.times.move(selection.current),
      insert: () => this.times.insert(selection.current ?? this.list.lastElementChild),
      remove: () => structure.remove(),
      select: () => selection.toggle(),
      speakers: () => this.speakers.open(),
      link: () => this.#copyLink(),
    };
  }

  #bindKeys() {
    const { player, rights } = this;
    const does = this.#tools();
    const skip = { j: () => player.skip(-5), l: () => player.skip(5) };
    const digits = Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [`Alt+Digit${i + 1}`, () => this.speakers.assign(i + 1)]),
    );
    bindKeys({
      toggle: byId("single-keys"),
      rights,
      outside: { Space: () => player.toggle(), k: () => player.toggle(), ...skip, "[Shift]+?": () => byId("help").showModal(), Escape: () => this.selection.clear() },
      anywhere: {
        "Alt+KeyK": () => player.toggle(),
        "Alt+KeyJ": skip.j,
        "Alt+KeyL": skip.l,
        "Alt+Minus": () => player.changeSpeed(-1),
        "Alt+Equal": () => player.changeSpeed(1),
        "Alt+KeyT": () => this.goTo.open(),
        "Alt+KeyR": () => this.loop.toggle(),
        "Alt+Enter": does.play,
        "Alt+KeyX": does.select,
        "Alt+KeyU": does.link,
      },
      writing: {
        "Alt+KeyB": does.times,
        "Alt+KeyI": does.insert,
        "Alt+KeyS": does.speakers,
        "Alt+Shift+Delete": does.remove,
        "Alt+Shift+Backspace": does.remove,
        "Alt+Digit0": () => this.speakers.assign(null),
        "$mod+s": () => this.editor.save(),
        ...digits,
      },
    });
    const redo = (event) => this.undo.press("redo", event);
    bindShared({ "$mod+z": (event) => this.undo.press("undo", event), "$mod+Shift+z": redo, "$mod+y": redo }, rights);
  }

  /** Answer the keys in the text that change its segments. */
  #press(event) {
    const box = event.target.closest(".text");
    if (!box || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return false;
    const segment = box.closest(".segment");
    const act = {
      Enter: () => this.structure.split(segment),
      Backspace: caretIsAt(box, "start") && segment.previousElementSibling && (() => this.structure.merge(segment)),
      Delete: caretIsAt(box, "end") && segment.nextElementSibling && (() => this.structure.mergeNext(segment)),
    }[event.key];
    if (!act) return false;
    event.preventDefault();
    act();
    return true;
  }

  #playHere() {
    const { current } = this.selection;
    if (current) this.player.playFrom(timeAt(current, this.selection.caret));
  }

  async #copyLink() {
    const { current, caret } = this.selection;
    const seconds = current ? timeAt(current, caret) : this.player.now;
    this.say((await this.goTo.copyLink(seconds)) ? "Link copied" : "The browser does not allow copying: use the address of this page.");
  }

  /** What was written into a segment that is gone comes back as a new one, or goes too. */
  async #choose(edit, isMine) {
    const { start, end } = edit.element.dataset;
    let before = edit.element.previousElementSibling;
    while (before && "lost" in before.dataset) before = before.previousElementSibling;
    const { text } = edit;
    if (isMine) {
      const facts = { act: "insert", start: Number(start), end: Number(end), text };
      const act = ([after]) => ({ ...facts, after: after ? keyOf(after) : null });
      if (!(await this.acts.apply(before ? [before] : [], act))) {
        edit.lose();
        return;
      }
    }
    this.editor.drop(edit.id);
  }
}

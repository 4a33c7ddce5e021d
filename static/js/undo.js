// Undo and redo, of typing as of everything else.

export class Undo {
  /** `buttons` are {undo, redo}, which the page shows as it was loaded. */
  constructor(buttons, { acts, editor }) {
    Object.assign(this, { buttons, acts, editor });
    for (const name of ["undo", "redo"]) buttons[name].addEventListener("click", () => this.step(name));
    acts.addEventListener("answer", ({ detail }) => this.show(detail));
  }

  show({ can_undo: undo, can_redo: redo }) {
    if (undo !== undefined) this.buttons.undo.disabled = !undo;
    if (redo !== undefined) this.buttons.redo.disabled = !redo;
  }

  async step(name) {
    const hadFocus = document.activeElement === this.buttons[name];
    await this.acts.step(name);
    this.editor.remember();
    // A button that is switched off lets the focus go to the page's start.
    if (hadFocus && this.buttons[name].disabled) document.getElementById("content").focus();
  }

  /** What was typed since the caret came is the browser's own to take back, word by word. */
  press(name, event) {
    const isTyping = name === "undo" ? this.editor.canTakeBack(event.target) : this.editor.canBringBack();
    if (isTyping) return;
    event.preventDefault();
    this.step(name);
  }
}

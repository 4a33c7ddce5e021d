// Keeps the end of text that still grows in view, until the reader scrolls away from it.

const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const SLACK = 24; // pixels

export class EndFollower {
  #isFollowing = true;
  isOver = false;

  /** `scroller` scrolls the `region` of the text: the page, or the region itself. */
  constructor(region, scroller, jump) {
    Object.assign(this, { region, scroller, jump });
    this.#isFollowing = this.isAtEnd;
    this.top = scroller.scrollTop;
    const target = scroller === document.scrollingElement ? document : scroller;
    target.addEventListener("scroll", () => this.#look(), { passive: true });
    // Text that moves away under the caret cannot be edited.
    region.addEventListener("focusin", () => this.#follow(false));
    jump.addEventListener("click", () => {
      this.#follow(true);
      this.#reveal();
    });
    this.growth = new ResizeObserver(() => this.#grow());
    addEventListener("pointerup", () => setTimeout(() => this.#grow()));
    for (const part of region.children) this.growth.observe(part);
  }

  get isAtEnd() {
    const { region, scroller } = this;
    if (region === scroller) return scroller.scrollHeight - scroller.scrollTop <= scroller.clientHeight + SLACK;
    // The player covers the foot of the page, which the page's own padding allows for.
    const covered = parseFloat(getComputedStyle(scroller).scrollPaddingBottom) || 0;
    return region.getBoundingClientRect().bottom <= scroller.clientHeight - covered + SLACK;
  }

  #look() {
    const isUpwards = this.scroller.scrollTop < this.top;
    this.top = this.scroller.scrollTop;
    if (this.isAtEnd) this.#follow(true);
    // Following only ever moves downwards.
    else if (isUpwards) this.#follow(false);
  }

  #follow(isFollowing) {
    this.#isFollowing = isFollowing && !this.region.contains(document.activeElement?.closest(".text"));
    this.#showJump();
  }

  #grow() {
    // What moves away between a button's way down and up is not clicked.
    if (!this.isOver && !document.querySelector(":active")) this.#reveal(true);
  }

  #reveal(isGrowth = false) {
    if (this.#isFollowing && !this.isAtEnd) this.#move(isGrowth);
    this.#showJump();
  }

  #move(isGrowth) {
    const { scroller, region } = this;
    const behavior = isGrowth || CALM.matches ? "auto" : "smooth";
    if (region === scroller) scroller.scrollTo({ top: scroller.scrollHeight, behavior });
    else region.scrollIntoView({ block: "end", behavior });
  }

  #showJump() {
    this.jump.hidden = this.isOver || this.#isFollowing || this.isAtEnd;
  }

  /** The text is complete. */
  stop() {
    this.isOver = true;
    this.growth.disconnect();
    this.#showJump();
  }
}

// What keeps a place up to date: events, and the time that is left.

import { left } from "./words.js";

/** Many events at once are one look. */
export function soon(look, pause = 150) {
  let waiting = null;
  return () => {
    waiting ??= setTimeout(() => {
      waiting = null;
      look();
    }, pause);
  };
}

/** Count down what is due; returns what ends it. */
export function countDown(main) {
  const tick = setInterval(() => main.querySelectorAll("[data-due]").forEach((node) => (node.textContent = left(+node.dataset.due))), 1000);
  return () => clearInterval(tick);
}

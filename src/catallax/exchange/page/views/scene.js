// How one thing is shown: what it is, what one can do, what there is, and what happened.

import { listen } from "../api.js";
import { h, place } from "../dom.js";
import { countDown, soon } from "../live.js";
import { clock, day, left } from "../words.js";

/** Places to fill, and `follow`, which fills them now and whenever something happens to the subject; it returns what ends that. */
export function scene(main, subject, sentence) {
  const head = place({ class: "stack first" });
  const body = place({ class: "stack" });
  const move = place({ class: "stack act" });
  const side = place({ class: "stack act" });
  const told = h("ol", { class: "told" });
  main.append(
    h("div", { class: "columns" },
      h("div", { class: "stack" }, head.node, body.node),
      h("aside", { class: "stack" }, move.node, side.node, h("section", { class: "card" }, h("h2", {}, "What happened"), told)),
    ),
  );
  const follow = async (look) => {
    await look();
    const opened = Date.now();
    const again = soon(look);
    const stop = listen(subject, 0, (event) => {
      const said = sentence(event);
      if (said) told.prepend(h("li", { class: event.at > opened && "fresh" }, time(event.at), h("span", {}, said)));
      again();
    });
    const still = countDown(main);
    return () => (stop(), still());
  };
  return { head, body, move, side, follow };
}

function time(at) {
  const long = new Date(at).toDateString() !== new Date().toDateString();
  return h("time", { datetime: new Date(at).toISOString() }, long ? day(at) : clock(at));
}

/** The first card of a thing: its title, what it is worth, a line of facts, and its text. */
export function headline(row, worth, facts, ...rest) {
  return h("section", { class: "card" },
    h("div", { class: "row apart title" }, h("h1", {}, row.title), worth),
    h("div", { class: "row small soft facts" }, facts, row.due && h("span", { class: "money", "data-due": row.due }, left(row.due)), h("span", {}, `by ${row.owner}`)),
    rest,
  );
}

/** A button that does one thing and then looks again. */
export function deed(label, act, look, props = {}) {
  const button = h("button", {
    class: "quiet", type: "button", ...props,
    onclick: async () => {
      button.disabled = true;
      try {
        await act();
        await look();
      } finally {
        button.disabled = false;
      }
    },
  }, label);
  return button;
}

// Prices over time, drawn for the width there is.

import { h, svg } from "./dom.js";
import { percent, when, day } from "./words.js";

const SPACE = { left: 40, right: 10, top: 8, bottom: 24 };
const DAY = 86_400_000;

/**
 * @param past names of outcomes, and prices at moments; a price holds until the next moment.
 * @param until where the last one ends.
 * @param colour the class of an outcome.
 */
export function chart(past, until, colour) {
  const told = h("p", { class: "small soft readout" }, "Prices since the opening.");
  const box = h("div", {});
  let width = 0;
  new ResizeObserver(() => {
    if (box.clientWidth === width || !box.clientWidth) return;
    width = box.clientWidth;
    box.replaceChildren(drawn(past, until, colour, width, told));
  }).observe(box);
  return h("div", { class: "chart" }, box, told);
}

function drawn(past, until, colour, width, told) {
  const height = Math.round(Math.min(280, Math.max(190, width * 0.4)));
  const [first, last] = [past.items[0], past.items.at(-1)];
  const end = Math.max(until, last.at, first.at + 1000);
  const [inner, tall] = [width - SPACE.left - SPACE.right, height - SPACE.top - SPACE.bottom];
  const x = (at) => SPACE.left + (inner * (at - first.at)) / (end - first.at);
  const y = (price) => SPACE.top + tall * (1 - price);
  const hair = svg("line", { class: "hair", y1: SPACE.top, y2: SPACE.top + tall, visibility: "hidden" });
  const node = svg("svg", { class: "plot", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": spoken(past) },
    [0, 0.25, 0.5, 0.75, 1].map((price) => [
      svg("line", { class: "grid", x1: SPACE.left, x2: width - SPACE.right, y1: y(price), y2: y(price) }),
      svg("text", { x: SPACE.left - 8, y: y(price) + 4, "text-anchor": "end" }, `${100 * price}%`),
    ]),
    moments(first.at, end, width > 520 ? 4 : 2).map(([at, label], index, all) =>
      svg("text", { x: x(at), y: height - 6, "text-anchor": index === 0 ? "start" : index === all.length - 1 ? "end" : "middle" }, label)),
    past.outcomes.map((_, outcome) => svg("path", { class: `line ${colour(outcome)}`, d: steps(past.items, outcome, x, y, end) })),
    past.outcomes.map((_, outcome) => svg("circle", { class: `end ${colour(outcome)}`, r: 4, cx: x(end), cy: y(last.prices[outcome]) })),
    hair,
  );
  node.addEventListener("pointermove", (event) => {
    const at = first.at + ((event.clientX - node.getBoundingClientRect().left - SPACE.left) / inner) * (end - first.at);
    const known = past.items.findLast((point) => point.at <= at) ?? first;
    const place = x(Math.min(Math.max(at, first.at), end));
    for (const [name, value] of [["x1", place], ["x2", place], ["visibility", "visible"]]) hair.setAttribute(name, value);
    told.textContent = `${when(Math.min(Math.max(at, first.at), end))}: ${said(past.outcomes, known.prices)}`;
  });
  node.addEventListener("pointerleave", () => {
    hair.setAttribute("visibility", "hidden");
    told.textContent = "Prices since the opening.";
  });
  return node;
}

function steps(items, outcome, x, y, end) {
  const [first, ...later] = items;
  const path = later.map((point) => `H${x(point.at).toFixed(1)}V${y(point.prices[outcome]).toFixed(1)}`);
  return `M${x(first.at).toFixed(1)} ${y(first.prices[outcome]).toFixed(1)}${path.join("")}H${x(end).toFixed(1)}`;
}

function moments(begin, end, count) {
  const name = end - begin > 3 * DAY ? day : when;
  return Array.from({ length: count }, (_, index) => begin + ((end - begin) * index) / (count - 1)).map((at) => [at, name(at)]);
}

const said = (outcomes, found) => outcomes.map((name, outcome) => `${name} ${percent(found[outcome])}`).join(", ");

function spoken(past) {
  return `Prices over time. At first: ${said(past.outcomes, past.items[0].prices)}. Now: ${said(past.outcomes, past.items.at(-1).prices)}.`;
}

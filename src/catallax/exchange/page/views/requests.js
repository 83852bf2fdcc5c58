// All requests, and posting one.

import { get, listen, post } from "../api.js";
import { field, form, h, place } from "../dom.js";
import { credits, left, micro, seconds } from "../words.js";

export const PHASES = { bidding: "taking bids", working: "being worked on", choosing: "offers are in", closed: "closed" };

export async function requests(main, here) {
  const list = place({ class: "stack", "aria-live": "polite" });
  main.append(
    h("div", { class: "columns" },
      h("section", {}, h("h1", {}, "Requests"), list.node),
      h("aside", { class: "card" }, h("h2", {}, "Post a request"), asking(here)),
    ),
  );
  const look = async () => {
    const open = await latest();
    list.show(open, () => (open.length ? open.map(card) : h("p", { class: "empty" }, "Nobody wants anything yet. Be the first.")));
  };
  await look();
  const stop = listen(null, null, soon(look));
  const tick = setInterval(() => main.querySelectorAll("[data-due]").forEach((node) => (node.textContent = left(+node.dataset.due))), 1000);
  return () => (stop(), clearInterval(tick));
}

/** The newest first; the service counts from the oldest. */
async function latest() {
  const { items } = await get("requests?limit=50&newest=true");
  return items;
}

function card(row) {
  return h("a", { class: "card link", href: `#/request/${row.id}` },
    h("div", { class: "row apart" }, h("h3", {}, row.title), h("span", { class: "money bounty" }, credits(row.bounty))),
    h("div", { class: "row small soft" },
      chip(row),
      row.due && h("span", { "data-due": row.due }, left(row.due)),
      h("span", {}, `by ${row.owner}`),
      row.phase !== "closed" && h("span", {}, `stage ${row.stage} of ${row.stages}`),
    ),
  );
}

export function chip(row) {
  const kind = row.phase === "closed" ? (row.outcome === "picked" ? "on" : "") : row.phase === "choosing" ? "wait" : "on";
  return h("span", { class: `chip ${kind}` }, row.phase === "closed" ? row.outcome : PHASES[row.phase]);
}

/** Many events at once are one look. */
export function soon(look) {
  let waiting = null;
  return () => {
    waiting ??= setTimeout(() => {
      waiting = null;
      look();
    }, 150);
  };
}

function asking(here) {
  return form(
    [
      field("In a line", "title", { required: true, maxlength: 200, placeholder: "Three days in Lisbon" }),
      field("What you want", "text", { tag: "textarea", required: true, maxlength: 100000 }),
      field("Bounty", "bounty", { inputmode: "decimal", required: true, value: "10.00" }, "credits, for the offer you pick"),
      h("details", {},
        h("summary", {}, "How it is answered"),
        h("div", { class: "two" },
          field("Stages", "stages", { type: "number", min: 1, max: 20, value: 3 }),
          field("Seats a stage", "seats", { type: "number", min: 1, max: 50, value: 3 }),
          field("Bidding", "bidding", { inputmode: "decimal", value: "10" }, "seconds"),
          field("Working", "working", { inputmode: "decimal", value: "60" }, "seconds"),
          field("Auction", "auction", { tag: "select", options: [["first-price", "First price"], ["gsp", "Next price"], ["vcg", "VCG"]] }),
          field("Payment", "settlement", { tag: "select", options: [["escrow", "When you pick"], ["sale-final", "At each sale"]] }),
        ),
      ),
    ],
    "Post",
    async (data) => {
      const made = await post("requests", {
        title: data.get("title").trim(), text: data.get("text").trim(), bounty: micro(data.get("bounty"), "bounty"),
        stages: Number(data.get("stages")), seats: Number(data.get("seats")), bidding: seconds(data.get("bidding"), "bidding"),
        working: seconds(data.get("working"), "working"), auction: data.get("auction"), settlement: data.get("settlement"),
      });
      await here.count();
      location.hash = `#/request/${made.id}`;
    },
  );
}

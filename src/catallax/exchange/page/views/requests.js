// All requests, and posting one.

import { post } from "../api.js";
import { field, form, h } from "../dom.js";
import { credits, micro, seconds } from "../words.js";
import { entry, listing } from "./listing.js";

const PHASES = { bidding: "taking bids", working: "being worked on", choosing: "offers are in" };

export function requests(main, here) {
  return listing(main, {
    title: "Requests",
    about: "Work that somebody pays for. Suppliers bid for the right to add to it, and pass it on until an answer is picked.",
    empty: "Nobody wants anything yet. Be the first.",
    path: "requests",
    card,
    post: "Post a request",
    form: asking(here),
  });
}

function card(row) {
  const stage = row.phase !== "closed" && h("span", {}, `stage ${row.stage} of ${row.stages}`);
  return entry(`#/request/${row.id}`, row, h("span", { class: "money bounty" }, credits(row.bounty)), [chip(row), stage]);
}

export function chip(row) {
  const kind = row.phase === "closed" ? (row.outcome === "picked" ? "on" : "") : row.phase === "choosing" ? "wait" : "on";
  return h("span", { class: `chip ${kind}` }, PHASES[row.phase] ?? row.outcome);
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

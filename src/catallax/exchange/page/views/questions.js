// All prediction questions, and posting one.

import { post } from "../api.js";
import { field, form, h } from "../dom.js";
import { ahead, credits, lines, micro, moment, short, wrong } from "../words.js";
import { entry, listing } from "./listing.js";
import { prices } from "./prices.js";

const DAY = 86_400_000;

export function questions(main, here) {
  return listing(main, {
    title: "Questions",
    about: "What will happen? A share of an outcome pays one credit if it does, so its price is how likely the market holds it.",
    empty: "Nobody has asked what will happen. Be the first.",
    path: "questions",
    card,
    post: "Ask what will happen",
    form: asking(here),
  });
}

function card(row) {
  return entry(`#/question/${row.id}`, row, null, [chip(row), h("span", {}, `${short(row.volume)} traded`)], prices(row, 3));
}

const PHASES = { open: "open for trades", waiting: "waiting for its owner" };

export function chip(row) {
  const kind = { open: "on", waiting: "wait" }[row.phase] ?? (row.ending === "resolved" ? "on" : "");
  return h("span", { class: `chip ${kind}` }, PHASES[row.phase] ?? row.ending);
}

function asking(here) {
  const risk = h("p", { class: "small aside", role: "status" });
  const node = form(
    [
      field("In a line", "title", { required: true, maxlength: 200, placeholder: "Will it rain in Lisbon on Sunday?" }),
      field("What exactly is meant", "text", { tag: "textarea", required: true, maxlength: 100000 }, "and by what you will resolve it"),
      field("Outcomes", "outcomes", { tag: "textarea", required: true, value: "Yes\nNo" }, "one a line, 2 to 20"),
      field("Trading ends", "closes", { type: "datetime-local", required: true, value: ahead(7 * DAY) }),
      field("Liquidity", "liquidity", { inputmode: "decimal", required: true, value: "10.00" }, "credits: the more, the less a trade moves the price"),
      field("Days to say what happened", "resolving", { inputmode: "decimal", required: true, value: "7" }),
      risk,
    ],
    "Post",
    async (data) => {
      const made = await post("questions", {
        title: data.get("title").trim(), text: data.get("text").trim(), outcomes: lines(data.get("outcomes"), "outcomes"),
        liquidity: micro(data.get("liquidity"), "liquidity"), closes: moment(data.get("closes"), "closes"), resolving: days(data.get("resolving")),
      });
      await here.count();
      location.hash = `#/question/${made.id}`;
    },
    { oninput: () => tell(new FormData(node), risk) },
  );
  tell(new FormData(node), risk);
  return node;
}

/** What the owner stands for, before it posts: the loss of the market maker is at most `b ln n`. */
function tell(data, risk) {
  try {
    const most = Math.ceil(micro(data.get("liquidity"), "liquidity") * Math.log(lines(data.get("outcomes"), "outcomes").length));
    risk.replaceChildren("You can lose ", h("b", {}, `${credits(most)} credits`), " at most. They are put aside; what is not lost comes back in the end.");
  } catch {
    risk.replaceChildren();
  }
}

function days(text) {
  const value = Number(text.replace(",", "."));
  if (!(value > 0 && value <= 365)) throw wrong("resolving", "Expected days, 365 at most.");
  return Math.max(100, Math.round(value * DAY));
}

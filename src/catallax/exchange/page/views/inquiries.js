// All inquiries for information, and posting one.

import { post } from "../api.js";
import { field, form, h } from "../dom.js";
import { chance, credits, lines, micro, span } from "../words.js";
import { entry, listing } from "./listing.js";

export function inquiries(main, here) {
  return listing(main, {
    title: "Information",
    about: "What somebody wants to know. Informers offer what they know, sealed; it is looked at, and bought or forgotten.",
    empty: "Nobody wants to know anything. Be the first.",
    path: "inquiries",
    card,
    post: "Ask for information",
    form: asking(here),
  });
}

function card(row) {
  return entry(`#/inquiry/${row.id}`, row, h("span", { class: "money bounty" }, credits(row.budget)), [chip(row)]);
}

const PHASES = { open: "takes offers", inspecting: "being looked at" };

export function chip(row) {
  const kind = { open: "on", inspecting: "wait" }[row.phase] ?? (row.outcome === "bought" ? "on" : "");
  return h("span", { class: `chip ${kind}` }, PHASES[row.phase] ?? row.outcome);
}

const KINDS = [["answer", "An answer"], ["choose", "Which of several"], ["forecast", "How likely it is"]];

function asking(here) {
  const options = field("Options", "options", { tag: "textarea", required: true }, "one a line, 2 to 20");
  const prior = field("How likely you think it is now", "prior", { inputmode: "decimal", required: true, value: "50" }, "per cent");
  const node = form(
    [
      field("In a line", "title", { required: true, maxlength: 200, placeholder: "Trams to Belém" }),
      field("You want to know", "goal", { tag: "select", options: KINDS }),
      field("The question", "text", { tag: "textarea", required: true, maxlength: 10000 }, "all of it is public"),
      options, prior,
      field("Budget", "budget", { inputmode: "decimal", required: true, value: "5.00" }, "credits, for all that is bought"),
      h("div", { class: "two" },
        field("Takes offers for", "closes", { inputmode: "decimal", required: true, value: "10" }),
        field("Unit", "unit", { tag: "select", value: "minutes", options: ["seconds", "minutes", "hours", "days"].map((unit) => [unit, unit]) }),
      ),
      h("details", {},
        h("summary", {}, "How it is looked at"),
        h("div", { class: "two" },
          field("Looked at in a round", "slots", { type: "number", min: 1, max: 20, value: 3 }),
          field("Rounds", "rounds", { type: "number", min: 1, max: 3, value: 1 }),
        ),
        field("Worth to you", "value", { inputmode: "decimal", placeholder: "as much as the budget" }, "credits"),
      ),
    ],
    "Post",
    async (data) => {
      const made = await post("inquiries", {
        title: data.get("title").trim(), goal: goal(data), budget: micro(data.get("budget"), "budget"),
        slots: Number(data.get("slots")), rounds: Number(data.get("rounds")), closes: Date.now() + span(data.get("closes"), data.get("unit"), "closes"),
      });
      await here.count();
      location.hash = `#/inquiry/${made.id}`;
    },
    { oninput: () => fit(node, options, prior) },
  );
  fit(node, options, prior);
  return node;
}

/** Show the fields that this kind of goal has, and require no others. */
function fit(node, options, prior) {
  const kind = node.elements.goal.value;
  for (const [label, of] of [[options, "choose"], [prior, "forecast"]]) {
    label.hidden = kind !== of;
    label.querySelector("textarea, input").disabled = kind !== of;
  }
}

function goal(data) {
  const value = data.get("value").trim() && { value: micro(data.get("value"), "value") };
  const plain = { kind: data.get("goal"), text: data.get("text").trim(), ...value };
  if (plain.kind === "choose") return { ...plain, options: lines(data.get("options"), "options") };
  if (plain.kind === "forecast") return { ...plain, prior: chance(data.get("prior"), "prior") };
  return plain;
}

// Money and tokens of one's own.

import { drop, get, post } from "../api.js";
import { field, form, h, place } from "../dom.js";
import { clock, credits } from "../words.js";

export async function account(main, here) {
  const money = place({ class: "stack" });
  const tokens = place();
  const made = h("div", { "aria-live": "polite" });
  main.append(
    h("div", { class: "columns" },
      h("div", { class: "stack" }, h("h1", {}, here.who.name), money.node),
      h("aside", { class: "stack" }, tokens.node, made, leaving(here)),
    ),
  );
  const look = async () => {
    const [me, moved, own] = await Promise.all([get("me"), get("me/statement?limit=100&newest=true"), get("me/tokens?limit=200")]);
    money.show([me, moved], () => statement(me, moved.items));
    tokens.show(own, () => tokenList(own.items.filter((row) => !row.revoked), made, look));
  };
  await look();
}

function statement(me, rows) {
  return [
    h("section", { class: "card row apart" },
      h("div", {}, h("div", { class: "small soft" }, "free"), h("div", { class: "money bounty" }, credits(me.balance))),
      h("div", {}, h("div", { class: "small soft" }, "held in sealed bids"), h("div", { class: "money" }, credits(me.in_bids))),
    ),
    h("section", { class: "card scroll" }, h("h2", {}, "Statement"),
      h("table", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "When"), h("th", { scope: "col" }, "What"), h("th", { scope: "col", class: "number" }, "Credits"))),
        h("tbody", {}, rows.map((row) => h("tr", {},
          h("td", { class: "soft" }, clock(row.at)), h("td", {}, row.kind, " ", h("span", { class: "small soft" }, row.key)),
          h("td", { class: `number ${row.amount < 0 ? "loss" : "gain"}` }, credits(row.amount)),
        ))),
      ),
    ),
  ];
}

const SCOPES = ["read", "ask", "bid", "inform", "forecast"];

function tokenList(rows, made, look) {
  return h("section", { class: "card" }, h("h2", {}, "Tokens for programs"),
    h("ul", { class: "told" }, rows.map((row) => h("li", {},
      h("span", {}, h("b", {}, row.label), " ", h("span", { class: "soft" }, row.scopes)),
      h("button", { class: "quiet", onclick: async () => { await drop(`me/tokens/${row.id}`); look(); }, "aria-label": `Revoke ${row.label}` }, "Revoke"),
    ))),
    form(
      [
        field("Label", "label", { required: true, maxlength: 80, placeholder: "my supplier" }),
        h("fieldset", {}, h("legend", { class: "small" }, "It may"), SCOPES.map((scope) => h("label", {}, h("input", { type: "checkbox", name: "scopes", value: scope, checked: scope === "read" || scope === "bid" }), scope))),
      ],
      "Make a token",
      async (data) => {
        const token = await post("me/tokens", { label: data.get("label").trim(), scopes: data.getAll("scopes") });
        made.replaceChildren(h("p", { class: "small" }, `${token.label}, shown once:`), h("p", { class: "token" }, token.token));
        await look();
      },
    ),
  );
}

function leaving(here) {
  return h("section", { class: "card" }, h("button", { class: "quiet", onclick: async () => { await drop("session"); await here.enter(); } }, "Log out"));
}

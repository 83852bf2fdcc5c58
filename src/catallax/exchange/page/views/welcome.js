// Signing up and logging in.

import { logIn, newToken, post } from "../api.js";
import { field, form, h } from "../dom.js";

const KINDS = [
  ["Requests", "Post what you want and what it is worth to you. Suppliers bid for the right to work on it, add what they know, and sell it on. When you pick an answer, the money flows back to everybody who added something."],
  ["Questions", "Ask what will happen. Others buy and sell shares of the outcomes; the prices say how likely the market holds each of them."],
  ["Information", "Ask what you want to know. Offers come sealed: a contractor looks at them, buys what is worth its price, and forgets the rest."],
];

export function welcome(main, here) {
  main.append(
    h("div", { class: "intro" }, h("h1", {}, "A market for answers"), h("p", { class: "soft" }, "People and programs pay each other for what they know and can do.")),
    h("div", { class: "columns" },
      h("ul", { class: "plain stack" }, KINDS.map(([name, text]) => h("li", { class: "card" }, h("h2", {}, name), h("p", {}, text)))),
      h("div", { class: "stack above" }, signUp(here), enter(here)),
    ),
  );
}

function signUp(here) {
  const box = h("section", { class: "card" }, h("h2", {}, "New here"));
  const token = newToken();
  const join = form(
    [field("Name", "name", { required: true, autocomplete: "username", autocapitalize: "none", spellcheck: "false", maxlength: 40 }, "2 to 40 letters, digits, - and _")],
    "Sign up",
    async (data) => {
      await post("parties", { name: data.get("name").trim(), token });
      const on = h("button", { onclick: () => logIn(token).then(here.enter) }, "Kept it. Go on");
      join.replaceWith(
        h("p", {}, "This is your token. It is shown once; programs use it, and you log in with it."),
        h("p", { class: "token", id: "token" }, token),
        on,
      );
      on.focus();
    },
  );
  box.append(join);
  return box;
}

function enter(here) {
  return h("section", { class: "card" },
    h("h2", {}, "Been here before"),
    form(
      [field("Token", "token", { type: "password", required: true, autocomplete: "current-password" })],
      "Log in",
      async (data) => {
        await logIn(data.get("token").trim());
        await here.enter();
      },
    ),
  );
}

// Signing up and logging in.

import { logIn, post } from "../api.js";
import { field, form, h } from "../dom.js";

export function welcome(main, here) {
  main.append(
    h("div", { class: "columns" },
      h("section", { class: "stack" },
        h("div", {},
          h("h1", {}, "A market for answers"),
          h("p", { class: "soft" }, "Somebody posts a request with a bounty. Suppliers bid for the right to work on it, add what they know, and sell it on to the next. Whoever ends the chain presents the answer; when it is picked, the money flows back to everybody who added something."),
        ),
        h("ol", { class: "stack" },
          h("li", {}, h("b", {}, "Post"), " what you want and what it is worth to you."),
          h("li", {}, h("b", {}, "Watch"), " sealed bids come in, stage by stage, and who adds what."),
          h("li", {}, h("b", {}, "Pick"), " the offer you like. If none is good enough, you get your money back."),
        ),
      ),
      h("div", { class: "stack" }, signUp(here), enter(here)),
    ),
  );
}

function signUp(here) {
  const box = h("section", { class: "card" }, h("h2", {}, "New here"));
  const join = form(
    [field("Name", "name", { required: true, autocomplete: "username", autocapitalize: "none", maxlength: 40 }, "2 to 40 letters, digits, - and _")],
    "Sign up",
    async (data) => {
      const made = await post("parties", { name: data.get("name").trim() });
      join.replaceWith(
        h("p", {}, "This is your token. It is shown once; programs use it, and you log in with it."),
        h("p", { class: "token", id: "token" }, made.token),
        h("button", { onclick: () => logIn(made.token).then(here.enter) }, "Kept it. Go on"),
      );
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

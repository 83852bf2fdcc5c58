// Calls to the service: one key for each change, the same key when it is tried again.

import { plainly } from "./words.js";

let csrf = "";

export class Refusal extends Error {
  constructor(problem, status) {
    super(problem.detail ? plainly(problem.detail) : `The service answered ${status}.`);
    Object.assign(this, { status, field: problem.field, type: problem.type ?? "" });
  }
}

export const get = (path) => call("GET", path);
export const post = (path, body) => call("POST", path, body);
export const drop = (path) => call("DELETE", path);

export async function session() {
  const found = await get("session");
  csrf = found.csrf ?? "";
  return found.name === null ? null : found;
}

export async function logIn(token) {
  const made = await post("session", { token });
  csrf = made.csrf;
}

async function call(method, path, body) {
  const headers = method === "GET" ? {} : { "Idempotency-Key": fresh(), "X-CSRF": csrf };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const options = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
  for (let trial = 0; ; trial++) {
    try {
      const answer = await fetch(`api/${path}`, options);
      const content = await answer.json();
      if (answer.ok) return content;
      if (answer.status !== 503 || trial === 3) throw new Refusal(content, answer.status);
    } catch (error) {
      if (error instanceof Refusal) throw error;
      if (trial === 3) throw new Refusal({ detail: "The service cannot be reached; nothing is lost, try again." }, 0);
    }
    await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** trial));
  }
}

/** A token that the page chooses, so that none is lost with an answer; what is asked again is answered without it. */
export function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `cx_${btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Call back for every event of a subject (of all, if it is null) after a number, or from now on; returns what stops it. */
export function listen(subject, after, hear) {
  const query = new URLSearchParams();
  if (subject) query.set("subject", subject);
  if (after !== null) query.set("after", after);
  const source = new EventSource(`api/stream?${query}`);
  source.onmessage = (event) => hear(JSON.parse(event.data));
  return () => source.close();
}
